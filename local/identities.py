"""Who exists in every stand-in tenant: fixed ids, so that a printed command works on any laptop.

Their application permissions are the product's own table; a call outside them gets Graph's own 403.
"""

from dataclasses import dataclass

from provisioning.model.graph_roles import FRONT_ROLES, PASSES_ROLES, PEOPLE_ROLES, TENANT_ROLES

TENANT_ID = "0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"
TENANT_DOMAIN = "example.com"


@dataclass(frozen=True)
class ManagedIdentity:
    """A user-assigned managed identity and the Graph application permissions it was granted."""

    name: str
    client_id: str
    principal_id: str
    roles: tuple[str, ...]


FRONT = ManagedIdentity(
    name="id-front",
    client_id="2f6d9b3c-4e17-4a58-b0c6-8d1e5a7f3b01",
    principal_id="2f6d9b3c-4e17-4a58-b0c6-8d1e5a7f3b02",
    roles=tuple(FRONT_ROLES),
)
PEOPLE = ManagedIdentity(
    name="id-people",
    client_id="5a8b7f0e-61c4-4d0b-8f7a-2c9d3e1b6a01",
    principal_id="5a8b7f0e-61c4-4d0b-8f7a-2c9d3e1b6a02",
    roles=tuple(PEOPLE_ROLES),
)
TENANT = ManagedIdentity(
    name="id-tenant",
    client_id="9d3c1e7a-8b25-4f6e-a0d4-7e5f2b8c4a01",
    principal_id="9d3c1e7a-8b25-4f6e-a0d4-7e5f2b8c4a02",
    roles=tuple(TENANT_ROLES),
)
PASSES = ManagedIdentity(
    name="id-passes",
    client_id="4e7a2c18-0b95-4d63-a1f7-6c3d9e5b8f01",
    principal_id="4e7a2c18-0b95-4d63-a1f7-6c3d9e5b8f02",
    roles=tuple(PASSES_ROLES),
)
MANAGED_IDENTITIES = (FRONT, PEOPLE, TENANT, PASSES)

# The registration of the administration API, and the Azure CLI, with which people ask for its tokens.
ADMIN_CLIENT_ID = "3c8e6a52-9d17-4b7e-8f24-a1d5c0b7e903"
AZURE_CLI_CLIENT_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

# Every tenant starts with two people: an emergency account that no policy may touch, and an administrator.
BREAK_GLASS_USER_ID = "b1a5e0c2-0d3f-4a67-9c81-e4f7a2d6b301"
ADMINISTRATOR_USER_ID = "c7d2f4a8-5e19-4b30-8a6d-1f9b3c5e7d02"
