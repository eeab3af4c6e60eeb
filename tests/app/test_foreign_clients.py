"""Clients that know nothing of the stand-in sign in to it and call it under Microsoft's own host names, over TLS."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import msal
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import (
    AzureAuthorityHosts,
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
)
from jwt.algorithms import RSAAlgorithm

from local.entra.hosts import GRAPH_HOSTS, LOGIN_HOSTS, MANAGEMENT_HOSTS
from local.identities import PEOPLE, TENANT_ID
from tests.certificates import KeyPair, ToStandIn, self_signed

pytestmark = pytest.mark.app

ROOT = Path(__file__).parents[2]
GRAPH = "https://graph.microsoft.com"
AUTHORITY = f"https://login.microsoftonline.com/{TENANT_ID}"
PERSON = "admin@example.com"
ISSUER = "https://token.actions.example.com"
SUBJECT = "repo:example/enrollment:ref:refs/heads/main"


@dataclass
class StandIn:
    """A served stand-in and a session that reaches it under any name."""

    session: requests.Session

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{GRAPH}/_local{path}", json=body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def register(self, **registration: Any) -> str:
        """A new client that may read groups, and its id."""
        client_id = str(uuid4())
        self.control("PUT", f"/clients/{client_id}", {"roles": ["Group.Read.All"], **registration})
        return client_id

    def groups(self, token: str, *, root: str = GRAPH) -> requests.Response:
        return self.session.get(f"{root}/v1.0/groups", headers={"Authorization": f"Bearer {token}"})

    def transport(self) -> RequestsTransport:
        return RequestsTransport(session=self.session, session_owner=False)


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    hosts = sorted({*GRAPH_HOSTS, *LOGIN_HOSTS, *MANAGEMENT_HOSTS})
    certificate, key = self_signed("stand-in", hosts=hosts).write(tmp_path_factory.mktemp("tls"))
    command = [sys.executable, "-m", "local", "tenant", "--users", "30", "--json", "--exit-with-parent"]
    command += ["--tls-cert", str(certificate), "--tls-key", str(key)]
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
        requests.Session() as session,
    ):
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["tenant"]
        assert url.startswith("https://")
        session.mount("https://", ToStandIn(int(url.rpartition(":")[2]), trusted=certificate))
        yield StandIn(session)
        process.terminate()


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return self_signed("client")


def assertion(pair: KeyPair, **changes: Any) -> str:
    """What an outside issuer signs for a workload."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": "api://AzureADTokenExchange",
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        **changes,
    }
    return jwt.encode(claims, pair.key, algorithm="RS256", headers={"kid": "outside-1"})


def jwk_set(pair: KeyPair) -> dict[str, Any]:
    loaded: Any = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pair.key)
    return {"keys": [{**RSAAlgorithm.to_jwk(loaded.public_key(), as_dict=True), "kid": "outside-1", "alg": "RS256"}]}


def msal_app(stand_in: StandIn, client_id: str, credential: Any, *, authority: str = AUTHORITY) -> Any:
    return msal.ConfidentialClientApplication(
        client_id, authority=authority, client_credential=credential, http_client=stand_in.session
    )


def test_msal_with_a_secret(stand_in: StandIn) -> None:
    client_id = stand_in.register(secrets=["s3cret"])
    answer = msal_app(stand_in, client_id, "s3cret").acquire_token_for_client([f"{GRAPH}/.default"])
    groups = stand_in.groups(answer["access_token"])
    assert groups.status_code == 200
    assert groups.json()["@odata.context"] == f"{GRAPH}/v1.0/$metadata#groups"
    refused = msal_app(stand_in, client_id, "other").acquire_token_for_client([f"{GRAPH}/.default"])
    assert (refused["error"], refused["error_codes"]) == ("invalid_client", [7000215])


