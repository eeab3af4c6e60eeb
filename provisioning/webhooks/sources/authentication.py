"""How a delivery proves who sent it. Everything is compared in constant time, on bytes.

A fault is AuthenticationFailed, which says where to look: at the clock, the id, the signature or the secret's format.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from provisioning.errors import ConfigurationError
from provisioning.hr_settings import STANDARD_WEBHOOKS_PREFIX
from provisioning.http import Request
from provisioning.model.hr_dates import read_instant
from provisioning.webhooks.sources.base import AuthenticationFailed, AuthFault

HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
ALGORITHMS = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
STANDARD_TOLERANCE = 300.0  # seconds; the sender stamps every attempt anew (standard-webhooks.md)
STANDARD_ID, STANDARD_TIME, STANDARD_SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def check_same(given: str | bytes, expected: str | bytes) -> None:
    """Check that both are the same and not empty."""
    left, right = (value.encode(errors="replace") if isinstance(value, str) else value for value in (given, expected))
    if not left:
        raise AuthenticationFailed(AuthFault.SIGNATURE, "there is none")
    if not hmac.compare_digest(left, right):
        raise AuthenticationFailed(AuthFault.SIGNATURE, "it is not the one that this secret gives")


def check_bearer(request: Request, secret: str) -> None:
    """Check `Authorization: Bearer <secret>` (RFC 6750); the scheme's case does not matter."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationFailed(AuthFault.SIGNATURE, "there is no bearer token")
    check_same(token.strip(), secret)


def check_basic(request: Request, secret: str) -> None:
    """Check `Authorization: Basic` (RFC 7617) with a secret of the form user:password."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise AuthenticationFailed(AuthFault.SIGNATURE, "there are no basic credentials")
    if ":" not in secret:
        raise AuthenticationFailed(AuthFault.SECRET, "it is not of the form user:password")
    check_same(decoded(encoded.strip(), "base64"), secret)


def check_hmac(signature: str, signed: bytes, secret: str, *, algorithm: str, encoding: str) -> None:
    """Check a keyed digest.

    Args:
        signature: As it was sent, without its prefix.
        signed: The bytes it is over.
        secret: The key, as text.
        algorithm: sha256 or sha512.
        encoding: hex, base64 or base64url; the last with or without padding.
    """
    if not signature:
        raise AuthenticationFailed(AuthFault.SIGNATURE, "there is none")
    expected = hmac.new(secret.encode(), signed, ALGORITHMS[algorithm]).digest()
    check_same(decoded(signature, encoding), expected)


def decoded(text: str, encoding: str) -> bytes:
    """Return the bytes of an encoded text."""
    if encoding == "hex":
        if not HEX.fullmatch(text):
            raise AuthenticationFailed(AuthFault.SIGNATURE, "it is not hex")
        return bytes.fromhex(text)
    padded = text + "=" * (-len(text) % 4) if encoding == "base64url" else text
    try:
        return base64.b64decode(padded, altchars=b"-_" if encoding == "base64url" else None, validate=True)
    except (binascii.Error, ValueError):
        raise AuthenticationFailed(AuthFault.SIGNATURE, "it is not Base64") from None


def check_fresh(timestamp: object, *, tolerance: float, now: datetime) -> None:
    """Check that a time is at most `tolerance` seconds away from now, either way."""
    moment = read_instant(timestamp)
    if moment is None:
        raise AuthenticationFailed(AuthFault.CLOCK, "the time of the delivery is missing, or is no time")
    off = abs((now - moment).total_seconds())
    if off > tolerance:
        raise AuthenticationFailed(AuthFault.CLOCK, f"the delivery is {off:.0f} s off, more than {tolerance:.0f} s")


def check_standard_webhook(
    headers: Mapping[str, str], body: bytes, secret: str, *, setting: str, now: datetime
) -> None:
    """Check a delivery of Standard Webhooks (standard-webhooks.md): id, time, and a signature over id.time.body.

    Args:
        headers: webhook-id, webhook-timestamp and webhook-signature, which may list several; only v1 is read.
        body: Raw.
        secret: whsec_ and Base64, or Base64 alone.
        setting: Where the secret stands, for the error.
        now: The time.

    Raises:
        ConfigurationError: The secret is not Base64.
        AuthenticationFailed: Anything else.
    """
    try:
        text = secret.removeprefix(STANDARD_WEBHOOKS_PREFIX)
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        remedy = "Set it as whsec_ followed by Base64."
        raise ConfigurationError(setting, fault="is not Base64", remedy=remedy) from None
    identifier, stamp = headers.get(STANDARD_ID, ""), headers.get(STANDARD_TIME, "")
    if not identifier:
        raise AuthenticationFailed(AuthFault.ID, "the header with the delivery's ID is missing")
    check_fresh(stamp, tolerance=STANDARD_TOLERANCE, now=now)
    signed = b".".join([identifier.encode(errors="replace"), stamp.encode(errors="replace"), body])
    expected = hmac.new(key, signed, hashlib.sha256).digest()
    listed = [part.partition(",") for part in headers.get(STANDARD_SIGNATURE, "").split()]
    given = [signature for version, _, signature in listed if version == "v1" and signature]
    if not given:
        raise AuthenticationFailed(AuthFault.SIGNATURE, "there is none of version v1")
    if not any([is_expected(signature, expected) for signature in given]):
        raise AuthenticationFailed(AuthFault.SIGNATURE, "it is not the one that this secret gives")


def is_expected(signature: str, expected: bytes) -> bool:
    """Return whether a signature, one of several, is the expected one."""
    try:
        check_same(decoded(signature, "base64"), expected)
    except AuthenticationFailed:
        return False
    return True
