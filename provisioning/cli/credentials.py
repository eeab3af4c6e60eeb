"""Who a command works as: one of azure-identity's credentials, chosen by name, for Graph and for storage."""

import argparse
import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from provisioning.cli.arguments import print_error
from provisioning.errors import Rejected

if TYPE_CHECKING:
    from datetime import datetime

    from azure.core.credentials import AccessToken
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.identity import DeviceCodeCredential

    from provisioning.settings import GraphSettings

MANAGED_IDENTITY, AZ, DEVICE_CODE, DEFAULT = "managed-identity", "az", "device-code", "default"
ENDS_SOON = 300  # seconds
AZ_SECONDS = 30  # azure-identity waits ten, which a cold `az` on a small machine needs for itself
NEEDS_CLIENT = (
    "--credential device-code needs --client-id: your own app registration that allows public client flows and holds "
    "the delegated permissions. The Azure CLI's app may not write policies."
)
REMEDIES: Mapping[str, str] = {
    MANAGED_IDENTITY: "If there is no managed identity, choose --credential az or device-code; otherwise, check its "
    "client ID (TENANT_CLIENT_ID).",
    AZ: "Run `az login --tenant {tenant}`, or choose another --credential.",
    DEVICE_CODE: "Check --client-id and --tenant, and sign in before the code expires.",
    DEFAULT: "Choose how to sign in with --credential az, device-code, or managed-identity.",
}
# Where each national cloud signs people in (learn.microsoft.com/graph/deployments, azure.identity.AzureAuthorityHosts).
AUTHORITIES: Mapping[str, str] = {
    "graph.microsoft.us": "login.microsoftonline.us",
    "dod-graph.microsoft.us": "login.microsoftonline.us",
    "microsoftgraph.chinacloudapi.cn": "login.chinacloudapi.cn",
}


