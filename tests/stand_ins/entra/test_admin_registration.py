"""The registration of the administration API, made by the requests of infra/README.md, one after the other."""

import json
from pathlib import Path
from typing import Any

from local.identities import ADMINISTRATOR_USER_ID, AZURE_CLI_CLIENT_ID

from .support import Tenant

INFRA = Path(__file__).parents[3] / "infra"
GRAPH_ROLES = ["Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"]


async def test_the_requests_of_the_readme_make_a_registration_that_gives_roles(tenant: Tenant) -> None:
    body = json.loads((INFRA / "admin-api.json").read_text(encoding="utf-8"))
    caller = tenant.with_roles(*GRAPH_ROLES)

    async def ask(method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await caller.send(method, path, content)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    application = await ask("POST", "/applications", body)
    client_id = application["appId"]
    path = f"/applications(appId='{client_id}')"
    shown = await ask("GET", path)
    assert shown["api"]["requestedAccessTokenVersion"] == 2
    assert [role["value"] for role in shown["appRoles"]] == ["Provisioning.Manage", "Provisioning.Read"]
    await ask("PATCH", path, {"identifierUris": [f"api://{client_id}"]})
    scope = shown["api"]["oauth2PermissionScopes"][0]["id"]
    client = {"appId": AZURE_CLI_CLIENT_ID, "delegatedPermissionIds": [scope]}
    await ask("PATCH", path, {"api": {"preAuthorizedApplications": [client]}})
    after = await ask("GET", path)
    assert after["api"]["preAuthorizedApplications"] == [client]
    assert after["api"]["oauth2PermissionScopes"], "the second request took nothing away"
    principal = await ask("POST", "/servicePrincipals", {"appId": client_id})
    await ask("PATCH", f"/servicePrincipals/{principal['id']}", {"appRoleAssignmentRequired": True})
    role = body["appRoles"][0]["id"]
    assert role in (INFRA / "README.md").read_text(encoding="utf-8")
    wanted = {"principalId": ADMINISTRATOR_USER_ID, "resourceId": principal["id"], "appRoleId": role}
    assigned = await ask("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", wanted)
    assert assigned["appRoleId"] == role
