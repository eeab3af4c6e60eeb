"""The signed values of the Easy Auth stand-in: the session cookie, the sign-in state and the nonce.

Each is a JWT signed with a key made at start, so all of them end with the host process.
"""

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

SESSION_COOKIE = "AppServiceAuthSession"
NONCE_COOKIE = "Nonce"
SESSION_SECONDS = 8 * 3600
SIGN_IN_SECONDS = 15 * 60

# The claims mapping of App Service, infra of the platform: names not listed stay as they are in the token.
MAPPED_CLAIMS = {
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
    "sub": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "email": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
}
NAME_TYPE = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
ROLE_TYPE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


@dataclass(frozen=True)
class Signer:
    """Signs and reads short values. `clock` gives seconds since 1970."""

    key: str
    clock: Callable[[], float] = time.time

    def sign(self, purpose: str, values: Mapping[str, Any], *, seconds: int) -> str:
        payload = {**values, "purpose": purpose, "until": int(self.clock()) + seconds}
        return jwt.encode(payload, self.key, algorithm="HS256")

    def read(self, purpose: str, token: str | None) -> dict[str, Any] | None:
        """The values of a token that this process signed for `purpose` and that has not run out; else None."""
        try:
            payload: dict[str, Any] = jwt.decode(token or "", self.key, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return None
        if payload.get("purpose") != purpose or payload.get("until", 0) < self.clock():
            return None
        return payload


def new_signer() -> Signer:
    return Signer(key=secrets.token_urlsafe(32))


def principal_claims(token: Mapping[str, Any]) -> list[dict[str, str]]:
    """The claims of an ID token as App Service lists them: mapped names, one entry per value."""
    claims: list[dict[str, str]] = []
    for name, value in token.items():
        for single in value if isinstance(value, list) else [value]:
            claims.append({"typ": MAPPED_CLAIMS.get(name, name), "val": str(single)})
    return claims


def principal_headers(token: Mapping[str, Any]) -> dict[str, str]:
    """The x-ms-client-principal headers for the person in an ID token's claims."""
    principal = {
        "auth_typ": "aad",
        "name_typ": NAME_TYPE,
        "role_typ": ROLE_TYPE,
        "claims": principal_claims(token),
    }
    return {
        "x-ms-client-principal": base64.b64encode(json.dumps(principal).encode()).decode(),
        "x-ms-client-principal-id": str(token.get("oid", "")),
        "x-ms-client-principal-name": header_text(str(token.get("preferred_username", ""))),
        "x-ms-client-principal-idp": "aad",
    }


def header_text(text: str) -> str:
    """Text fit for a header: what is not printable ASCII is left out."""
    return "".join(character for character in text if " " <= character <= "~")
