"""Refusals and upserts of applications, service principals and federated credentials."""

from typing import Any

import pytest

from local.identities import PEOPLE, TENANT

from .support import Tenant, reference, refused

BAD = "Request_BadRequest"
IF_MISSING = {"Prefer": "create-if-missing"}
NO_ROLE = "00000000-0000-0000-0000-000000000000"


def invalid(prop: str, resource: str = "Application") -> tuple[int, str, str]:
    return 400, BAD, f"Invalid value specified for property '{prop}' of resource '{resource}'."


def missing(object_id: str) -> tuple[int, str, str]:
    text = f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."
    return 404, "Request_ResourceNotFound", text


def png(side: int, *, color: int = 2) -> bytes:
    """The start of a PNG; color type 6 has an alpha channel."""
    size = side.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + size + bytes([8, color, 0, 0, 0])


@pytest.mark.parametrize(
    ("body", "prop"),
    [
        ({"displayName": "x" * 91, "signInAudience": "AzureADandPersonalMicrosoftAccount"}, "displayName"),
        ({"identifierUris": ["api://" + "x" * 250]}, "identifierUris"),
        ({"web": {"logoutUrl": "http://site.test/logout"}}, "logoutUrl"),
        ({"web": {"logoutUrl": "https://" + "x" * 250}}, "logoutUrl"),
        ({"web": {"redirectUris": ["https://x"] * 257}}, "web"),
        ({"description": "x" * 1025}, "description"),
        ({"tags": ["a b"]}, "tags"),
        ({"requiredResourceAccess": [{"resourceAppId": "x", "resourceAccess": []}] * 51}, "requiredResourceAccess"),
        (
            {"requiredResourceAccess": [{"resourceAppId": "x", "resourceAccess": [{"id": "y", "type": "Role"}] * 401}]},
            "requiredResourceAccess",
        ),
    ],
)
async def test_limits_of_an_application(tenant: Tenant, body: dict[str, Any], prop: str) -> None:
    refused(await tenant.admin.post("/applications", {"displayName": "x", **body}), *invalid(prop))
    made = await tenant.new_application()
    refused(await tenant.admin.patch(f"/applications/{made['id']}", body), *invalid(prop))


async def test_a_unique_name_is_set_once(tenant: Tenant) -> None:
    path = f"/applications/{(await tenant.new_application())['id']}"
    assert (await tenant.admin.patch(path, {"uniqueName": "first"})).status_code == 204
    refused(await tenant.admin.patch(path, {"uniqueName": "second"}), *invalid("uniqueName"))
    other = f"/applications/{(await tenant.new_application())['id']}"
    message = "Another object with the same value for property uniqueName already exists."
    refused(await tenant.admin.patch(other, {"uniqueName": "first"}), 400, BAD, message)


async def test_upsert_without_the_header(tenant: Tenant) -> None:
    answer = await tenant.admin.patch("/applications(uniqueName='none')", {"displayName": "x"})
    refused(answer, *missing("none"))


async def test_alternate_keys(tenant: Tenant) -> None:
    made = await tenant.new_application(uniqueName="keyed")
    by_app_id = f"/applications(appId='{made['appId']}')"
    assert (await tenant.admin.patch(by_app_id, {"notes": "x"})).status_code == 204
    assert (await tenant.admin.get(f"/applications/{made['id']}")).json()["notes"] == "x"
    assert (await tenant.admin.delete("/applications(uniqueName='keyed')")).status_code == 204
    refused(await tenant.admin.get(by_app_id), *missing(made["appId"]))
    refused(await tenant.admin.get("/applications/x"), 400, BAD, "Invalid object identifier 'x'.")


async def test_an_application_has_at_most_100_owners(tenant: Tenant) -> None:
    made = await tenant.new_application()
    tenant.state.owners[made["id"]] = [TENANT.principal_id, *(str(number) for number in range(99))]
    refused(
        await tenant.admin.post(f"/applications/{made['id']}/owners/$ref", reference(PEOPLE.principal_id)),
        403,
        "Directory_QuotaExceeded",
        "Unable to perform operation as '101' would exceed the maximum quota count '100' for forward-link owners.",
    )


@pytest.mark.parametrize(
    ("image", "status", "warned"),
    [
        (png(215), 204, False),
        (png(216), 204, True),
        (png(215, color=6), 204, True),
        (b"\xff\xd8\xff jpeg", 204, True),
        (b"GIF89a", 204, True),
        (b"<svg/>", 400, False),
        (png(215) + bytes(100 * 1024), 400, False),
    ],
)
async def test_logo_rules(tenant: Tenant, image: bytes, status: int, warned: bool) -> None:
    made = await tenant.new_application()
    url = f"/v1.0/applications/{made['id']}/logo"
    headers = {"authorization": f"Bearer {tenant.admin.token}", "content-type": "image/png"}
    answer = await tenant.http.put(url, content=image, headers=headers)
    assert (answer.status_code, "x-local-warning" in answer.headers) == (status, warned)
    if status == 400:
        refused(answer, 400, BAD, "The logo must be a PNG, JPEG or GIF image of at most 100 KB.")
    if warned:
        tenant.state.settings = tenant.state.settings.changed({"strictLogo": True})
        message = "The portal wants a PNG of 215x215 pixels without transparency."
        refused(await tenant.http.put(url, content=image, headers=headers), 400, BAD, message)


