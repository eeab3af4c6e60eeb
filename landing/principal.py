"""Who is signed in, from the header that Easy Auth sets. Fails closed.

The header is plain base64 JSON without a signature: it means something only while Easy Auth stands before the app,
which drops what a caller sends under that name (app-service/configure-authentication-user-identities).
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

HEADER = "x-ms-client-principal"
LARGEST_HEADER = 16 * 1024
LONGEST_NAME = 128

# With the token store on, Easy Auth maps claims to their long names; without, it passes the token's own.
SCHEMA = "http://schemas.microsoft.com/identity/claims/"
OBJECT_ID = (f"{SCHEMA}objectidentifier", "oid")
TENANT_ID = (f"{SCHEMA}tenantid", "tid")
IDENTITY_PROVIDER = (f"{SCHEMA}identityprovider", "idp")
ROLES = ("http://schemas.microsoft.com/ws/2008/06/identity/claims/role", "roles")
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
    """

    object_id: str
    name: str | None = None
    sign_in_name: str | None = None
    external: bool = False


@dataclass(frozen=True)
class ForeignPrincipal:
    """A person who is signed in with an account of another tenant, and nobody here.

    Attributes:
        sign_in_name: What the person types to sign in, if the token has it.
    """

    sign_in_name: str | None = None


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
    if not auth_enabled or not header or len(header) > LARGEST_HEADER:
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
    )


def read_roles(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the app roles of the person who is signed in; only where `read_principal` names one do they count."""
    header = headers.get(HEADER, "")
    claims = read_claims(header) if len(header) <= LARGEST_HEADER else {}
    return frozenset(value for name in ROLES for value in claims.get(name, []))


def signs_in_elsewhere(claims: Mapping[str, list[str]], tenant_id: UUID) -> bool:
    """Tell whether another organization signed the person in.

    The claim idp is there only then, and names it (entra-docs, id-token-claims-reference).
    """
    providers = [value for name in IDENTITY_PROVIDER for value in claims.get(name, [])]
    names = [value for name in SIGN_IN_NAME for value in claims.get(name, [])]
    return any(EXTERNAL in name.casefold() for name in names) or any(
        str(tenant_id) not in provider.casefold() for provider in providers
    )


def read_claims(header: str) -> dict[str, list[str]]:
    """Return the claims by type; none if the header is not what Easy Auth writes. An odd entry is passed over."""
    try:
        content: Any = orjson.loads(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError):
        return {}
    items = content.get("claims") if isinstance(content, dict) else None
    claims: dict[str, list[str]] = {}
    for item in items if isinstance(items, list) else ():
        kind, value = (item.get("typ"), item.get("val")) if isinstance(item, dict) else (None, None)
        if isinstance(kind, str) and isinstance(value, str):
            claims.setdefault(kind, []).append(value)
    return claims


def first_claim(claims: Mapping[str, list[str]], names: tuple[str, ...]) -> str | None:
    """Return the first text that these claim types hold, short enough to be shown."""
    values = [value.strip() for name in names for value in claims.get(name, [])]
    return next((value[:LONGEST_NAME] for value in values if value), None)


def single_claim(claims: Mapping[str, list[str]], names: tuple[str, ...]) -> UUID | None:
    """Return the one id that these claim types hold; None if there is none, several, or something else."""
    values = {value for name in names for value in claims.get(name, [])}
    if len(values) != 1:
        return None
    try:
        return UUID(values.pop())
    except ValueError:
        return None
