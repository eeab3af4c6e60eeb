"""A pass from the claim to the manager's screen, over real queues and tables."""

import pytest

from tests.integration.conftest import World
from tests.integration.handover import new_handover


@pytest.fixture(autouse=True)
def passes_are_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    request.getfixturevalue("ready")  # other tests get copies of its tenant, which is set up without passes
    monkeypatch.setenv("PASSES", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


async def test_the_manager_reads_the_pass_that_entra_made(ready: World) -> None:
    handover = await new_handover(ready)
    page = await handover.open()
    assert page.status == 200
    assert "1187" in page.body.decode()
    code = await handover.receive()
    (made,) = handover.passes
    assert code == made["temporaryAccessPass"]
