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

# With the token store on, Easy Auth maps claims to their long names; without, it passes the token's own.
OBJECT_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
TENANT_ID = ("http://schemas.microsoft.com/identity/claims/tenantid", "tid")


@dataclass(frozen=True)
class Principal:
    """A person of our tenant."""

    object_id: str
    name: str | None


def read_principal(headers: Mapping[str, str], *, auth_enabled: bool, tenant_id: UUID) -> Principal | None:
    """The person who is signed in, or None if that is not certain.

    Args:
        headers: Names in lower case.
        auth_enabled: Whether the platform says that Easy Auth is on (WEBSITE_AUTH_ENABLED).
        tenant_id: Ours; a person of another tenant is nobody here.
    """
    header = headers.get(HEADER, "")
    if not auth_enabled or not header or len(header) > LARGEST_HEADER:
        return None
    claims = read_claims(header)
    object_id, found_tenant = single_claim(claims, OBJECT_ID), single_claim(claims, TENANT_ID)
    if object_id is None or found_tenant is None or found_tenant != tenant_id:
        return None
    names = claims.get("name", [])
    return Principal(object_id=str(object_id), name=names[0][:128] if names else None)


def read_claims(header: str) -> dict[str, list[str]]:
    """The claims by type; none if the header is not what Easy Auth writes."""
    try:
        content: Any = orjson.loads(base64.b64decode(header, validate=True))
        items = content["claims"]
        pairs = [(item["typ"], item["val"]) for item in items]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return {}
    claims: dict[str, list[str]] = {}
    for kind, value in pairs:
        if isinstance(kind, str) and isinstance(value, str):
            claims.setdefault(kind, []).append(value)
    return claims


def single_claim(claims: Mapping[str, list[str]], names: tuple[str, ...]) -> UUID | None:
    """The one id that these claim types hold; None if there is none, several, or something else."""
    values = {value for name in names for value in claims.get(name, [])}
    if len(values) != 1:
        return None
    try:
        return UUID(values.pop())
    except ValueError:
        return None