def test_msal_with_a_certificate(stand_in: StandIn, pair: KeyPair) -> None:
    credential = {"private_key": pair.key, "public_certificate": pair.certificate}
    client_id = stand_in.register(certificates=[pair.certificate])
    answer = msal_app(stand_in, client_id, credential).acquire_token_for_client([f"{GRAPH}/.default"])
    assert "access_token" in answer, answer
    assert stand_in.groups(answer["access_token"]).status_code == 200
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["appidacr"] == "2"
    other = stand_in.register(certificates=[self_signed("other").certificate])
    refused = msal_app(stand_in, other, credential).acquire_token_for_client([f"{GRAPH}/.default"])
    assert refused["error_codes"] == [700027]


def test_msal_finds_the_metadata_of_a_name_that_tenants_share(stand_in: StandIn) -> None:
    for name in ("organizations", "common"):
        app = msal.PublicClientApplication(
            stand_in.register(),
            authority=f"https://login.microsoftonline.com/{name}",
            http_client=stand_in.session,
        )
        assert app.authority.token_endpoint == f"https://login.microsoftonline.com/{name}/oauth2/v2.0/token"


def test_msal_refuses_an_authority_that_instance_discovery_does_not_know(stand_in: StandIn) -> None:
    with pytest.raises(ValueError, match="invalid_instance"):
        msal_app(stand_in, stand_in.register(), "x", authority=f"https://login.example.com/{TENANT_ID}")


def test_azure_identity_with_a_secret_and_with_a_certificate(stand_in: StandIn, pair: KeyPair) -> None:
    client_id = stand_in.register(secrets=["s3cret"], certificates=[pair.certificate])
    transport: Any = stand_in.transport()
    secret = ClientSecretCredential(TENANT_ID, client_id, "s3cret", transport=transport)
    data = (pair.key + pair.certificate).encode()
    certificate = CertificateCredential(TENANT_ID, client_id, certificate_data=data, transport=transport)
    for credential in (secret, certificate):
        token = credential.get_token(f"{GRAPH}/.default")
        assert stand_in.groups(token.token).status_code == 200
    wrong = ClientSecretCredential(TENANT_ID, client_id, "other", transport=transport)
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        wrong.get_token(f"{GRAPH}/.default")


def test_azure_identity_with_a_federated_assertion(stand_in: StandIn, pair: KeyPair) -> None:
    trust = {"issuer": ISSUER, "subject": SUBJECT, "audiences": ["api://AzureADTokenExchange"]}
    client_id = stand_in.register(federated=[trust])
    transport: Any = stand_in.transport()

    def token(make: Callable[[], str]) -> str:
        credential = ClientAssertionCredential(TENANT_ID, client_id, make, transport=transport)
        return credential.get_token(f"{GRAPH}/.default").token

    with pytest.raises(ClientAuthenticationError, match="AADSTS90061"):
        token(lambda: assertion(pair))
    stand_in.control("PUT", "/issuers", {ISSUER: jwk_set(pair)})
    assert stand_in.groups(token(lambda: assertion(pair))).status_code == 200
    with pytest.raises(ClientAuthenticationError, match="AADSTS70021"):
        token(lambda: assertion(pair, sub="repo:another/owner:ref:refs/heads/main"))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700024"):
        token(lambda: assertion(pair, exp=int(time.time()) - 4_000))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        token(lambda: assertion(self_signed("forger")))


def test_a_managed_identity_stands_in_for_a_client(stand_in: StandIn) -> None:
    """The way Easy Auth signs in without a secret: a federated credential whose subject is the identity."""
    trust = {"issuer": f"{AUTHORITY}/v2.0", "subject": PEOPLE.principal_id}
    client_id = stand_in.register(federated=[trust])

    def own_token() -> str:
        query = {
            "api-version": "2019-08-01",
            "resource": "api://AzureADTokenExchange",
            "client_id": PEOPLE.client_id,
        }
        answer = stand_in.session.get("https://127.0.0.1/msi/token", params=query, headers={"X-IDENTITY-HEADER": "x"})
        return str(answer.json()["access_token"])

    transport: Any = stand_in.transport()
    credential = ClientAssertionCredential(TENANT_ID, client_id, own_token, transport=transport)
    assert stand_in.groups(credential.get_token(f"{GRAPH}/.default").token).status_code == 200


