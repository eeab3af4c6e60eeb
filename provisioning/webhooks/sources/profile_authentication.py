"""The proof a profile asks for, and what of a delivery it covers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from provisioning.hr_settings import header_name, secret_setting
from provisioning.http import Request
from provisioning.webhooks.sources.authentication import (
    STANDARD_ID,
    STANDARD_SIGNATURE,
    STANDARD_TIME,
    check_basic,
    check_bearer,
    check_fresh,
    check_hmac,
    check_same,
    check_standard_webhook,
)
from provisioning.webhooks.sources.base import FORM_TYPES, AuthenticationFailed, AuthFault
from provisioning.webhooks.sources.body import media_type_of, read_form, read_json, without_mark
from provisioning.webhooks.sources.expressions import Expression
from provisioning.webhooks.sources.profile_schema import Profile
from provisioning.webhooks.sources.profile_signature import PLACEHOLDER, Signature


def verify(name: str, profile: Profile, request: Request, secret: str, received_at: datetime) -> None:
    """Check the proof that the profile asks for.

    Raises:
        AuthenticationFailed: It is not there, or not right.
        ConfigurationError: The secret cannot be one.
    """
    if profile.auth == "bearer":
        check_bearer(request, secret)
    elif profile.auth == "basic":
        check_basic(request, secret)
    elif profile.signature is None:
        # The profile's own checks do not let this happen.
        raise AuthenticationFailed(AuthFault.SIGNATURE, "no place for it is described")
    elif profile.auth == "static-header":
        check_static_header(name, profile.signature, request, secret)
    elif profile.auth == "standard-webhooks":
        headers = standard_headers(profile.signature, request.headers)
        check_standard_webhook(headers, request.body, secret, setting=secret_setting(name), now=received_at)
    else:
        verify_hmac(profile, profile.signature, request, secret, received_at)


def check_static_header(name: str, signature: Signature, request: Request, secret: str) -> None:
    """Check a fixed header, which the admin may have chosen, with or without the scheme some type before the secret."""
    given = request.headers.get(header_name(name, signature.header or ""), "").strip()
    prefix = signature.optional_prefix
    if prefix and given.casefold().startswith(prefix.casefold()):
        given = given[len(prefix) :].strip()
    check_same(given.removeprefix(signature.prefix), secret)


def proved_bytes(profile: Profile, request: Request) -> bytes:
    """Return what the proof covers of a delivery, without a time that is stamped anew at every attempt.

    A time whose age is checked is such a time; one whose age is not is that of the first attempt, or of the event.
    """
    signature = profile.signature
    if signature is None or profile.auth == "static-header":
        return request.body
    signed = signed_values(profile, request)
    if profile.auth == "standard-webhooks":
        return signed["id"].encode(errors="replace") + b"." + request.body
    stamp = "" if signature.tolerance and "body" in signature.placeholders else signed["timestamp"]
    body = request.body if "body" in signature.placeholders else b""
    return b"\n".join([stamp.encode(errors="replace"), signed["token"].encode(errors="replace"), body])


def signed_values(profile: Profile, request: Request) -> dict[str, str]:
    """Return what expressions see as `signed`: time, token and id, as far as the signature covers them."""
    signature = profile.signature
    values = {"timestamp": "", "token": "", "id": ""}
    if signature is None or profile.auth not in ("hmac", "standard-webhooks"):
        return values
    if profile.auth == "standard-webhooks":
        headers = standard_headers(signature, request.headers)
        return {**values, "timestamp": headers[STANDARD_TIME], "id": headers[STANDARD_ID]}
    content = content_of(profile, request) if signature.timestamp_field or signature.token_field else None
    if "timestamp" in signature.placeholders:
        values["timestamp"] = timestamp_in(signature, request, content)
    if "token" in signature.placeholders:
        values["token"] = text_in(signature.token_field, content)
    return values


def timestamp_in(signature: Signature, request: Request, content: Any) -> str:
    """Return the time of a delivery as sent."""
    if signature.timestamp_header:
        return request.headers.get(signature.timestamp_header, "")
    return text_in(signature.timestamp_field, content)


def verify_hmac(profile: Profile, signature: Signature, request: Request, secret: str, received_at: datetime) -> None:
    """Check a keyed digest over the template."""
    in_body = (signature.field, signature.timestamp_field, signature.token_field)
    content = content_of(profile, request) if any(in_body) else None
    given = signature_in(signature, request, content)
    timestamp = timestamp_in(signature, request, content)
    if signature.tolerance:
        check_fresh(timestamp, tolerance=signature.tolerance, now=received_at)
    token = text_in(signature.token_field, content)
    parts = {
        "body": request.body,
        "timestamp": timestamp.encode(errors="replace"),
        "token": token.encode(errors="replace"),
    }
    signed = filled(signature.template, parts)
    check_hmac(given, signed, secret, algorithm=signature.algorithm, encoding=signature.encoding)


def signature_in(signature: Signature, request: Request, content: Any) -> str:
    """Return the signature as sent, without its prefix."""
    given = request.headers.get(signature.header, "") if signature.header else text_in(signature.field, content)
    if not given.startswith(signature.prefix):
        fault = f"it does not begin with {signature.prefix!r}" if given else "there is none"
        raise AuthenticationFailed(AuthFault.SIGNATURE, fault)
    return given.removeprefix(signature.prefix)


def text_in(expression: Expression | None, content: Any) -> str:
    """Return a text or a whole number of the body as text; empty where there is none."""
    found = expression.search({"body": content, "item": content}) if expression else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) else ""


def filled(template: str, parts: Mapping[str, bytes]) -> bytes:
    """Fill in a template's placeholders, once: what is filled in is not looked at again."""
    pieces = PLACEHOLDER.split(template)  # text and names in turn
    return b"".join(parts[piece] if number % 2 else piece.encode() for number, piece in enumerate(pieces))


def standard_headers(signature: Signature, headers: Mapping[str, str]) -> dict[str, str]:
    """Rename the sender's own headers to those of Standard Webhooks."""
    names = {
        STANDARD_ID: signature.id_header,
        STANDARD_TIME: signature.timestamp_header,
        STANDARD_SIGNATURE: signature.header,
    }
    return {standard: headers.get(name or "", "") for standard, name in names.items()}


def content_of(profile: Profile, request: Request) -> Any:
    """Return the body as the profile says it is written; "any" goes by its media type.

    Raises:
        UnreadableDelivery: It is not.
    """
    is_form = looks_like_form(request) if profile.body == "any" else profile.body == "form"
    return read_form(request.body) if is_form else read_json(request.body)


def looks_like_form(request: Request) -> bool:
    """Return whether a body is a form, by its media type, and without one by how it begins."""
    media_type = media_type_of(request.headers.get("content-type", ""))
    return media_type in FORM_TYPES if media_type else not without_mark(request.body).lstrip().startswith((b"{", b"["))
