"""What people do with azure-cli in the directory: `az ad app`, `sp`, `group` and `user`."""

import json
from typing import Any

from tests.clients.runner import Runner

ROLES = json.dumps(
    [
        {
            "allowedMemberTypes": ["User"],
            "description": "May read",
            "displayName": "Reader",
            "isEnabled": True,
            "value": "reader",
        }
    ]
)
CREDENTIAL = json.dumps(
    {
        "name": "github.main",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:example/enrollment:ref:refs/heads/main",
        "audiences": ["api://AzureADTokenExchange"],
    }
)
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
NOTHING = {"id": "x", "appId": "x"}
USER_READ, GROUP_READ_ALL = "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "5b567255-7703-4780-807c-7be8301ae99b"


def run(az: Runner) -> None:
    """Every command once, in an order in which each has what it needs."""
    tenant = az.tenant
    az("login", "--service-principal", "-u", tenant.client_id, "-p", tenant.secret, "--tenant", tenant.tenant_id,
       "--allow-no-subscriptions")  # fmt: skip
    user = users(az)
    groups(az, user)
    application = applications(az, user)
    service_principals(az, application)
    az("ad", "sp", "create-for-rbac", "--name", "robot", expect=lambda answer: bool(answer["password"]))
    az("ad", "app", "delete", "--id", application["id"])
    az("ad", "app", "show", "--id", application["id"], refused="does not exist")
    az("ad", "user", "delete", "--id", user["id"])
    az("rest", "--url", "https://graph.microsoft.com/beta/groups?$top=1", expect=lambda answer: "value" in answer)
    az("rest", "--url", "https://graph.microsoft.com/v1.0/domains", expect=lambda answer: len(answer["value"]) == 2)


def users(az: Runner) -> dict[str, Any]:
    name = "zelda.quist@example.com"
    made: dict[str, Any] = az("ad", "user", "create", "--display-name", "Zelda Quist", "--user-principal-name", name,
                              "--password", "Correct-Horse-7") or {"id": name}  # fmt: skip
    az("ad", "user", "show", "--id", name, expect=lambda answer: answer["id"] == made["id"])
    az("ad", "user", "list", "--upn", name, expect=lambda answer: len(answer) == 1)
    az("ad", "user", "list", "--display-name", "Zelda", expect=lambda answer: len(answer) == 1)
    az("ad", "user", "list", "--filter", "accountEnabled eq true", expect=lambda answer: len(answer) > 5)
    az("ad", "user", "update", "--id", name, "--display-name", "Zelda Maria Quist")
    az("ad", "user", "show", "--id", name, expect=lambda answer: answer["displayName"] == "Zelda Maria Quist")
    az("ad", "user", "get-member-groups", "--id", made["id"], expect=lambda answer: answer == [])
    return made


def groups(az: Runner, user: dict[str, Any]) -> None:
    made = az("ad", "group", "create", "--display-name", "Enrollment", "--mail-nickname", "enrollment") or {}
    group = made.get("id", "Enrollment")
    az("ad", "group", "show", "--group", "Enrollment", expect=lambda answer: answer["id"] == group)
    az("ad", "group", "list", "--display-name", "Enroll", expect=lambda answer: len(answer) == 1)
    az("ad", "group", "list", "--filter", "groupTypes/any(c:c eq 'Unified')", expect=lambda answer: answer == [])
    az("ad", "group", "member", "add", "--group", group, "--member-id", user["id"])
    az("ad", "group", "member", "check", "--group", group, "--member-id", user["id"],
       expect=lambda answer: answer["value"] is True)  # fmt: skip
    az("ad", "group", "member", "list", "--group", group, expect=lambda answer: len(answer) == 1)
    az("ad", "group", "get-member-groups", "--group", group, expect=lambda answer: answer == [])
    az("ad", "group", "owner", "add", "--group", group, "--owner-object-id", user["id"])
    az("ad", "group", "owner", "list", "--group", group, expect=lambda answer: user["id"] in {o["id"] for o in answer})
    az("ad", "user", "get-member-groups", "--id", user["id"], expect=lambda answer: len(answer) == 1)
    az("ad", "group", "member", "remove", "--group", group, "--member-id", user["id"])
    az("ad", "group", "delete", "--group", group)


