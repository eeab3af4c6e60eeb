"""Errors that every family shares, the ones that pass by themselves, and those of batches, word for word."""

from typing import Any

import pytest

from .support import Tenant, new_group, refused

MISSING = "00000000-0000-4000-8000-000000000000"
DENIED = "Insufficient privileges to complete the operation."


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        ("tokenRefused", 401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
        (
            "noCompanyInformation",
            404,
            "Directory_ObjectNotFound",
            "Unable to read the company information from the directory.",
        ),
        (
            "concurrencyViolation",
            409,
            "Directory_ConcurrencyViolation",
            "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
        ),
        ("serviceUnavailable", 503, "ServiceUnavailable", "The service is temporarily unavailable."),
        ("gatewayTimeout", 504, "UnknownError", ""),
    ],
)
async def test_what_passes_by_itself(tenant: Tenant, name: str, status: int, code: str, message: str) -> None:
    made = await tenant.http.post("/_local/faults", json={"path": "/users", "preset": name, "times": 1})
    assert made.status_code == 201, made.text
    response = await tenant.people.get("/users?$top=1")
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["message"]) == (status, code, message)
    assert (await tenant.people.get("/users?$top=1")).status_code == 200


async def test_a_challenge_carries_claims(tenant: Tenant) -> None:
    await tenant.http.post("/_local/faults", json={"path": "/users", "preset": "claimsChallenge", "times": 1})
    response = await tenant.people.get("/users")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert 'error="insufficient_claims", claims="' in response.headers["www-authenticate"]


async def test_a_gateway_may_hide_a_write_that_took_effect(tenant: Tenant) -> None:
    fault = {"path": "/groups", "method": "POST", "preset": "gatewayTimeout", "takesEffect": True, "times": 1}
    await tenant.http.post("/_local/faults", json=fault)
    assert (await tenant.admin.post("/groups", new_group())).status_code == 504
    assert len(await tenant.admin.value("/groups")) == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "message"),
    [
        ("GET", "/peeple", 400, "BadRequest", "Resource not found for the segment 'peeple'."),
        ("GET", "/groups/x", 400, "Request_BadRequest", "Invalid object identifier 'x'."),
        (
            "GET",
            f"/groups/{MISSING}",
            404,
            "Request_ResourceNotFound",
            f"Resource '{MISSING}' does not exist or one of its queried reference-property objects are not present.",
        ),
        (
            "PUT",
            "/groups",
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        ),
        ("GET", "/groups/$count", 400, "Request_BadRequest", "$count is not currently supported."),
        (
            "GET",
            "/groups?$top=1000",
            400,
            "Request_UnsupportedQuery",
            "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
        ),
    ],
)
async def test_validation_query_and_routing(
    tenant: Tenant, method: str, path: str, status: int, code: str, message: str
) -> None:
    refused(await tenant.admin.send(method, path), status, code, message)


async def test_a_missing_permission(tenant: Tenant) -> None:
    nobody = tenant.with_roles()
    for path in ("/users", "/groups", "/users/delta", "/groups/delta", "/directory/deletedItems/graph.user"):
        refused(await nobody.get(path), 403, "Authorization_RequestDenied", DENIED)


@pytest.mark.parametrize(
    ("select", "permission"),
    [("signInActivity", "AuditLog.Read.All"), ("employeeLeaveDateTime", None)],
)
async def test_guarded_properties(tenant: Tenant, select: str, permission: str | None) -> None:
    path = f"/users?$select=id,{select}"
    refused(await tenant.with_roles("User.Read.All").get(path), 403, "Authorization_RequestDenied", DENIED)
    if permission is None:
        return
    reader = tenant.with_roles("User.Read.All", permission)
    assert (await reader.get(path)).status_code == 200
    tenant.state.settings = tenant.state.settings.changed({"licenseP1": False})
    refused(
        await reader.get(path),
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Neither tenant is B2C or tenant doesn't have premium license",
    )


def item(item_id: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": item_id, "method": "GET", "url": url, **more}


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([], "Invalid batch payload format."),
        (
            [item(str(number), "/groups") for number in range(21)],
            "Number of batch request steps exceeds the maximum value of 20.",
        ),
        ([item("a", "/groups"), item("A", "/groups")], "Request id 'A' is not unique in the batch."),
        (
            [item("1", "/groups", method="POST", body={})],
            "Write request id : 1 does not contain Content-Type header or body.",
        ),
    ],
)
async def test_malformed_batches(tenant: Tenant, requests: list[dict[str, Any]], message: str) -> None:
    refused(await tenant.admin.post("/$batch", {"requests": requests}), 400, "BadRequest", message)


async def test_items_fail_alone_and_pass_their_failure_on(tenant: Tenant) -> None:
    fault = {"path": "/organization", "preset": "throttled", "times": 1}
    assert (await tenant.http.post("/_local/faults", json=fault)).status_code == 201
    requests = [item("1", "/organization"), item("2", "/groups", dependsOn=["1"]), item("3", "/groups")]
    response = await tenant.admin.post("/$batch", {"requests": requests})
    answers = {answer["id"]: answer for answer in response.json()["responses"]}
    assert (response.status_code, [answers[key]["status"] for key in "123"]) == (200, [429, 424, 200])
    assert answers["1"]["body"]["error"]["code"] == "TooManyRequests"
    assert answers["1"]["body"]["error"]["message"] == "Please retry again later."
    assert answers["1"]["headers"]["Retry-After"] == "2.128"
    assert answers["2"]["body"]["error"]["code"] == "FailedDependency"
