"""A person may run an apply, too (policy-and-objects A11)."""

from typing import Any

import pytest

from local import identities
from provisioning.model.operation import OperationState
from tests.integration.conftest import World
from tests.integration.findings import set_roles

PERSON = identities.ADMINISTRATOR_USER_ID
CALLER_BOUND = {
    "error": {
        "code": "Request_BadRequest",
        "message": "One or more added object references already exist for the following modified properties: 'owners'.",
    }
}


@pytest.fixture
def as_person(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The token in use is a person's."""
    graph = world.services.graphs[identities.TENANT.client_id]

    async def claims() -> dict[str, Any]:
        return {"idtyp": "user", "oid": PERSON, "scp": "Application.ReadWrite.All"}

    monkeypatch.setattr(graph, "claims", claims)
    return world


async def test_who_applies_is_no_stranger_and_the_tenant_identity_owns_it_afterwards(as_person: World) -> None:
    """The next run was refused: "owners nobody announced: <the person>"."""
    assert (await as_person.operate()).state is OperationState.SUCCEEDED
    (application,) = as_person.tenant.applications
    as_person.tenant.owners[application["id"]] = [PERSON]  # as Graph does where a person makes it
    await set_roles(as_person, *identities.TENANT.roles, "Application.ReadWrite.All")  # what the person may do
    operation = await as_person.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert set(as_person.tenant.owners[application["id"]]) == {PERSON, identities.TENANT.principal_id}
    assert not (await as_person.plan()).changes_something


async def test_an_owner_that_graph_adds_by_itself_is_not_bound_again(world: World) -> None:
    """Azure/msgraph-bicep-types#167: provisioning could never finish."""
    await world.fault(method="POST", path="/servicePrincipals$", status=400, body=CALLER_BOUND, times=1)
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
