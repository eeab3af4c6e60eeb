"""How an HR system tests an address before it uses it. Nothing here does anything but answer.

What is echoed is a header or a field of a stranger's: its length and its characters are checked, and it goes back as
JSON or as a header, never as HTML. No address that comes with a handshake is ever fetched: that would let anybody make
us call anything.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from provisioning.http import Request, Response, error_response, json_response
from provisioning.webhooks.sources.base import UnreadableDelivery
from provisioning.webhooks.sources.body import as_object, read_json

ECHO = re.compile(r"[A-Za-z0-9._~+/=:-]{1,512}")
ORIGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")  # a DNS name, as http-webhook.md has it
LARGEST = 16 * 1024  # bytes; a handshake is read before anybody has proved anything
ALLOWED_RATE = 600  # deliveries a minute


def parsed(request: Request) -> object:
    """Return the body as JSON, or None where it is none or too large for a handshake."""
    if len(request.body) > LARGEST:
        return None
    try:
        return read_json(request.body)
    except UnreadableDelivery:
        return None


def ping(request: Request) -> Response | None:
    """HiBob, when a webhook is set up: the text Ping test, then {"text": "Ping test"} (apidocs.hibob.com)."""
    if request.method != "POST":
        return None
    bare = request.body.strip() == b"Ping test"
    if bare or parsed(request) in ("Ping test", {"text": "Ping test"}):
        return json_response(200, {"status": "pong"})
    return None


def okta(request: Request) -> Response | None:
    """Okta event hooks: one GET whose header comes back as JSON (developer.okta.com, "Event hooks")."""
    if request.method != "GET":
        return None
    challenge = request.headers.get("x-okta-verification-challenge", "")
    if not ECHO.fullmatch(challenge):
        return error_response(400, "bad_challenge", "The header X-Okta-Verification-Challenge is missing or unusable.")
    return json_response(200, {"verification": challenge})


def cloudevents(request: Request) -> Response | None:
    """CloudEvents abuse protection (cloudevents/spec, http-webhook.md, section 4): exactly that origin may send."""
    if request.method != "OPTIONS":
        return None
    origin = request.headers.get("webhook-request-origin", "")
    if not ORIGIN.fullmatch(origin):
        return error_response(400, "bad_origin", "The header WebHook-Request-Origin is missing or no DNS name.")
    headers = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": str(ALLOWED_RATE), "Allow": "OPTIONS, POST"}
    return json_response(200, {"status": "allowed"}, headers=headers)


def eventgrid(request: Request) -> Response | None:
    """Event Grid: the code of a SubscriptionValidation comes back, with 200 and no other status.

    learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
    """
    if request.method != "POST" or request.headers.get("aeg-event-type") != "SubscriptionValidation":
        return None
    content = parsed(request)
    event = as_object(content[0]) if isinstance(content, list) and len(content) == 1 else {}
    code = as_object(event.get("data")).get("validationCode")
    expected = event.get("eventType") == "Microsoft.EventGrid.SubscriptionValidationEvent"
    if not expected or not isinstance(code, str) or not ECHO.fullmatch(code):
        return error_response(
            400, "bad_validation", "This is not one SubscriptionValidationEvent with a validationCode."
        )
    return json_response(200, {"validationResponse": code})


def gusto(request: Request) -> Response | None:
    """Gusto: the first POST holds nothing but the token that will be the key. It is acknowledged and not kept.

    docs.gusto.com, "Webhooks". A secret that came through the front door must not stand in a log or a table.
    """
    content = parsed(request) if request.method == "POST" else None
    if isinstance(content, dict) and set(content) == {"verification_token"}:
        return json_response(200, {"status": "acknowledged"})
    return None


HANDSHAKES: Mapping[str, Callable[[Request], Response | None]] = MappingProxyType(
    {"ping": ping, "okta": okta, "cloudevents": cloudevents, "eventgrid": eventgrid, "gusto": gusto}
)
METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType({"okta": ("GET", "POST"), "cloudevents": ("OPTIONS", "POST")})


def methods_of(handshake: str) -> tuple[str, ...]:
    """Return the methods an address with this handshake takes."""
    return METHODS.get(handshake, ("POST",))


def shake(handshake: str, request: Request) -> Response | None:
    """Return the answer to a handshake; None if the request is none."""
    found = HANDSHAKES.get(handshake)
    return found(request) if found else None
