"""Tokens of an identity, and what they say of their holder."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jwt
from azure.core.exceptions import AzureError

from provisioning.errors import TransientError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

IDENTITY_REMEDY = "Check that the managed identity is assigned to this app and that its client ID is set correctly."


async def token_for(credential: "AsyncTokenCredential", scope: str, **options: Any) -> str:
    """Return a token of an identity.

    Raises:
        TransientError: There is none.
    """
    try:
        return (await credential.get_token(scope, **options)).token
    except AzureError as error:
        raise TransientError(f"No token was issued ({type(error).__name__}). {IDENTITY_REMEDY}") from error


@lru_cache(maxsize=8)
def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says of its holder, not to be changed.

    Read once: PyJWT looks at each character of a token by itself.
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.DecodeError:
        return {"idtyp": "unreadable"}
    return claims