def test_azure_identity_with_a_device_code(stand_in: StandIn) -> None:
    client_id = stand_in.register(roles=[], scopes=["Group.Read.All"])
    shown: list[str] = []

    def approve(address: str, code: str, _: object) -> None:
        shown.append(address)
        stand_in.control("POST", f"/device-codes/{code}/approve", {"userPrincipalName": PERSON})

    transport: Any = stand_in.transport()
    credential = DeviceCodeCredential(client_id, tenant_id=TENANT_ID, prompt_callback=approve, transport=transport)
    token = credential.get_token(f"{GRAPH}/Group.Read.All").token
    assert shown == ["https://login.microsoftonline.com/devicelogin"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["scp"], claims["upn"], claims["idtyp"]) == ("Group.Read.All", PERSON, "user")
    assert stand_in.groups(token).status_code == 200
    users = stand_in.session.get(f"{GRAPH}/v1.0/users", headers={"Authorization": f"Bearer {token}"})
    assert users.status_code == 403


def test_msal_refreshes_a_delegated_token(stand_in: StandIn) -> None:
    client_id = stand_in.register(scopes=["Group.Read.All"])
    app = msal.PublicClientApplication(client_id, authority=AUTHORITY, http_client=stand_in.session)
    flow = app.initiate_device_flow([f"{GRAPH}/Group.Read.All"])
    page = "https://login.microsoftonline.com/devicelogin"
    form = {"user_code": flow["user_code"], "user_principal_name": PERSON, "decision": "approve"}
    assert "You have signed in" in stand_in.session.post(page, data=form).text
    first = app.acquire_token_by_device_flow(flow)
    assert first["id_token_claims"]["preferred_username"] == PERSON
    (account,) = app.get_accounts()
    second = app.acquire_token_silent([f"{GRAPH}/Group.Read.All"], account, force_refresh=True)
    assert second["token_source"] == "identity_provider"
    assert stand_in.groups(second["access_token"]).status_code == 200


def test_a_declined_device_code(stand_in: StandIn) -> None:
    app = msal.PublicClientApplication(
        stand_in.register(scopes=["Group.Read.All"]), authority=AUTHORITY, http_client=stand_in.session
    )
    flow = app.initiate_device_flow([f"{GRAPH}/Group.Read.All"])
    stand_in.control("POST", f"/device-codes/{flow['user_code']}/decline")
    assert app.acquire_token_by_device_flow(flow)["error"] == "authorization_declined"


def test_a_national_cloud(stand_in: StandIn) -> None:
    client_id = stand_in.register(roles=["User.Read.All"], secrets=["s3cret"])
    transport: Any = stand_in.transport()
    credential = ClientSecretCredential(
        TENANT_ID, client_id, "s3cret", authority=AzureAuthorityHosts.AZURE_GOVERNMENT, transport=transport
    )
    token = credential.get_token("https://graph.microsoft.us/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    page = stand_in.session.get("https://graph.microsoft.us/v1.0/users?$top=5", headers=headers).json()
    assert page["@odata.nextLink"].startswith("https://graph.microsoft.us/v1.0/users?")
    more = stand_in.session.get(page["@odata.nextLink"], headers=headers).json()
    assert not {user["id"] for user in more["value"]} & {user["id"] for user in page["value"]}


def test_resource_manager_has_no_subscriptions(stand_in: StandIn) -> None:
    client_id = stand_in.register(secrets=["s3cret"])
    app = msal_app(stand_in, client_id, "s3cret")
    token = app.acquire_token_for_client(["https://management.core.windows.net//.default"])["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("tenants", "subscriptions"):
        url = f"https://management.azure.com/{path}"
        assert stand_in.session.get(f"{url}?api-version=2022-12-01", headers=headers).json() == {"value": []}
        assert stand_in.session.get(url).status_code == 401


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com/providers",
        "https://login.microsoftonline.com/v1.0/groups",
    ],
)
def test_what_a_host_does_not_serve_is_named(stand_in: StandIn, url: str) -> None:
    answer = stand_in.session.get(url)
    assert answer.status_code == 501
    assert url in answer.json()["error"]["message"]
