"""What the product sends to Graph, for tests of what only the wire shows."""

from typing import Any

import orjson
import pytest
from kiota_abstractions.request_information import RequestInformation

from local.identities import PEOPLE, ManagedIdentity
from tests.integration.conftest import World


def watch(world: World, patch: pytest.MonkeyPatch, *, identity: ManagedIdentity = PEOPLE) -> list[RequestInformation]:
    """The requests of an identity from now on; the list grows as they are sent."""
    sent: list[RequestInformation] = []
    graph = world.services.graph(identity.client_id)
    exchange = graph.exchange

    async def keeping(info: RequestInformation) -> Any:
        sent.append(info)
        return await exchange(info)

    patch.setattr(graph, "exchange", keeping)
    return sent


def body_of(info: RequestInformation) -> Any:
    """The JSON that a request carries."""
    assert info.content is not None
    return orjson.loads(info.content)
