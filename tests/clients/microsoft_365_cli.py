"""What people do with the Microsoft 365 CLI in the directory: `m365 entra`."""

from typing import Any

from tests.clients.runner import Runner

NOTHING = {"appId": "x", "objectId": "x"}
JSON = ("--output", "json")


def run(m365: Runner) -> None:
    """Every command once, in an order in which each has what it needs."""
    tenant = m365.tenant
    for name, value in (("prompt", "false"), ("disableTelemetry", "true"), ("showHelpOnFailure", "false")):
        m365("cli", "config", "set", "--key", name, "--value", value)
    m365("login", "--authType", "secret", "--appId", tenant.client_id, "--tenant", tenant.tenant_id,
         "--secret", tenant.secret)  # fmt: skip
    person = users(m365)
    groups(m365, person)
    microsoft_365_groups(m365, person)
    application = applications(m365)
    enterprise_applications(m365, application)
    units_and_roles(m365, person)
    m365("entra", "app", "remove", "--appId", application["appId"], "--force")
    m365("entra", "license", "list", *JSON, expect=lambda answer: len(answer) == 2)
    m365("entra", "organization", "list", *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "user", "remove", "--id", person["id"], "--force")
    m365("logout")


def users(m365: Runner) -> dict[str, Any]:
    name = "zelda.quist@example.com"
    made: dict[str, Any] = m365("entra", "user", "add", "--displayName", "Zelda Quist", "--userName", name,
                                "--password", "Correct-Horse-7", *JSON) or {"id": name}  # fmt: skip
    m365("entra", "user", "get", "--id", made["id"], *JSON, expect=lambda answer: answer["userPrincipalName"] == name)
    m365("entra", "user", "get", "--userName", name, "--withManager", *JSON)
    m365("entra", "user", "list", *JSON, expect=lambda answer: len(answer) > 20)
    m365("entra", "user", "set", "--userName", name, "--jobTitle", "Engineer", "--managerUserName", "admin@example.com")
    m365("entra", "user", "get", "--userName", name, "--withManager", *JSON,
         expect=lambda answer: answer["manager"]["userPrincipalName"] == "admin@example.com")  # fmt: skip
    m365("entra", "user", "groupmembership", "list", "--userName", name, *JSON, expect=lambda answer: not answer)
    return made


def groups(m365: Runner, person: dict[str, Any]) -> None:
    made = m365("entra", "group", "add", "--displayName", "Enrollment", "--type", "security", "--ownerUserNames",
                "admin@example.com", "--memberUserNames", "zelda.quist@example.com", *JSON) or {"id": "x"}  # fmt: skip
    group = made["id"]
    m365("entra", "group", "get", "--displayName", "Enrollment", *JSON, expect=lambda answer: answer["id"] == group)
    m365("entra", "group", "list", *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "group", "list", "--type", "microsoft365", *JSON, expect=lambda answer: answer == [])
    m365("entra", "group", "list", "--type", "security", *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "group", "set", "--id", group, "--description", "Who is to enroll", "--newDisplayName", "Newcomers")
    m365("entra", "group", "member", "list", "--groupId", group, *JSON, expect=lambda answer: len(answer) == 2)
    m365("entra", "group", "member", "list", "--groupId", group, "--role", "Owner", *JSON,
         expect=lambda answer: len(answer) == 1)  # fmt: skip
    m365("entra", "group", "member", "set", "--groupId", group, "--userIds", person["id"], "--role", "Owner")
    m365("entra", "group", "member", "add", "--groupId", group, "--userNames", "break-glass@example.com",
         "--role", "Member")  # fmt: skip
    m365("entra", "group", "member", "remove", "--groupId", group, "--userNames", "break-glass@example.com",
         "--role", "Member", "--force")  # fmt: skip
    m365("entra", "user", "groupmembership", "list", "--userId", person["id"], *JSON)
    m365("entra", "group", "remove", "--id", group, "--force")


def microsoft_365_groups(m365: Runner, person: dict[str, Any]) -> None:
    made = m365("entra", "m365group", "add", "--displayName", "Welcome", "--description", "Newcomers",
                "--mailNickname", "welcome", "--owners", "admin@example.com", *JSON) or {"id": "x"}  # fmt: skip
    group = made["id"]
    m365(
        "entra", "m365group", "get", "--id", group, *JSON, expect=lambda answer: answer["allowExternalSenders"] is False
    )
    m365("entra", "m365group", "list", *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "m365group", "set", "--id", group, "--description", "All newcomers")
    m365("entra", "m365group", "user", "add", "--groupId", group, "--userNames", "zelda.quist@example.com",
         "--role", "Member")  # fmt: skip
    m365("entra", "m365group", "user", "list", "--groupId", group, *JSON,
         expect=lambda answer: person["id"] in {item["id"] for item in answer})  # fmt: skip
    m365(
        "entra", "m365group", "user", "remove", "--groupId", group, "--userNames", "zelda.quist@example.com", "--force"
    )
    m365("entra", "m365group", "remove", "--id", group, "--force", refused="The stand-in tenant does not implement GET")
    m365("entra", "group", "remove", "--id", group, "--force")
    m365("entra", "m365group", "recyclebinitem", "list", *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "m365group", "recyclebinitem", "restore", "--id", group)


