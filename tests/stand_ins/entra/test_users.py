"""Users and the query options."""

import time

import pytest

from local.entra.seeding import seed_users
from local.identities import ADMINISTRATOR_USER_ID

from .support import EVENTUAL, Tenant, refused

UNSUPPORTED = "Request_UnsupportedQuery"


async def test_a_list_shows_the_default_properties_in_pages_of_100(tenant: Tenant) -> None:
    body = (await tenant.people.get("/users")).json()
    assert len(body["value"]) == 100
    assert set(body["value"][0]) == {
        "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
        "preferredLanguage", "surname", "userPrincipalName",
    }  # fmt: skip
    assert body["@odata.nextLink"].startswith("http://tenant.test/v1.0/users?")


async def test_next_links_lead_to_everybody_once(tenant: Tenant) -> None:
    link, seen = "/users?$select=id&$top=50", []
    while link:
        body = (await tenant.people.get(link)).json()
        seen += [user["id"] for user in body["value"]]
        link = body.get("@odata.nextLink", "")
    assert seen == [user["id"] for user in tenant.state.users]


async def test_a_page_goes_on_at_the_right_place_when_people_are_deleted(tenant: Tenant) -> None:
    first = (await tenant.people.get("/users?$select=id&$top=50")).json()
    order = [user["id"] for user in tenant.state.users]
    tenant.state.users.remove(order[3])
    tenant.state.users.remove(order[49])
    second = (await tenant.people.get(first["@odata.nextLink"])).json()
    assert [user["id"] for user in second["value"][:2]] == order[50:52]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("$filter=accountEnabled eq false", 1),
        ("$filter=employeeId eq 'E000007'", 1),
        ("$filter=employeeId eq 'e000007' and userType eq 'Member'", 1),
        ("$filter=employeeId in ('E000001','E000002')", 2),
        ("$filter=startsWith(userPrincipalName,'break-')", 1),
        ("$filter=createdDateTime ge 2026-11-24T00:00:00Z and accountEnabled eq true&$top=999", 3),
        ("$filter=displayName eq 'O''Neill'", 0),
    ],
)
async def test_plain_filters(tenant: Tenant, query: str, count: int) -> None:
    assert len(await tenant.people.value(f"/users?{query}")) == count


async def test_hire_dates_need_an_advanced_query(tenant: Tenant) -> None:
    query = "/users?$filter=employeeHireDate ge 2026-11-25T00:00:00Z&$count=true"
    refused(
        await tenant.people.get(query),
        400,
        UNSUPPORTED,
        "Unsupported or invalid query filter clause specified for property 'employeeHireDate' of resource 'User'.",
    )
    body = (await tenant.people.get(query, headers=EVENTUAL)).json()
    assert body["@odata.count"] == len(body["value"]) == 5


async def test_the_header_is_demanded_on_every_page(tenant: Tenant) -> None:
    query = "/users?$filter=employeeHireDate ge 2020-01-01T00:00:00Z&$count=true&$top=5"
    first = (await tenant.people.get(query, headers=EVENTUAL)).json()
    assert (await tenant.people.get(first["@odata.nextLink"])).status_code == 400
    second = await tenant.people.get(first["@odata.nextLink"], headers=EVENTUAL)
    assert len(second.json()["value"]) == 5


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("$top=1000", UNSUPPORTED, "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."),
        ("$top=0", UNSUPPORTED, "Invalid page size specified: '0'. Must be between 1 and 999 inclusive."),
        ("$filter=no such", "BadRequest", "Invalid filter clause"),
        ("$filter=accountEnabled eq 'true'", "BadRequest", "Invalid filter clause"),
        ("$filter=shoeSize eq 42", "BadRequest", "Invalid filter clause"),
        ("$skip=10", "Request_BadRequest", "'$skip' is not supported by the service."),
        (
            '$search="displayName:a"',
            UNSUPPORTED,
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'",
        ),
        (
            "$filter=endsWith(mail,'@example.com')",
            UNSUPPORTED,
            "Operator 'endsWith' is not supported because the required parameters might be missing. Try adding "
            "$count=true query parameter and ConsistencyLevel:eventual header. Refer to "
            "https://aka.ms/graph-docs/advanced-queries for more information",
        ),
        (
            "$select=id,shoeSize",
            "BadRequest",
            "Parsing OData Select and Expand failed: Could not find a property named 'shoeSize' on type "
            "'microsoft.graph.user'.",
        ),
    ],
)
async def test_refused_queries(tenant: Tenant, query: str, code: str, message: str) -> None:
    refused(await tenant.people.get(f"/users?{query}"), 400, code, message)


