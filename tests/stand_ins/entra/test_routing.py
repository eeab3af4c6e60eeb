"""Spellings of paths, and what is not there."""

import pytest

from local.entra.protocol.routing import segments_of

from .support import Tenant, refused


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/users/delta()", ["users", "delta"]),
        ("/groups/g/members/graph.user", ["groups", "g", "members", "microsoft.graph.user"]),
        ("/applications(uniqueName='u%20n%27x')", ["applications(uniqueName=)", "u n'x"]),
        ("/applications(uniqueName='a''b')", ["applications(uniqueName=)", "a'b"]),
        ("/applications%28uniqueName%3D%27a%2Fb%27%29", ["applications(uniqueName=)", "a/b"]),
        ("/users('%24x@example.com')", ["users", "$x@example.com"]),
    ],
)
def test_spellings(path: str, segments: list[str]) -> None:
    assert segments_of(path) == segments


async def test_paths_that_graph_has_and_the_stand_in_lacks(tenant: Tenant) -> None:
    for method, path in (
        ("GET", "/devices"),
        ("GET", "/users/x/photo"),
        ("DELETE", "/domains/x"),
        ("GET", "/users/microsoft.graph.agentUser"),
        ("GET", "/reports/x"),
    ):
        response = await tenant.people.send(method, path)
        assert response.status_code == 501
        assert path.removesuffix("()") in response.json()["error"]["message"]


async def test_paths_that_graph_lacks(tenant: Tenant) -> None:
    refused(await tenant.people.get("/people2"), 400, "BadRequest", "Resource not found for the segment 'people2'.")
    refused(
        await tenant.people.send("PUT", "/groups"),
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
    )


async def test_a_body_that_is_not_json(tenant: Tenant) -> None:
    headers = {"authorization": f"Bearer {tenant.admin.token}", "content-type": "application/json"}
    response = await tenant.http.post("/v1.0/groups", content=b"{", headers=headers)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("Unable to read JSON request payload.")
