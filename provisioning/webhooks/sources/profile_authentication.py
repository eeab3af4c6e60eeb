"""The proof a profile asks for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from provisioning.http import Request
from provisioning.settings import secret_setting
from provisioning.webhooks.sources.authentication import (
    check_basic,
    check_bearer,
    check_fresh,
    check_hmac,
    check_same,
    check_standard_webhook,
)
from provisioning.webhooks.sources.base import AuthenticationFailed
from provisioning.webhooks.sources.body import read_form, read_json
from provisioning.webhooks.sources.profile_schema import PLACEHOLDER, Expression, Profile, Signature


def verify(name: str, profile: Profile, request: Request, secret: str, received_at: datetime) -> None:
    """Check the proof that the profile asks for.

    Raises:
        Unverified: It is not there, or not right.
        Misconfigured: The secret cannot be one.
    """
    if profile.auth == "bearer":
        check_bearer(request, secret)
    elif profile.auth == "basic":
        check_basic(request, secret)
    elif profile.signature is None:
        raise AuthenticationFailed("no signature is described")  # the profile's own checks do not let this happen
    elif profile.auth == "static-header":
        check_same(signature_in(profile.signature, request, None), secret)
    elif profile.auth == "standard-webhooks":
        headers = standard_headers(profile.signature, request.headers)
        check_standard_webhook(headers, request.body, secret, setting=secret_setting(name))
    else:
        verify_hmac(profile, profile.signature, request, secret, received_at)


def verify_hmac(profile: Profile, signature: Signature, request: Request, secret: str, received_at: datetime) -> None:
    """A keyed digest over the template."""
    in_body = (signature.field, signature.timestamp_field, signature.token_field)
    content = content_of(profile, request) if any(in_body) else None
    given = signature_in(signature, request, content)
    if signature.timestamp_header:
        timestamp = request.headers.get(signature.timestamp_header, "")
    else:
        timestamp = text_in(signature.timestamp_field, content)
    if signature.tolerance:
        check_fresh(timestamp, tolerance=signature.tolerance, now=received_at)
    token = text_in(signature.token_field, content)
    parts = {"body": request.body, "timestamp": timestamp.encode(), "token": token.encode()}
    signed = filled(signature.template, parts)
    check_hmac(given, signed, secret, algorithm=signature.algorithm, encoding=signature.encoding)


def signature_in(signature: Signature, request: Request, content: Any) -> str:
    """The signature as sent, without its prefix."""
    given = request.headers.get(signature.header, "") if signature.header else text_in(signature.field, content)
    if not given.startswith(signature.prefix):
        raise AuthenticationFailed("prefix")
    return given.removeprefix(signature.prefix)


def text_in(expression: Expression | None, content: Any) -> str:
    """A text or a whole number of the body as text; empty where there is none."""
    found = expression.search({"body": content, "item": content}) if expression else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) else ""


def filled(template: str, parts: Mapping[str, bytes]) -> bytes:
    """A template with its placeholders filled in, once: what is filled in is not looked at again."""
    pieces = PLACEHOLDER.split(template)  # text and names in turn
    return b"".join(parts[piece] if number % 2 else piece.encode() for number, piece in enumerate(pieces))


def standard_headers(signature: Signature, headers: Mapping[str, str]) -> dict[str, str]:
    """The sender's own header names as those of Standard Webhooks."""
    names = {
        "webhook-id": signature.id_header,
        "webhook-timestamp": signature.timestamp_header,
        "webhook-signature": signature.header,
    }
    return {standard: headers.get(name or "", "") for standard, name in names.items()}


def content_of(profile: Profile, request: Request) -> Any:
    """The body as the profile says it is written.

    Raises:
        Unreadable: It is not.
    """
    return read_form(request.body) if profile.body == "form" else read_json(request.body)
