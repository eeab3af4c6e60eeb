"""A hire that cannot be added yet comes back later by itself; one that never can be is not tried for ever."""

from uuid import uuid4

import pytest

from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import World


def unknown(object_id: str) -> dict[str, object]:
    """A 404 as Graph writes it about an object that it does not know."""
    message = f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."
    return {"status": 404, "body": {"error": {"code": "Request_ResourceNotFound", "message": message}}}


@pytest.mark.pitfall("C2")
async def test_an_account_that_cannot_be_added_yet_is_put_off_until_it_can(ready: World) -> None:
    """pulumi/pulumi-azuread#2014: 404 when an account is added that was made a moment ago."""
    mia = await ready.add_user(employeeId="1187")
    await ready.fault(method="POST", path=r"/members/\$ref", times=3, **unknown(mia))
    at = ready.clock()
    for put_off in (1, 2, 3):
        await ready.send_hire("1187", event_id="e-1", occurred_at=at)
        await ready.work()
        assert await ready.waiting_messages("hires") == put_off
        assert ready.members() == set()
    await ready.send_hire("1187", event_id="e-1", occurred_at=at)
    await ready.work()
    assert ready.members() == {mia}
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.added_by_product) == (EnrollmentState.INVITED, True)


@pytest.mark.pitfall("C2")
async def test_a_404_about_the_group_says_so_and_is_put_off(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """pulumi/pulumi-azuread#2014: a group that is gone is no replication, and no fault of the person's."""
    await ready.add_user(employeeId="1187")
    await ready.fault(method="POST", path=r"/members/\$ref", **unknown(str(uuid4())))
    await ready.send_hire("1187")
    await ready.work()
    assert "no longer exists" in caplog.text
    assert await ready.waiting_messages("hires") == 1, "nothing is lost"


@pytest.mark.pitfall("G4")
async def test_what_is_put_off_is_out_of_sight_until_its_time(ready: World) -> None:
    """Azure/azure-functions-host#4176: an output binding cannot delay a message."""
    await ready.add_user(employeeId="1187")
    await ready.fault(path="/v1.0/", status=503)
    await ready.send_hire("1187")
    await ready.work()
    queue = ready.services.storage.queue("hires")
    assert await ready.waiting_messages("hires") == 1
    assert [message async for message in queue.receive_messages()] == [], "at once would burn every try in seconds"
