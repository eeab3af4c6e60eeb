"""Requests and responses without azure.functions, so that handlers can be called from anywhere."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from provisioning.errors import ConfigurationError, NotReady, ProductError, Rejected, TransientError

JSON = "application/json; charset=utf-8"
LOOPBACK = frozenset({"127.0.0.1", "localhost"})  # where a laptop's stack is, without TLS
DEFAULT_RETRY_AFTER = 30  # seconds; HR systems come back later anyway, an admin's client needs a number


@dataclass(frozen=True)
class Request:
    """A request: header names in lower case, the body as raw bytes, the method in capitals.

    Of a query parameter that is given twice the last one counts.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    route: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """A response."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, content: Mapping[str, object], *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response that no cache keeps."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, headers={"Cache-Control": "no-store", **(headers or {})})


def error_response(status: int, error: str, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error as JSON: a stable code for programs and a sentence for people."""
    return json_response(status, {"error": error, "message": message}, headers=headers)


def response_for(error: ProductError) -> Response:
    """Return the response for one of our errors: never a bare 500, always a reason."""
    if isinstance(error, ConfigurationError):
        return error_response(503, "misconfigured", str(error))
    if isinstance(error, Rejected):
        return error_response(409, "refused", str(error))
    after = error.after if isinstance(error, TransientError | NotReady) else None
    seconds = math.ceil(after) if after else DEFAULT_RETRY_AFTER
    return error_response(503, "try_again", str(error), headers={"Retry-After": str(seconds)})


def is_loopback(address: str) -> bool:
    """Tell whether an address is of this machine, where nobody listens in on plain http."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK and not parts.username
