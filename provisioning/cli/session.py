"""A command's way to Graph and to the storage account: the settings read, the sign-in made, everything closed again."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from provisioning.cli.credentials import DEVICE_CODE, NEEDS_CLIENT, admit, chosen, open_credential

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from provisioning.services import Services

STORAGE_SCOPE = (
    "https://storage.azure.com/.default"  # the same in every cloud (storage/blobs/authorize-access-azure-ad)
)


@asynccontextmanager
async def signed_in(given: argparse.Namespace) -> AsyncIterator["Services"]:
    """Open services with the credential that the arguments choose.

    Args:
        given: The parsed arguments, with those of `add_credential`.

    Raises:
        ConfigurationError: A setting of the tenant role or of its storage is missing or wrong.
        Rejected: There is no sign-in, or it is to another tenant.
    """
    from provisioning.services import Services
    from provisioning.settings import GraphSettings, StorageSettings, TenantSettings, check_settings, load
    from provisioning.tenant.settings import TenantIdentitySettings, TenantObjectSettings

    check_arguments(given)
    # Before a person is asked to sign in. Turning off must work whatever the other settings say.
    own = TenantIdentitySettings if getattr(given, "mode", None) == "disable" else TenantObjectSettings
    check_settings(TenantSettings, StorageSettings, GraphSettings, own)
    tenant_id, graph = str(load(TenantSettings).tenant_id), load(GraphSettings)
    own_client_id = load(TenantIdentitySettings).client_id
    name, credential = credential_of(given, own_client_id=own_client_id, tenant_id=tenant_id)
    services = Services(credential=credential)
    try:
        await admit(credential, name, scope=graph.scope, tenant_id=tenant_id)
        yield services
    finally:
        await services.close()


@asynccontextmanager
async def with_storage(given: argparse.Namespace) -> AsyncIterator["Services"]:
    """Open services for a command that needs the storage account alone; a connection string needs no sign-in.

    Args:
        given: The parsed arguments, with those of `add_credential`.

    Raises:
        ConfigurationError: A setting of the storage account is missing or wrong.
        Rejected: There is no sign-in, or it is to another tenant.
    """
    from provisioning.services import Services
    from provisioning.settings import StorageSettings, TenantSettings, load

    check_arguments(given)
    settings = load(StorageSettings)
    if settings.connection_string is not None:
        services = Services()
        try:
            yield services
        finally:
            await services.close()
        return
    tenant_id = str(load(TenantSettings).tenant_id)
    name, credential = credential_of(given, own_client_id=settings.client_id or "", tenant_id=tenant_id)
    services = Services(credential=credential)
    try:
        await admit(credential, name, scope=STORAGE_SCOPE, tenant_id=tenant_id, to="the storage account")
        yield services
    finally:
        await services.close()


def check_arguments(given: argparse.Namespace) -> None:
    """Report bad arguments before a missing setting."""
    if chosen(given) == DEVICE_CODE and given.client_id is None:
        given.parser.error(NEEDS_CLIENT)


def credential_of(
    given: argparse.Namespace, *, own_client_id: str, tenant_id: str
) -> "tuple[str, AsyncTokenCredential]":
    """Make the credential that the arguments choose, without signing in yet; returns its name, too."""
    from provisioning.settings import GraphSettings, load

    name, tenant = chosen(given), given.tenant or tenant_id
    graph = load(GraphSettings)
    credential = open_credential(
        name, client_id=given.client_id, own_client_id=own_client_id, tenant=tenant, graph=graph
    )
    return name, credential