def credential(**changes: Any) -> dict[str, Any]:
    return {
        "name": "deploy",
        "issuer": "https://issuer.example.com",
        "subject": "subject",
        "audiences": ["api://AzureADTokenExchange"],
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "prop"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"issuer": "x" * 601}, "issuer"),
        ({"subject": "x" * 601}, "subject"),
        ({"audiences": ["a", "b"]}, "audiences"),
    ],
)
async def test_refused_credentials(tenant: Tenant, changes: dict[str, Any], prop: str) -> None:
    path = f"/applications/{(await tenant.new_application())['id']}/federatedIdentityCredentials"
    answer = await tenant.admin.post(path, credential(**changes))
    refused(answer, *invalid(prop, "FederatedIdentityCredential"))


async def test_credentials_are_changed_and_upserted_by_name(tenant: Tenant) -> None:
    path = f"/applications/{(await tenant.new_application())['id']}/federatedIdentityCredentials"
    by_name = f"{path}(name='deploy')"
    body = {name: value for name, value in credential().items() if name != "name"}
    refused(await tenant.admin.patch(by_name, body), *missing("deploy"))
    made = await tenant.admin.patch(by_name, body, headers=IF_MISSING)
    assert (made.status_code, made.json()["name"]) == (201, "deploy")
    changed = await tenant.admin.patch(by_name, {**body, "subject": "other"}, headers=IF_MISSING)
    assert changed.status_code == 204
    item = f"{path}/{made.json()['id']}"
    assert (await tenant.admin.get(item)).json()["subject"] == "other"
    refused(await tenant.admin.patch(item, {"name": "x"}), *invalid("name", "FederatedIdentityCredential"))
    assert (await tenant.admin.post(path, credential(name="second"))).status_code == 201
    refused(
        await tenant.admin.patch(item, {"subject": "subject"}),
        400,
        BAD,
        "FederatedIdentityCredential with the same issuer and subject already exists on this application.",
    )


async def test_twenty_credentials_are_enough(tenant: Tenant) -> None:
    path = f"/applications/{(await tenant.new_application())['id']}/federatedIdentityCredentials"
    for number in range(20):
        answer = await tenant.admin.post(path, credential(name=f"n{number}", subject=f"s{number}"))
        assert answer.status_code == 201
    message = "An application cannot have more than 20 federated identity credentials."
    refused(await tenant.admin.post(path, credential()), 400, BAD, message)


async def test_service_principal_upsert(tenant: Tenant) -> None:
    application = await tenant.new_application()
    path = f"/servicePrincipals(appId='{application['appId']}')"
    refused(await tenant.admin.patch(path, {"notes": "x"}), *missing(application["appId"]))
    made = await tenant.admin.patch(path, {"notes": "x"}, headers=IF_MISSING)
    assert (made.status_code, made.json()["notes"]) == (201, "x")
    writer = tenant.with_roles("Application.ReadWrite.All")
    assert (await writer.patch(path, {"notes": "y"}, headers=IF_MISSING)).status_code == 204
    assert (await writer.get(path)).json()["notes"] == "y"
    assert (await writer.delete(path)).status_code == 204
    refused(await writer.get(path), *missing(application["appId"]))


@pytest.mark.parametrize(
    ("body", "prop"),
    [
        ({"appRoleAssignmentRequired": "yes"}, "appRoleAssignmentRequired"),
        ({"description": "x" * 1025}, "description"),
        ({"notes": "x" * 1025}, "notes"),
        ({"tags": ["x" * 257]}, "tags"),
    ],
)
async def test_limits_of_a_service_principal(tenant: Tenant, body: dict[str, Any], prop: str) -> None:
    application = await tenant.new_application()
    answer = await tenant.admin.post("/servicePrincipals", {"appId": application["appId"], **body})
    refused(answer, *invalid(prop, "ServicePrincipal"))


async def test_an_assignment_needs_all_three_ids(tenant: Tenant) -> None:
    _, principal = await tenant.new_web_app()
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    body = {"principalId": await tenant.new_group(), "resourceId": principal["id"], "appRoleId": NO_ROLE}
    for name in body:
        rest = {key: value for key, value in body.items() if key != name}
        message = f"A value is required for property '{name}' of resource 'AppRoleAssignment'."
        refused(await tenant.admin.post(path, rest), 400, BAD, message)
    foreign = {**body, "resourceId": tenant.state.ids()}
    refused(await tenant.admin.post(path, foreign), 400, BAD, "Not a valid reference update.")
    refused(await tenant.admin.delete(f"{path}/none"), *missing("none"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "Directory_ConcurrencyViolation",
            "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
        ),
        ("Error_MsaAppDoesNotExist", "The application does not exist yet."),
    ],
)
async def test_conflicts_that_come_and_go_are_faults(tenant: Tenant, code: str, message: str) -> None:
    """Issues azurerator 448 and terraform-provider-azuread 1764; the text of the second is not known."""
    body = {"error": {"code": code, "message": message}}
    fault = {"method": "PATCH", "path": "/applications/", "status": 409, "body": body, "times": 1}
    made = await tenant.new_application()
    answer = await tenant.http.post("/_local/faults", json=fault)
    assert answer.status_code == 201, answer.text
    path = f"/applications/{made['id']}"
    response = await tenant.admin.patch(path, {"notes": "x"})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["message"]) == (409, code, message)
    assert (await tenant.admin.patch(path, {"notes": "x"})).status_code == 204
