"""A command's way to Graph and to the storage account: the settings read, the sign-in made, everything closed again."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from provisioning.command.credentials import DEVICE_CODE, NEEDS_CLIENT, admit, chosen, open_credential

if TYPE_CHECKING:
    from provisioning.runtime import Services


@asynccontextmanager
async def signed_in(given: argparse.Namespace) -> AsyncIterator["Services"]:
    """Services that work as who the arguments say.

    Args:
        given: The parsed arguments, with those of `add_credential`.

    Raises:
        Misconfigured: A setting of the tenant role or of its storage is missing or wrong.
        Refused: Nobody is signed in, or to another tenant.
    """
    from provisioning.runtime import Services
    from provisioning.settings import GraphSettings, StorageSettings, TenantObjectSettings, TenantSettings, load

    name = chosen(given)
    if name == DEVICE_CODE and given.client_id is None:
        given.parser.error(NEEDS_CLIENT)
    tenant_id, graph = str(load(TenantSettings).tenant_id), load(GraphSettings)
    own_client_id = load(TenantObjectSettings).client_id
    load(StorageSettings)  # before anybody is asked to sign in
    credential = open_credential(
        name, client_id=given.client_id, own_client_id=own_client_id, tenant=given.tenant or tenant_id, graph=graph
    )
    services = Services(credential=credential)
    try:
        await admit(credential, name, scope=graph.scope, tenant_id=tenant_id)
        yield services
    finally:
        await services.close()
