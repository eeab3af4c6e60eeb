"""How a delivery proves who sent it. Everything is compared in constant time, on bytes; a fault is Unverified."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from provisioning.errors import ConfigurationError
from provisioning.http import Request
from provisioning.model.hires import read_instant
from provisioning.webhooks.sources.base import AuthenticationFailed

HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
ALGORITHMS = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}


def check_same(given: str | bytes, expected: str | bytes) -> None:
    """Both are the same and not empty, or Unverified."""
    left, right = (value.encode() if isinstance(value, str) else value for value in (given, expected))
    if not left or not hmac.compare_digest(left, right):
        raise AuthenticationFailed("mismatch")


def check_bearer(request: Request, secret: str) -> None:
    """`Authorization: Bearer <secret>` (RFC 6750); the scheme's case does not matter."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationFailed("no bearer token")
    check_same(token.strip(), secret)


def check_basic(request: Request, secret: str) -> None:
    """`Authorization: Basic` (RFC 7617) with a secret of the form user:password."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise AuthenticationFailed("no basic credentials")
    check_same(decoded(encoded.strip(), "base64"), secret)


def check_hmac(signature: str, signed: bytes, secret: str, *, algorithm: str, encoding: str) -> None:
    """A keyed digest.

    Args:
        signature: As it was sent, without its prefix.
        signed: The bytes it is over.
        secret: The key, as text.
        algorithm: sha256 or sha512.
        encoding: hex, base64 or base64url; the last with or without padding.
    """
    expected = hmac.new(secret.encode(), signed, ALGORITHMS[algorithm]).digest()
    check_same(decoded(signature, encoding), expected)


def decoded(text: str, encoding: str) -> bytes:
    """The bytes of an encoded text, or Unverified."""
    if encoding == "hex":
        if not HEX.fullmatch(text):
            raise AuthenticationFailed("not hex")
        return bytes.fromhex(text)
    padded = text + "=" * (-len(text) % 4) if encoding == "base64url" else text
    try:
        return base64.b64decode(padded, altchars=b"-_" if encoding == "base64url" else None, validate=True)
    except (binascii.Error, ValueError):
        raise AuthenticationFailed("not base64") from None


def check_fresh(timestamp: object, *, tolerance: float, now: datetime) -> None:
    """A time at most `tolerance` seconds away from now, either way."""
    moment = read_instant(timestamp)
    if moment is None or abs((now - moment).total_seconds()) > tolerance:
        raise AuthenticationFailed("timestamp")


def check_standard_webhook(headers: Mapping[str, str], body: bytes, secret: str, *, setting: str) -> None:
    """Standard Webhooks: id, time (five minutes; the sender stamps every attempt anew) and signature.

    The library lets ValueError and its kin out for headers and bodies it cannot decode; to us they are one thing.

    Args:
        headers: webhook-id, webhook-timestamp and webhook-signature.
        body: Raw.
        secret: whsec_ and base64, or base64 alone.
        setting: Where the secret stands, for the error.

    Raises:
        Misconfigured: The secret is not base64.
        Unverified: Anything else.
    """
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

    try:
        webhook = Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise ConfigurationError(
            setting, fault="is not base64", remedy="Set it as whsec_ followed by base64."
        ) from None
    try:
        webhook.verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise AuthenticationFailed(type(error).__name__) from error
