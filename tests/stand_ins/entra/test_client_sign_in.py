"""Clients at the token endpoint: what proves them, device codes, refresh tokens, and what each refusal says."""

import base64
import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from local.entra.clock import Clock
from local.entra.identity_platform.client_registry import thumbprints
from local.identities import ADMINISTRATOR_USER_ID, PEOPLE, TENANT_DOMAIN, TENANT_ID
from tests.certificates import KeyPair, self_signed

from .support import GRAPH, ORIGIN, Caller, Tenant

CLIENT = "7d0e6f52-1b3c-4a89-9e5f-2c4d6b8a0f13"
PERSON = "admin@example.com"
TOKEN_URL = f"/{TENANT_ID}/oauth2/v2.0/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = f"{GRAPH}/Group.Read.All openid profile offline_access"


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return self_signed("client")


@pytest.fixture(autouse=True)
def present(tenant: Tenant) -> None:
    """Assertions carry real times, so the tenant's wall clock is the real one."""
    tenant.state.clock.source = Clock().source


async def register(tenant: Tenant, **registration: Any) -> None:
    answer = await tenant.http.put(f"/_local/clients/{CLIENT}", json={"roles": ["Group.Read.All"], **registration})
    assert answer.status_code == 200, answer.text


async def ask(tenant: Tenant, *, url: str = TOKEN_URL, **form: str) -> httpx.Response:
    values = {"grant_type": "client_credentials", "client_id": CLIENT, "scope": f"{GRAPH}/.default", **form}
    return await tenant.http.post(url, data={name: value for name, value in values.items() if value})


def refused(answer: httpx.Response, status: int, error: str, number: int) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


def signed(pair: KeyPair, *, client_id: str = CLIENT, **changes: Any) -> str:
    """A client assertion as MSAL makes it."""
    now = int(time.time())
    claims = {
        "aud": f"{ORIGIN}{TOKEN_URL}",
        "iss": client_id,
        "sub": client_id,
        "nbf": now,
        "exp": now + 600,
        **changes,
    }
    names = thumbprints(x509.load_pem_x509_certificate(pair.certificate.encode()))
    return jwt.encode(claims, pair.key, algorithm="PS256", headers={"x5t#S256": names["x5t#S256"]})


async def test_registered_secrets(tenant: Tenant) -> None:
    await register(tenant, secrets=["one", "two"])
    assert (await ask(tenant, client_secret="two")).status_code == 200
    refused(await ask(tenant, client_secret="three"), 401, "invalid_client", 7000215)
    refused(await ask(tenant, client_id=PEOPLE.client_id, client_secret="one"), 401, "invalid_client", 7000215)


async def test_any_secret_is_a_setting(tenant: Tenant) -> None:
    await register(tenant)
    assert (await ask(tenant, client_secret="any")).status_code == 200
    await tenant.http.patch("/_local/settings", json={"anySecret": False})
    refused(await ask(tenant, client_secret="any"), 401, "invalid_client", 7000215)


async def test_a_certificate(tenant: Tenant, pair: KeyPair) -> None:
    await register(tenant, certificates=[pair.certificate])
    form = {"client_assertion_type": ASSERTION_TYPE}
    assert (await ask(tenant, client_assertion=signed(pair), **form)).status_code == 200
    for assertion, number in (
        (signed(self_signed("other")), 700027),
        (signed(pair, exp=int(time.time()) - 3_600), 700024),
        (signed(pair, aud="https://login.example.com/token"), 700023),
        (signed(pair, sub="another-subject"), 700021),
        ("not-a-token", 50027),
        (signed(pair, exp="soon"), 50027),
    ):
        refused(await ask(tenant, client_assertion=assertion, **form), 401, "invalid_client", number)
    forged = signed(KeyPair(pair.certificate, self_signed("forger").key))
    refused(await ask(tenant, client_assertion=forged, **form), 401, "invalid_client", 700027)
    wrong = await ask(tenant, client_assertion=signed(pair), client_assertion_type="other")
    assert wrong.json()["error"] == "invalid_request"


