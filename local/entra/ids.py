"""Object ids: new ones, and those that Entra has in every tenant."""

import random
import uuid
from collections.abc import Callable

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GLOBAL_ADMINISTRATOR_ROLE = "62e90394-69f5-4237-9190-012177145e10"
NO_APP_ROLE = "00000000-0000-0000-0000-000000000000"
IdFactory = Callable[[], str]


def random_ids(seed: int | None = None) -> IdFactory:
    """New object ids: random ones, or the same sequence for the same seed."""
    if seed is None:
        return lambda: str(uuid.uuid4())
    source = random.Random(seed)
    return lambda: str(uuid.UUID(int=source.getrandbits(128), version=4))
