"""Refusals of the token side: the OAuth error, the AADSTS text and the fields around them."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

NUMBER = re.compile(r"^AADSTS(\d+)")


@dataclass
class OAuthError(Exception):
    """A refusal that is sent as JSON."""

    error: str
    description: str
    status: int = 400

    def __str__(self) -> str:
        return self.description

    def response(self) -> Response:
        return oauth_error(self.error, self.description, status=self.status)


def invalid_client(description: str) -> OAuthError:
    """401 for a client that could not prove itself."""
    return OAuthError("invalid_client", description, 401)


def invalid_grant(description: str) -> OAuthError:
    return OAuthError("invalid_grant", description)


def oauth_error(error: str, description: str, *, status: int) -> Response:
    number = NUMBER.match(description)
    document = {
        "error": error,
        "error_description": description,
        "error_codes": [int(number[1])] if number else [],
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
        "trace_id": str(uuid.uuid4()),
        "correlation_id": str(uuid.uuid4()),
    }
    return JSONResponse(document, status_code=status)