@pytest.mark.parametrize("query", ["$expand=ownedDevices", "$apply=x", "$filter=manager/id eq 'x'"])
async def test_what_the_stand_in_lacks_is_named(tenant: Tenant, query: str) -> None:
    response = await tenant.people.get(f"/users?{query}")
    assert response.status_code == 501
    assert query.partition("=")[0] in response.json()["error"]["message"]


async def test_more_than_15_clauses_are_refused(tenant: Tenant) -> None:
    ids = ",".join(f"'{number}'" for number in range(16))
    response = await tenant.people.get(f"/users?$filter=id in ({ids})")
    assert response.json()["error"]["message"].endswith("16. Max allowed: 15.")


async def test_properties_of_single_users_cannot_be_listed(tenant: Tenant) -> None:
    response = await tenant.people.get("/users?$select=id,aboutMe")
    refused(response, 501, "NotImplemented", "This operation target is not yet supported.")


async def test_count_is_text_and_needs_the_header(tenant: Tenant) -> None:
    refused(await tenant.people.get("/users/$count"), 400, "Request_BadRequest", "$count is not currently supported.")
    response = await tenant.people.get("/users/$count?$filter=userType eq 'Guest'", headers=EVENTUAL)
    assert (response.text, response.headers["content-type"]) == ("1", "text/plain")
    uncounted = (await tenant.people.get("/users?$count=true")).json()
    assert "@odata.count" not in uncounted


@pytest.mark.parametrize(
    "path",
    [
        f"/users/{ADMINISTRATOR_USER_ID}",
        f"/users/{ADMINISTRATOR_USER_ID.upper()}",
        "/users/admin@example.com",
        "/users/admin%40example.com",
        "/users('admin%40example.com')",
        "/Users/admin@example.com?select=id",
    ],
)
async def test_one_user_by_any_key(tenant: Tenant, path: str) -> None:
    body = (await tenant.people.get(path)).json()
    assert body["id"] == ADMINISTRATOR_USER_ID
    assert body["@odata.context"].endswith("/$entity")


async def test_unusual_user_principal_names(tenant: Tenant) -> None:
    people = [{"userPrincipalName": "$cash@example.com"}, {"userPrincipalName": "mia#EXT#@example.com"}]
    cash, mia = (await tenant.http.post("/_local/users", json=people)).json()["ids"]
    assert (await tenant.people.get("/users('$cash@example.com')")).json()["id"] == cash
    assert (await tenant.people.get("/users/mia%23EXT%23@example.com")).json()["id"] == mia


async def test_nobody_and_nonsense(tenant: Tenant) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    refused(
        await tenant.people.get(f"/users/{missing}"),
        404,
        "Request_ResourceNotFound",
        f"Resource '{missing}' does not exist or one of its queried reference-property objects are not present.",
    )
    refused(await tenant.people.get("/users/x"), 400, "Request_BadRequest", "Invalid object identifier 'x'.")


async def test_basic_permission_shows_basic_properties(tenant: Tenant) -> None:
    caller = tenant.with_roles("User.ReadBasic.All")
    assert (await caller.get("/users?$select=id,displayName")).status_code == 200
    assert (await caller.get("/users?$select=id,accountEnabled")).status_code == 403


async def test_a_page_of_999_takes_milliseconds(tenant: Tenant) -> None:
    seed_users(tenant.state, 20_000)
    await tenant.people.get("/users?$top=1")
    start = time.process_time()
    body = await tenant.people.get("/users?$top=999&$select=id,employeeId,accountEnabled,userType,employeeHireDate")
    assert time.process_time() - start < 0.2
    assert len(body.json()["value"]) == 999