def applications(m365: Runner) -> dict[str, Any]:
    app: dict[str, Any] = m365("entra", "app", "add", "--name", "Landing", "--withSecret", "--redirectUris",
                               "https://landing.example.com/", "--platform", "web", "--apisDelegated",
                               "https://graph.microsoft.com/User.Read", "--apisApplication",
                               "https://graph.microsoft.com/Group.Read.All", *JSON) or NOTHING  # fmt: skip
    key = app["appId"]
    m365("entra", "app", "get", "--appId", key, *JSON, expect=lambda answer: answer["displayName"] == "Landing")
    m365("entra", "app", "get", "--name", "Landing", *JSON)
    m365("entra", "app", "list", *JSON, expect=lambda answer: key in {item["appId"] for item in answer})
    m365("entra", "app", "set", "--appId", key, "--uris", f"api://{key}", "--redirectUris",
         "https://landing.example.com/back", "--platform", "web")  # fmt: skip
    m365("entra", "app", "permission", "add", "--appId", key, "--applicationPermissions",
         "https://graph.microsoft.com/User.Read.All")  # fmt: skip
    m365("entra", "app", "permission", "list", "--appId", key, *JSON, expect=lambda answer: len(answer) == 3)
    m365("entra", "app", "permission", "remove", "--appId", key, "--applicationPermissions",
         "https://graph.microsoft.com/User.Read.All", "--force")  # fmt: skip
    m365("entra", "app", "role", "add", "--appId", key, "--name", "Reader", "--description", "May read",
         "--allowedMembers", "usersGroups", "--claim", "reader")  # fmt: skip
    m365("entra", "app", "role", "list", "--appId", key, *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "app", "role", "remove", "--appId", key, "--claim", "reader", "--force")
    return app


def enterprise_applications(m365: Runner, app: dict[str, Any]) -> None:
    key = app["appId"]
    made = m365("entra", "enterpriseapp", "add", "--id", key, *JSON) or {"id": "x"}
    m365("entra", "enterpriseapp", "get", "--id", key, *JSON, expect=lambda answer: answer["id"] == made["id"])
    m365("entra", "enterpriseapp", "list", "--displayName", "Landing", *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "approleassignment", "add", "--appId", key, "--resource", "Microsoft Graph", "--scopes",
         "Group.Read.All", *JSON)  # fmt: skip
    m365("entra", "approleassignment", "list", "--appId", key, *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "approleassignment", "remove", "--appId", key, "--resource", "Microsoft Graph", "--scopes",
         "Group.Read.All", "--force")  # fmt: skip
    grants = ("entra", "oauth2grant")
    graph = m365("entra", "enterpriseapp", "get", "--displayName", "Microsoft Graph", *JSON) or {"id": "x"}
    m365(*grants, "add", "--clientId", made["id"], "--resourceId", graph["id"], "--scope", "User.Read")
    held = m365(*grants, "list", "--spObjectId", made["id"], *JSON, expect=lambda answer: len(answer) == 1)
    if held:
        grant = held[0].get("objectId") or held[0]["id"]
        m365(*grants, "set", "--grantId", grant, "--scope", "User.Read Group.Read.All")
        m365(*grants, "remove", "--grantId", grant, "--force")
    m365("entra", "enterpriseapp", "remove", "--id", key, "--force")


def units_and_roles(m365: Runner, person: dict[str, Any]) -> None:
    unit = m365("entra", "administrativeunit", "add", "--displayName", "Norway", *JSON) or {"id": "x"}
    of_unit = ("--administrativeUnitId", unit["id"])
    m365("entra", "administrativeunit", "list", *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "administrativeunit", "get", "--displayName", "Norway", *JSON)
    m365("entra", "administrativeunit", "member", "add", *of_unit, "--userId", person["id"])
    m365("entra", "administrativeunit", "member", "list", *of_unit, *JSON, expect=lambda answer: len(answer) == 1)
    m365("entra", "administrativeunit", "member", "get", *of_unit, "--id", person["id"], *JSON)
    m365("entra", "administrativeunit", "member", "remove", *of_unit, "--id", person["id"], "--force")
    m365("entra", "administrativeunit", "remove", "--id", unit["id"], "--force")
    role = m365("entra", "roledefinition", "add", "--displayName", "Reads apps", "--allowedResourceActions",
                "microsoft.directory/applications/basic/update", *JSON) or {"id": "x"}  # fmt: skip
    m365("entra", "roledefinition", "list", *JSON, expect=lambda answer: len(answer) > 5)
    m365("entra", "roledefinition", "get", "--id", role["id"], *JSON)
    m365("entra", "roledefinition", "set", "--id", role["id"], "--description", "May read applications")
    m365("entra", "roleassignment", "add", "--roleDefinitionName", "Global Reader", "--principal", person["id"], *JSON)
    m365("entra", "roledefinition", "remove", "--id", role["id"], "--force")