def add_credential(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose the credential."""
    group = parser.add_argument_group("the identity to work as")
    group.add_argument(
        "--credential",
        choices=(MANAGED_IDENTITY, AZ, DEVICE_CODE, DEFAULT),
        help="for Graph, and for storage unless a connection string is set; by default the managed identity if there "
        "is one (IDENTITY_ENDPOINT), otherwise az",
    )
    group.add_argument("--client-id", metavar="ID", help="of the managed identity, or of the app for device-code")
    group.add_argument(
        "--tenant", metavar="TENANT", help="the tenant that az and device-code sign in to; by default TENANT_ID"
    )


def chosen(given: argparse.Namespace) -> str:
    """Return the name of the credential that the arguments choose."""
    if given.credential is not None:
        return str(given.credential)
    return MANAGED_IDENTITY if os.environ.get("IDENTITY_ENDPOINT") else AZ


def open_credential(
    name: str, *, client_id: str | None, own_client_id: str, tenant: str, graph: "GraphSettings"
) -> "AsyncTokenCredential":
    """Make a credential, without signing in yet.

    Args:
        name: Which one.
        client_id: What the caller chose.
        own_client_id: Of the app's managed identity, where the caller chose none.
        tenant: Where to sign in, as an id or a domain.
        graph: Tells the cloud.

    Raises:
        Rejected: The arguments do not go together.
    """
    from azure.identity.aio import AzureCliCredential, DefaultAzureCredential, ManagedIdentityCredential

    try:
        if name == MANAGED_IDENTITY:
            return ManagedIdentityCredential(client_id=client_id or own_client_id)
        if name == AZ:
            return AskedOnce(AzureCliCredential(tenant_id=tenant, process_timeout=AZ_SECONDS))
        if name == DEFAULT:
            return DefaultAzureCredential(managed_identity_client_id=client_id or own_client_id)
        if client_id is None:
            raise Rejected("No client ID was given for the sign-in.", remedy=NEEDS_CLIENT)
        return device_code(client_id, tenant=tenant, graph=graph)
    except ValueError as error:
        raise Rejected(f"The tenant {tenant} is not usable: {error}", remedy="Check --tenant.") from None


def device_code(client_id: str, *, tenant: str, graph: "GraphSettings", **options: Any) -> "InThread":
    """Make the credential of a person who signs in in a browser; azure-identity has it for threads only.

    Args:
        client_id: Of a public client in the tenant.
        tenant: Where to sign in.
        graph: Tells the cloud, unless AZURE_AUTHORITY_HOST does.
        options: For azure-identity, such as a transport.
    """
    from azure.identity import DeviceCodeCredential

    authority = AUTHORITIES.get(str(urlsplit(graph.endpoint).hostname))
    if authority is not None and not os.environ.get("AZURE_AUTHORITY_HOST"):
        options.setdefault("authority", authority)
    return InThread(DeviceCodeCredential(client_id, tenant_id=tenant, prompt_callback=show_code, **options))


def show_code(address: str, code: str, expires: "datetime") -> None:
    """Ask the person to sign in, on stderr, since a program may read stdout."""
    print_error(f"Open {address} and enter the code {code} before {expires.astimezone():%H:%M}.")


class AskedOnce:
    """A credential whose token is used until it is about to expire: azure-identity starts `az` for every request.

    Args:
        credential: The one that is asked; closed with this.
        now: Seconds of the Unix epoch.
    """

    def __init__(self, credential: "AsyncTokenCredential", *, now: Callable[[], float] = time.time) -> None:
        self.credential = credential
        self.now = now
        self.tokens: dict[tuple[str, ...], AccessToken] = {}

    async def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        """Return the kept token, or a new one where there is none, it ends soon, or Graph challenged it (claims)."""
        token = self.tokens.get(scopes)
        if token is None or options.get("claims") or token.expires_on - self.now() < ENDS_SOON:
            token = self.tokens[scopes] = await self.credential.get_token(*scopes, **options)
        return token

    async def close(self) -> None:
        """Close the credential."""
        await self.credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class InThread:
    """An asynchronous credential over one that blocks.

    Its thread is a daemon, since the blocking one waits a quarter of an hour for a person, and Ctrl-C must not.

    Args:
        credential: The blocking one; closed with this.
    """

    def __init__(self, credential: "DeviceCodeCredential") -> None:
        self.credential = credential

    async def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        """Return a token as soon as there is one.

        Always with continuous access evaluation, which Graph's client asks for and others do not: azure-identity keeps
        what it knows of a person once for each, and the person would be asked twice.
        """
        options["enable_cae"] = True
        from azure.core.exceptions import AzureError, ClientAuthenticationError

        loop = asyncio.get_running_loop()
        answer: asyncio.Future[AccessToken] = loop.create_future()

        def ask() -> None:
            outcome: AccessToken | AzureError = ClientAuthenticationError("The sign-in ended without an answer.")
            try:
                outcome = self.credential.get_token(*scopes, **options)
            except AzureError as error:
                outcome = error
            finally:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(finish_sign_in, answer, outcome)

        threading.Thread(target=ask, name="sign-in", daemon=True).start()
        return await answer

    async def close(self) -> None:
        """Close the blocking credential."""
        self.credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def finish_sign_in(answer: "asyncio.Future[AccessToken]", outcome: "AccessToken | Exception") -> None:
    """Hand over a thread's result, unless the wait for it has ended."""
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


async def admit(
    credential: "AsyncTokenCredential", name: str, *, scope: str, tenant_id: str, to: str = "Microsoft Graph"
) -> None:
    """Get a first token, so that a missing sign-in is reported before anything begins.

    Args:
        credential: Who signs in.
        name: The credential's name.
        scope: Of what the token is for.
        tenant_id: The tenant that the settings are of.
        to: What the token is for.

    Raises:
        Rejected: There is no token, or it is for another tenant than the settings are.
    """
    import jwt
    from azure.core.exceptions import AzureError

    try:
        token = await credential.get_token(scope)
    except AzureError as error:
        reason = error.message.strip().splitlines()[0].rstrip(".") if error.message.strip() else type(error).__name__
        remedy = REMEDIES[name].format(tenant=tenant_id)
        raise Rejected(f"No token was issued for {to} ({name}): {reason}.", remedy=remedy) from None
    try:
        claims = jwt.decode(token.token, options={"verify_signature": False})  # Graph checks it; this only compares
    except jwt.DecodeError:
        return
    found = str(claims.get("tid") or tenant_id)
    if found.casefold() != tenant_id.casefold():
        raise Rejected(
            f"The sign-in ({name}) is for tenant {found}, and TENANT_ID is {tenant_id}.",
            remedy="Sign in to the tenant of TENANT_ID, or use the settings of the tenant that you signed in to.",
        )
