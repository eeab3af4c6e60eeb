"""Who the command line works as: the credential that is chosen, what it opens, and what is said where there is none."""

import asyncio
import threading
from typing import Any

import jwt
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError

from local import identities
from provisioning.cli.credentials import InThread, admit, chosen, open_credential
from provisioning.cli.main import new_parser
from provisioning.errors import Rejected
from provisioning.services import Services
from provisioning.settings import GraphSettings
from tests.support import StaticCredential


def token_for(tenant: str) -> str:
    return jwt.encode({"tid": tenant}, "k" * 32, algorithm="HS256")


async def test_a_sign_in_to_another_tenant_is_refused_before_anything_is_read() -> None:
    """`az login` stays in the tenant one worked in last."""
    elsewhere = StaticCredential(token_for("11111111-1111-1111-1111-111111111111"))
    with pytest.raises(Rejected, match=r"is for tenant 1111.*TENANT_ID is 0f5f.*Sign in to the tenant of TENANT_ID"):
        await admit(elsewhere, "az", scope="s", tenant_id=identities.TENANT_ID)
    await admit(StaticCredential(token_for(identities.TENANT_ID)), "az", scope="s", tenant_id=identities.TENANT_ID)
    await admit(StaticCredential("no JWT"), "az", scope="s", tenant_id=identities.TENANT_ID)


async def test_without_a_sign_in_the_way_in_is_told() -> None:
    class Nobody(StaticCredential):
        async def get_token(self, *_: str, **__: Any) -> AccessToken:
            raise CredentialUnavailableError(message="Please run 'az login' to set up an account\nand more")

    with pytest.raises(Rejected) as refused:
        await admit(Nobody(), "az", scope="s", tenant_id=identities.TENANT_ID)
    assert str(refused.value) == (
        "No token was issued for Microsoft Graph (az): Please run 'az login' to set up an account. "
        f"Run `az login --tenant {identities.TENANT_ID}`, or choose another --credential."
    )


def test_the_managed_identity_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    assert chosen(new_parser().parse_args(["plan"])) == "az"
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/msi/token")
    assert chosen(new_parser().parse_args(["plan"])) == "managed-identity"
    assert chosen(new_parser().parse_args(["plan", "--credential", "default"])) == "default"


@pytest.mark.parametrize(
    ("endpoint", "authority"),
    [
        ("https://graph.microsoft.com", "login.microsoftonline.com"),
        ("https://graph.microsoft.us", "login.microsoftonline.us"),
        ("https://microsoftgraph.chinacloudapi.cn", "login.chinacloudapi.cn"),
    ],
)
async def test_a_device_code_is_asked_for_in_the_cloud_that_graph_is_in(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, authority: str
) -> None:
    monkeypatch.delenv("AZURE_AUTHORITY_HOST", raising=False)
    monkeypatch.setenv("GRAPH_ENDPOINT", endpoint)
    credential = open_credential(
        "device-code", client_id="c", own_client_id="m", tenant=identities.TENANT_ID, graph=GraphSettings()
    )
    assert isinstance(credential, InThread)
    assert credential.credential._authority == f"https://{authority}"
    await credential.close()


@pytest.mark.parametrize("name", ["device-code", "az"])
def test_a_credential_that_cannot_be_made_is_refused(name: str) -> None:
    with pytest.raises(Rejected):
        open_credential(name, client_id=None, own_client_id="m", tenant="a b", graph=GraphSettings())


class Blocking:
    """Stands for azure-identity's DeviceCodeCredential, whose get_token blocks until a person has signed in."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self.person = threading.Event()
        self.person.set()
        self.error = error
        self.options: dict[str, Any] = {}

    def get_token(self, *_: str, **options: Any) -> AccessToken:
        self.options = options
        self.person.wait(60)
        if self.error is not None:
            raise self.error
        return AccessToken("token", 1)

    def close(self) -> None:
        return None


async def test_a_sign_in_that_nobody_answers_does_not_hold_ctrl_c_up() -> None:
    blocking: Any = Blocking()
    blocking.person.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(InThread(blocking).get_token("s"), timeout=0.05)
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "sign-in" and thread.is_alive())
    blocking.person.set()  # the answer comes when nobody waits for it
    await asyncio.to_thread(thread.join)
    await asyncio.sleep(0)


async def test_a_person_is_asked_once_for_graph_and_storage() -> None:
    """azure-identity keeps one cache for tokens with continuous access evaluation and one for those without."""
    blocking: Any = Blocking()
    await InThread(blocking).get_token("s")
    assert blocking.options == {"enable_cae": True}


async def test_a_sign_in_that_fails_is_an_error_of_azure_identity() -> None:
    blocking: Any = Blocking(error=ClientAuthenticationError("declined"))
    with pytest.raises(ClientAuthenticationError, match="declined"):
        await InThread(blocking).get_token("s")


async def test_the_chosen_credential_opens_graph_and_storage_and_is_closed_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Counting(StaticCredential):
        closed = 0

        async def close(self) -> None:
            self.closed += 1

    monkeypatch.delenv("AzureWebJobsStorage", raising=False)
    for service in ("queue", "table"):
        monkeypatch.setenv(f"AzureWebJobsStorage__{service}ServiceUri", f"https://x.{service}.core.example.com")
    credential = Counting()
    services = Services(credential=credential)
    assert services.graph("any").credential is credential
    assert services.storage.table_service.credential is credential
    assert services.storage.queue_service.credential is credential
    await services.close()
    assert credential.closed >= 1