def applications(az: Runner, user: dict[str, Any]) -> dict[str, Any]:
    app: dict[str, Any] = az("ad", "app", "create", "--display-name", "Landing", "--app-roles", ROLES,
                             "--web-redirect-uris", "https://landing.example.com/") or NOTHING  # fmt: skip
    key = app["appId"]
    az("ad", "app", "list", "--display-name", "Landing", expect=lambda answer: len(answer) == 1)
    az("ad", "app", "list", "--app-id", key, expect=lambda answer: len(answer) == 1)
    az("ad", "app", "update", "--id", key, "--identifier-uris", f"api://{key}", "--sign-in-audience", "AzureADMyOrg")
    az("ad", "app", "list", "--identifier-uri", f"api://{key}", expect=lambda answer: len(answer) == 1)
    az("ad", "app", "update", "--id", key, "--set", "displayName=Landing page")
    az("ad", "app", "show", "--id", key, expect=lambda answer: answer["displayName"] == "Landing page")
    az("ad", "app", "owner", "add", "--id", key, "--owner-object-id", user["id"])
    az("ad", "app", "owner", "list", "--id", key, expect=lambda answer: user["id"] in {o["id"] for o in answer})
    az("ad", "app", "owner", "remove", "--id", key, "--owner-object-id", user["id"])
    secret = az("ad", "app", "credential", "reset", "--id", key, "--append", expect=lambda answer: answer["password"])
    held = az("ad", "app", "credential", "list", "--id", key, expect=lambda answer: len(answer) == 1)
    if secret and held:
        az("ad", "app", "credential", "delete", "--id", key, "--key-id", held[0]["keyId"])
    az("ad", "app", "federated-credential", "create", "--id", key, "--parameters", CREDENTIAL)
    name = "github.main"
    az("ad", "app", "federated-credential", "list", "--id", key, expect=lambda answer: answer[0]["name"] == name)
    az("ad", "app", "federated-credential", "show", "--id", key, "--federated-credential-id", name)
    az("ad", "app", "federated-credential", "update", "--id", key, "--federated-credential-id", name,
       "--parameters", CREDENTIAL.replace("refs/heads/main", "refs/heads/next"))  # fmt: skip
    az("ad", "app", "federated-credential", "delete", "--id", key, "--federated-credential-id", name)
    permission = ("--id", key, "--api", GRAPH_APP_ID)
    az(
        "ad",
        "app",
        "permission",
        "add",
        *permission,
        "--api-permissions",
        f"{USER_READ}=Scope",
        f"{GROUP_READ_ALL}=Role",
    )
    az("ad", "app", "permission", "list", "--id", key, expect=lambda answer: len(answer[0]["resourceAccess"]) == 2)
    az("ad", "app", "permission", "delete", *permission, "--api-permissions", GROUP_READ_ALL)
    return app


def service_principals(az: Runner, app: dict[str, Any]) -> None:
    key = app["appId"]
    made = az("ad", "sp", "create", "--id", key) or {"id": "x"}
    az("ad", "sp", "show", "--id", key, expect=lambda answer: answer["id"] == made["id"])
    az("ad", "sp", "show", "--id", f"api://{key}", expect=lambda answer: answer["id"] == made["id"])
    az("ad", "sp", "list", "--spn", key, expect=lambda answer: len(answer) == 1)
    az("ad", "sp", "list", "--display-name", "Landing", expect=lambda answer: len(answer) == 1)
    az("ad", "sp", "list", "--filter", f"appId eq '{key}'", expect=lambda answer: len(answer) == 1)
    az("ad", "sp", "update", "--id", key, "--set", "appRoleAssignmentRequired=true")
    az("ad", "sp", "show", "--id", key, expect=lambda answer: answer["appRoleAssignmentRequired"] is True)
    az("ad", "sp", "owner", "list", "--id", key, expect=lambda answer: isinstance(answer, list))
    az("ad", "app", "permission", "grant", "--id", key, "--api", GRAPH_APP_ID, "--scope", "User.Read")
    az("ad", "app", "permission", "list-grants", "--id", key, expect=lambda answer: answer[0]["scope"] == "User.Read")
    az("ad", "sp", "credential", "reset", "--id", key, expect=lambda answer: bool(answer["password"]))
    held = az("ad", "sp", "credential", "list", "--id", key, expect=lambda answer: len(answer) == 1)
    if held:
        az("ad", "sp", "credential", "delete", "--id", key, "--key-id", held[0]["keyId"])
    az("ad", "sp", "delete", "--id", key)
    az("ad", "sp", "show", "--id", key, refused="does not exist")