async def test_a_certificate_among_the_key_credentials_of_an_application(tenant: Tenant, pair: KeyPair) -> None:
    application, _ = await tenant.new_web_app()
    loaded = x509.load_pem_x509_certificate(pair.certificate.encode())
    key = base64.b64encode(loaded.public_bytes(serialization.Encoding.DER)).decode()
    credentials = [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": key}]
    stored = tenant.state.applications.objects[application["id"]]
    stored["keyCredentials"] = [{"key": "bm90IGEgY2VydGlmaWNhdGU="}, *credentials]
    form = {"client_id": application["appId"], "client_assertion_type": ASSERTION_TYPE}
    answer = await ask(tenant, client_assertion=signed(pair, client_id=application["appId"]), **form)
    assert answer.status_code == 200, answer.text


async def test_a_federated_credential_of_an_application(tenant: Tenant) -> None:
    """A managed identity's token in place of a secret."""
    application, _ = await tenant.new_web_app()
    audience = "api://AzureADTokenExchange"
    credential = {
        "name": "easy-auth",
        "issuer": f"https://login.microsoftonline.com/{TENANT_ID}/v2.0",
        "subject": PEOPLE.principal_id,
        "audiences": [audience],
    }
    path = f"/applications/{application['id']}/federatedIdentityCredentials"
    assert (await tenant.admin.post(path, credential)).status_code == 201
    form = {"client_id": application["appId"], "client_assertion_type": ASSERTION_TYPE}
    for principal_id, status in ((PEOPLE.principal_id, 200), (tenant.admin.object_id, 401)):
        principal = tenant.state.service_principals.objects[principal_id]
        token, _ = tenant.tokens.access_token(principal, audience=audience, secret=False)
        answer = await ask(tenant, client_assertion=token, **form)
        assert answer.status_code == status
    refused(answer, 401, "invalid_client", 70021)


@pytest.mark.parametrize("name", [TENANT_DOMAIN, "organizations", "common", TENANT_ID.upper()])
async def test_other_names_of_the_tenant(tenant: Tenant, name: str) -> None:
    await register(tenant)
    assert (await ask(tenant, url=f"/{name}/oauth2/v2.0/token", client_secret="x")).status_code == 200
    document = (await tenant.http.get(f"/{name}/v2.0/.well-known/openid-configuration")).json()
    shared = name in ("organizations", "common")
    assert document["issuer"] == f"{ORIGIN}/{'{tenantid}' if shared else TENANT_ID}/v2.0"
    assert document["token_endpoint"] == f"{ORIGIN}/{name if shared else TENANT_ID}/oauth2/v2.0/token"


async def test_a_tenant_that_is_not_here(tenant: Tenant) -> None:
    for answer in (
        await ask(tenant, url="/contoso.com/oauth2/v2.0/token", client_secret="x"),
        await tenant.http.get("/contoso.com/v2.0/.well-known/openid-configuration"),
        await tenant.http.post("/contoso.com/oauth2/v2.0/devicecode", data={"client_id": CLIENT}),
    ):
        refused(answer, 400, "invalid_request", 90002)


async def test_instance_discovery(tenant: Tenant) -> None:
    path = "/common/discovery/instance?api-version=1.1&authorization_endpoint="
    known = (await tenant.http.get(f"{path}https://login.microsoftonline.us/common/oauth2/v2.0/authorize")).json()
    assert known["tenant_discovery_endpoint"] == (
        "https://login.microsoftonline.us/common/v2.0/.well-known/openid-configuration"
    )
    assert any("login.windows.net" in cloud["aliases"] for cloud in known["metadata"])
    unknown = await tenant.http.get(f"{path}https://login.example.com/common/oauth2/v2.0/authorize")
    refused(unknown, 400, "invalid_instance", 50049)


async def device_code(tenant: Tenant, *, client_id: str = CLIENT, scope: str = SCOPE) -> httpx.Response:
    form = {"client_id": client_id, "scope": scope}
    return await tenant.http.post(f"/{TENANT_ID}/oauth2/v2.0/devicecode", data=form)


async def poll(tenant: Tenant, code: str) -> httpx.Response:
    return await ask(tenant, grant_type=DEVICE, device_code=code, scope="")


async def test_the_way_of_a_device_code(tenant: Tenant) -> None:
    await register(tenant, scopes=["Group.Read.All", "User.Read.All"])
    started = (await device_code(tenant)).json()
    assert started["verification_uri"] == f"{ORIGIN}/devicelogin"
    assert started["user_code"] in started["message"]
    refused(await poll(tenant, started["device_code"]), 400, "authorization_pending", 70016)
    refused(await poll(tenant, "another"), 400, "bad_verification_code", 70018)
    [waiting] = (await tenant.http.get("/_local/device-codes")).json()
    assert (waiting["userCode"], waiting["clientId"]) == (started["user_code"], CLIENT)
    approval = f"/_local/device-codes/{started['user_code'].lower()}/approve"
    assert (await tenant.http.post(approval, json={"userPrincipalName": PERSON})).status_code == 200
    tokens = (await poll(tenant, started["device_code"])).json()
    caller = Caller(tenant.http, tokens["access_token"], ADMINISTRATOR_USER_ID)
    assert (await caller.get("/groups")).status_code == 200
    assert (await caller.get("/users")).status_code == 403, "only what was asked for"
    refused(await poll(tenant, started["device_code"]), 400, "bad_verification_code", 70018)
    form = {"grant_type": "refresh_token", "scope": f"{GRAPH}/.default"}
    more = (await ask(tenant, refresh_token=tokens["refresh_token"], **form)).json()
    assert (await Caller(tenant.http, more["access_token"], "").get("/users")).status_code == 200
    refused(await ask(tenant, refresh_token="other", **form), 400, "invalid_grant", 9002313)
    tenant.state.users.objects[ADMINISTRATOR_USER_ID]["accountEnabled"] = False
    refused(await ask(tenant, refresh_token=tokens["refresh_token"], **form), 400, "invalid_grant", 50057)


async def test_a_device_code_expires_by_the_tenants_clock(tenant: Tenant) -> None:
    await register(tenant, scopes=["Group.Read.All"])
    started = (await device_code(tenant)).json()
    tenant.state.clock.advance(901)
    refused(await poll(tenant, started["device_code"]), 400, "expired_token", 70020)
    path = f"/_local/device-codes/{started['user_code']}/approve"
    answer = await tenant.http.post(path, json={"userPrincipalName": PERSON})
    assert (answer.status_code, "has expired" in answer.json()["error"]) == (400, True)


async def test_nobody_consented(tenant: Tenant) -> None:
    await register(tenant, scopes=["User.Read.All"])
    started = (await device_code(tenant)).json()
    path = f"/_local/device-codes/{started['user_code']}/approve"
    await tenant.http.post(path, json={"userPrincipalName": PERSON})
    refused(await poll(tenant, started["device_code"]), 400, "invalid_grant", 65001)


async def test_an_application_must_allow_public_clients(tenant: Tenant) -> None:
    application, _ = await tenant.new_web_app()
    refused(await device_code(tenant, client_id=application["appId"]), 401, "invalid_client", 7000218)
    refused(await device_code(tenant, client_id="nobody"), 400, "unauthorized_client", 700016)


async def test_the_device_page(tenant: Tenant) -> None:
    await register(tenant, scopes=["Group.Read.All"])
    code = (await device_code(tenant)).json()["user_code"]
    page = await tenant.http.get("/devicelogin", params={"otc": code})
    assert f'value="{code}"' in page.text
    unknown = await tenant.http.post("/devicelogin", data={"user_code": code, "user_principal_name": "x@example.com"})
    assert (unknown.status_code, "does not exist" in unknown.text) == (400, True)
    wrong = await tenant.http.post("/devicelogin", data={"user_code": "NONE", "user_principal_name": PERSON})
    assert (wrong.status_code, "There is no device code" in wrong.text) == (400, True)
    cancelled = await tenant.http.post("/devicelogin", data={"user_code": code, "decision": "decline"})
    assert "was cancelled" in cancelled.text


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (f"clients/{CLIENT}", {"password": []}, "has no 'password'"),
        (f"clients/{CLIENT}", {"secrets": "x"}, "are a list of texts"),
        (f"clients/{CLIENT}", {"federated": [{}]}, "an 'issuer' and a 'subject'"),
        (f"clients/{CLIENT}", {"certificates": ["x"]}, ""),
        (f"clients/{CLIENT}", {"roles": "x"}, "must be a list"),
        (f"clients/{CLIENT}", [], "must be a JSON object"),
        ("issuers", {"https://x": []}, "must be a JWK set"),
    ],
)
async def test_bad_registrations_are_explained(tenant: Tenant, path: str, body: Any, words: str) -> None:
    answer = await tenant.http.put(f"/_local/{path}", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_what_is_registered(tenant: Tenant, pair: KeyPair) -> None:
    assert (await tenant.http.get(f"/_local/clients/{CLIENT}")).status_code == 404
    await register(tenant, certificates=[pair.certificate], secrets=["never shown"])
    shown = await tenant.http.get(f"/_local/clients/{CLIENT}")
    assert "never shown" not in shown.text
    assert len(shown.json()["certificates"]) == 1
