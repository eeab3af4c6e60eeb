"""Answers of the service that pass by themselves, as presets of faults.

Sources: the page `errors` of the Graph documentation; nais/azurerator issue 448 for the 409; public code for the texts
of 401 and 404. A 503 or 504 may hide a write that took effect: `takesEffect` makes it so.
"""

import base64
from typing import Any

CHALLENGE = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}').decode()


def error(status: int, code: str, message: str, **headers: str) -> dict[str, Any]:
    return {"status": status, "headers": headers, "body": {"error": {"code": code, "message": message}}}


TRANSIENT_FAULTS: dict[str, dict[str, Any]] = {
    "tokenRefused": error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    "claimsChallenge": error(
        401,
        "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
        "TokenIssuedBeforeRevocationTimestamp",
        **{"WWW-Authenticate": f'Bearer realm="", error="insufficient_claims", claims="{CHALLENGE}"'},
    ),
    "noCompanyInformation": error(
        404, "Directory_ObjectNotFound", "Unable to read the company information from the directory."
    ),
    "concurrencyViolation": error(
        409,
        "Directory_ConcurrencyViolation",
        "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
    ),
    "serviceUnavailable": error(503, "ServiceUnavailable", "The service is temporarily unavailable."),
    "gatewayTimeout": error(504, "UnknownError", ""),
}
