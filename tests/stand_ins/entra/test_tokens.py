"""Tokens and the checks on them."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.entra.identity_platform.tokens import TokenService
from local.identities import PEOPLE, TENANT, TENANT_ID

from .support import GRAPH, ORIGIN, Caller, Tenant, refused

CODE = "InvalidAuthenticationToken"
MSI = {"api-version": "2019-08-01", "resource": GRAPH, "client_id": PEOPLE.client_id}


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def msi(tenant: Tenant, **changes: str) -> Any:
    return await tenant.http.get("/msi/token", params={**MSI, **changes}, headers={"X-IDENTITY-HEADER": "h"})


async def test_managed_identity_endpoint(tenant: Tenant) -> None:
    body = (await msi(tenant)).json()
    assert set(body) == {"access_token", "expires_on", "resource", "token_type", "client_id"}
    assert isinstance(body["expires_on"], str)
    claims = claims_of(body["access_token"])
    assert (claims["aud"], claims["iss"]) == (GRAPH, f"https://sts.windows.net/{TENANT_ID}/")
    assert (claims["idtyp"], claims["appid"], claims["oid"]) == ("app", PEOPLE.client_id, PEOPLE.principal_id)
    assert set(claims["roles"]) == set(PEOPLE.roles)
    assert "scp" not in claims
    caller = Caller(tenant.http, body["access_token"], PEOPLE.principal_id)
    assert (await caller.get("/users?$top=1")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"client_id": "other"}, 400), ({"resource": "https://other.example.com"}, 400), ({"api-version": "1"}, 400)],
)
async def test_managed_identity_refusals(tenant: Tenant, changes: dict[str, str], status: int) -> None:
    response = await msi(tenant, **changes)
    assert response.status_code == status
    assert set(response.json()) == {"statusCode", "message"}


async def test_the_identity_header_is_a_secret(tenant: Tenant) -> None:
    assert (await tenant.http.get("/msi/token", params=MSI)).status_code == 401
    tenant.state.identity_header = "other"
    assert (await msi(tenant)).status_code == 401


async def test_the_stand_ins_own_origin_is_an_audience(tenant: Tenant) -> None:
    token = (await msi(tenant, resource=ORIGIN)).json()["access_token"]
    assert (await Caller(tenant.http, token, "").get("/users?$top=1")).status_code == 200


async def test_client_credentials(tenant: Tenant) -> None:
    client_id = tenant.state.ids()
    await tenant.http.put("/_local/roles", json={client_id: ["Group.Read.All"]})
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": "anything",
        "scope": f"{GRAPH}/.default",
    }
    url = f"/{TENANT_ID}/oauth2/v2.0/token"
    token = (await tenant.http.post(url, data=form)).json()["access_token"]
    assert claims_of(token)["appidacr"] == "1"
    assert (await Caller(tenant.http, token, "").get("/groups")).status_code == 200
    for changes, error in (
        ({"client_secret": ""}, "invalid_client"),
        ({"client_id": PEOPLE.client_id}, "invalid_client"),
        ({"client_id": "x"}, "unauthorized_client"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ):
        assert (await tenant.http.post(url, data={**form, **changes})).json()["error"] == error


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("", "Access token is empty."),
        ("Bearer ", "Access token is empty."),
        ("Basic abc", "Access token is empty."),
        ("Bearer abc", "CompactToken parsing failed with error code: 80049217"),
    ],
)
async def test_no_token(tenant: Tenant, authorization: str, message: str) -> None:
    headers = {"authorization": authorization} if authorization else {}
    refused(await tenant.http.get("/v1.0/users", headers=headers), 401, CODE, message)


async def test_bad_tokens(tenant: Tenant) -> None:
    people = tenant.state.service_principals.objects[PEOPLE.principal_id]

    async def answer(token: str) -> Any:
        return await Caller(tenant.http, token, "").get("/users")

    other, _ = tenant.tokens.access_token(people, audience="https://storage.azure.com", secret=False)
    refused(await answer(other), 401, CODE, "Access token validation failure. Invalid audience.")
    forged = TokenService(tenant.state, key=rsa.generate_private_key(65537, 2048))
    token, _ = forged.access_token(people, audience=GRAPH, secret=False)
    refused(await answer(token), 401, CODE, "Access token validation failure. Invalid signature.")
    tenant.state.settings = tenant.state.settings.changed({"tokenLifetime": -10})
    expired, _ = tenant.tokens.access_token(people, audience=GRAPH, secret=False)
    refused(await answer(expired), 401, CODE, "Lifetime validation failed, the token is expired.")


async def test_new_roles_appear_in_new_tokens_only(tenant: Tenant) -> None:
    before = tenant.people
    await tenant.http.put("/_local/roles", json={PEOPLE.client_id: ["Group.Read.All"]})
    assert (await before.get("/groups")).status_code == 403
    assert (await tenant.people.get("/groups")).status_code == 200


async def test_a_token_outlives_an_advanced_clock(tenant: Tenant) -> None:
    caller = tenant.admin
    tenant.state.clock.advance(86_400)
    assert (await caller.get("/groups")).status_code == 200


async def test_metadata_and_keys(tenant: Tenant) -> None:
    document = (await tenant.http.get(f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")).json()
    assert document["issuer"] == f"{ORIGIN}/{TENANT_ID}/v2.0"
    [key] = (await tenant.http.get(document["jwks_uri"])).json()["keys"]
    user = next(iter(tenant.state.users))
    token = tenant.tokens.id_token(user, client_id="app", nonce="n", origin=ORIGIN)
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}  # the tenant's time is a fixed one
    claims = jwt.decode(token, jwt.PyJWK(key), audience="app", issuer=document["issuer"], options=options)
    assert (claims["oid"], claims["tid"], claims["nonce"], claims["ver"]) == (user["id"], TENANT_ID, "n", "2.0")
    assert "amr" not in claims
    discovery = (await tenant.http.get("/common/discovery/instance?api-version=1.1")).json()
    assert discovery["tenant_discovery_endpoint"].endswith("/v2.0/.well-known/openid-configuration")


async def test_every_answer_carries_request_ids(tenant: Tenant) -> None:
    response = await tenant.admin.get("/groups", headers={"client-request-id": "mine"})
    assert response.headers["client-request-id"] == "mine"
    assert response.headers["request-id"]
    assert tenant.state.requests.entries[-1].client == TENANT.client_id
