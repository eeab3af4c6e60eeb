"""The header in which Easy Auth says who is signed in: base64 JSON without a signature.

It means something only while Easy Auth stands before the app, which drops what a caller sends under that name
(app-service/configure-authentication-user-identities). Code that reads it asks WEBSITE_AUTH_ENABLED first.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

HEADER = "x-ms-client-principal"
LARGEST_HEADER = 16 * 1024

# With the token store on, Easy Auth maps claims to their long names; without, it passes the token's own.
SCHEMA = "http://schemas.microsoft.com/identity/claims/"
OBJECT_ID = (f"{SCHEMA}objectidentifier", "oid")
TENANT_ID = (f"{SCHEMA}tenantid", "tid")
SUBJECT = ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier", "sub")
ROLES = ("http://schemas.microsoft.com/ws/2008/06/identity/claims/role", "roles")
SCOPE = (f"{SCHEMA}scope", "scp")
APPLICATION = ("azp", "appid")

Claims = Mapping[str, list[str]]


def read_claims(header: str) -> dict[str, list[str]]:
    """Return the claims by type; none if the header is not what Easy Auth writes. An odd entry is passed over."""
    if len(header) > LARGEST_HEADER:
        return {}
    try:
        content: Any = json.loads(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    items = content.get("claims") if isinstance(content, dict) else None
    claims: dict[str, list[str]] = {}
    for item in items if isinstance(items, list) else ():
        kind, value = (item.get("typ"), item.get("val")) if isinstance(item, dict) else (None, None)
        if isinstance(kind, str) and isinstance(value, str):
            claims.setdefault(kind, []).append(value)
    return claims


def values_of(claims: Claims, names: tuple[str, ...]) -> set[str]:
    """Return every value that these claim types hold."""
    return {value for name in names for value in claims.get(name, [])}


def single_claim(claims: Claims, names: tuple[str, ...]) -> UUID | None:
    """Return the one id that these claim types hold; None if there is none, several, or something else."""
    values = values_of(claims, names)
    if len(values) != 1:
        return None
    try:
        return UUID(values.pop())
    except ValueError:
        return None
