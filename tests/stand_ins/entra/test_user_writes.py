"""People made, changed and deleted through Graph, and their managers."""

from typing import Any

import httpx
import pytest

from .support import Tenant, link, refused

PASSWORD = {"password": "Correct-Horse-7"}


def new_person(**properties: Any) -> dict[str, Any]:
    return {
        "accountEnabled": True,
        "displayName": "Zelda Quist",
        "mailNickname": "zelda.quist",
        "userPrincipalName": "zelda.quist@example.com",
        "passwordProfile": PASSWORD,
        **properties,
    }


async def created(tenant: Tenant, **properties: Any) -> httpx.Response:
    return await tenant.with_roles("User.ReadWrite.All").post("/users", new_person(**properties))


async def test_a_person_comes_changes_and_goes(tenant: Tenant) -> None:
    writer = tenant.with_roles("User.ReadWrite.All")
    link_before = (await tenant.people.get("/users/delta?$deltatoken=latest")).json()["@odata.deltaLink"]
    response = await created(tenant, employeeId="E-900", businessPhones=["+47 1"])
    assert response.status_code == 201
    person = response.json()
    assert "passwordProfile" not in person
    path = f"/users/{person['id']}"
    assert (await writer.patch(path, {"employeeId": "E-901", "jobTitle": "Engineer"})).status_code == 204
    [found] = await writer.value("/users?$filter=employeeId eq 'E-901'&$select=id,jobTitle")
    assert found == {"id": person["id"], "jobTitle": "Engineer"}
    assert (await tenant.people.get(link_before)).json()["value"][-1]["id"] == person["id"]
    assert (await writer.delete(path)).status_code == 204
    assert (await writer.get(path)).status_code == 404
    restored = await writer.post(f"/directory/deletedItems/{person['id']}/restore", {})
    assert restored.status_code == 200
    assert (await tenant.people.delete(path)).status_code == 403
    assert (await tenant.people.post("/users", new_person())).status_code == 403


@pytest.mark.parametrize(
    "name", ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"]
)
async def test_what_a_person_needs(tenant: Tenant, name: str) -> None:
    message = f"A value is required for property '{name}' of resource 'User'."
    refused(await created(tenant, **{name: None}), 400, "Request_BadRequest", message)


@pytest.mark.parametrize(
    ("name", "value"),
    [("employeeId", "12345678901234567"), ("usageLocation", "Norway"), ("accountEnabled", "yes"), ("ageGroup", "Old"),
     ("mailNickname", "m" * 65), ("displayName", "n" * 257), ("employeeHireDate", "soon")],
)  # fmt: skip
async def test_values_that_are_refused(tenant: Tenant, name: str, value: object) -> None:
    message = f"Invalid value specified for property '{name}' of resource 'User'."
    refused(await created(tenant, **{name: value}), 400, "Request_BadRequest", message)


async def test_names_are_unique_and_in_a_verified_domain(tenant: Tenant) -> None:
    assert (await created(tenant)).status_code == 201
    message = "Another object with the same value for property userPrincipalName already exists."
    refused(await created(tenant, userPrincipalName="ZELDA.quist@example.com"), 400, "Request_BadRequest", message)
    elsewhere = await created(tenant, userPrincipalName="zelda@contoso.com")
    assert "You must use one of the verified domain names" in elsewhere.json()["error"]["message"]
    assert (await created(tenant, userPrincipalName="zelda@example.onmicrosoft.com")).status_code == 201


@pytest.mark.parametrize("password", ["short1A", "onlyletters", "lower-case-1"[:7], "A" * 300])
async def test_weak_passwords(tenant: Tenant, password: str) -> None:
    """`TestAccUser_passwordInvalid` of terraform-provider-azuread."""
    response = await created(tenant, passwordProfile={"password": password})
    assert "does not comply with password complexity requirements" in response.json()["error"]["message"]


async def test_managers(tenant: Tenant, hires: list[str]) -> None:
    writer, reader = tenant.with_roles("User.ReadWrite.All"), tenant.with_roles("User.Read.All")
    person, boss = hires[:2]
    path = f"/users/{person}/manager"
    message = "Resource 'manager' does not exist or one of its queried reference-property objects are not present."
    refused(await reader.get(path), 404, "Request_ResourceNotFound", message)
    assert (await reader.send("PUT", f"{path}/$ref", {"@odata.id": link(boss)})).status_code == 403
    assert (await writer.send("PUT", f"{path}/$ref", {"@odata.id": link(boss)})).status_code == 204
    shown = (await reader.get(f"{path}?$select=id,userPrincipalName")).json()
    assert (shown["@odata.type"], shown["id"]) == ("#microsoft.graph.user", boss)
    assert [item["id"] for item in await reader.value(f"/users/{boss}/directReports")] == [person]
    expanded = (await reader.get(f"/users/{person}?$select=displayName&$expand=manager($select=id)")).json()
    assert expanded["manager"]["id"] == boss
    assert "id" not in expanded
    by_name = {"@odata.id": "https://graph.microsoft.com/v1.0/users/admin@example.com"}
    assert (await writer.send("PUT", f"{path}/$ref", by_name)).status_code == 204
    assert (await writer.delete(f"{path}/$ref")).status_code == 204
    assert (await writer.delete(f"{path}/$ref")).status_code == 404
