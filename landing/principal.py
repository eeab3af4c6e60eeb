"""Who is signed in, from the header that Easy Auth sets (provisioning/easy_auth.py). Fails closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from landing.settings import PageSettings
from provisioning.easy_auth import HEADER, OBJECT_ID, ROLES, SCHEMA, TENANT_ID, read_claims, single_claim, values_of
from provisioning.http import Request
from provisioning.settings import TenantSettings, load

LONGEST_NAME = 128

IDENTITY_PROVIDER = (f"{SCHEMA}identityprovider", "idp")
SIGN_IN_NAME = ("preferred_username", "upn", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn")
# How the user principal name of an external account is made (entra-docs, user-properties).
EXTERNAL = "#ext#"


@dataclass(frozen=True)
class Principal:
    """A person of our tenant.

    Attributes:
        object_id: The account.
        name: Display name, if the token has one.
        sign_in_name: What the person types to sign in, if the token has it.
        external: Whether the person signs in at another organization: a guest, or an external member.
        roles: The app roles that they hold.
    """

    object_id: str
    name: str | None = None
    sign_in_name: str | None = None
    external: bool = False
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ForeignPrincipal:
    """A person who is signed in with an account of another tenant, and nobody here.

    Attributes:
        sign_in_name: What the person types to sign in, if the token has it.
    """

    sign_in_name: str | None = None


def visitor_of(request: Request, settings: PageSettings) -> Principal | ForeignPrincipal | None:
    """Return the person who is signed in to this deployment, or None if that is not certain.

    Raises:
        ConfigurationError: TENANT_ID is missing or wrong.
    """
    tenant_id = load(TenantSettings).tenant_id
    return read_principal(request.headers, auth_enabled=settings.auth_enabled, tenant_id=tenant_id)


def read_principal(
    headers: Mapping[str, str], *, auth_enabled: bool, tenant_id: UUID
) -> Principal | ForeignPrincipal | None:
    """Return the person who is signed in, or None if that is not certain.

    Args:
        headers: Names in lower case.
        auth_enabled: Whether the platform says that Easy Auth is on (WEBSITE_AUTH_ENABLED).
        tenant_id: Ours.
    """
    header = headers.get(HEADER, "")
    if not auth_enabled or not header:
        return None
    claims = read_claims(header)
    object_id, found_tenant = single_claim(claims, OBJECT_ID), single_claim(claims, TENANT_ID)
    if object_id is None or found_tenant is None:
        return None
    sign_in_name = first_claim(claims, SIGN_IN_NAME)
    if found_tenant != tenant_id:
        return ForeignPrincipal(sign_in_name)
    return Principal(
        object_id=str(object_id),
        name=first_claim(claims, ("name",)),
        sign_in_name=sign_in_name,
        external=signs_in_elsewhere(claims, tenant_id),
        roles=frozenset(values_of(claims, ROLES)),
    )


def signs_in_elsewhere(claims: Mapping[str, list[str]], tenant_id: UUID) -> bool:
    """Tell whether another organization signed the person in.

    The claim idp is there only then, and names it (entra-docs, id-token-claims-reference).
    """
    return any(EXTERNAL in name.casefold() for name in values_of(claims, SIGN_IN_NAME)) or any(
        str(tenant_id) not in provider.casefold() for provider in values_of(claims, IDENTITY_PROVIDER)
    )


def first_claim(claims: Mapping[str, list[str]], names: tuple[str, ...]) -> str | None:
    """Return the first text that these claim types hold, short enough to be shown."""
    values = [value.strip() for name in names for value in claims.get(name, [])]
    return next((value[:LONGEST_NAME] for value in values if value), None)
