"""What Graph says when it says no, with the few messages that must be told apart by their text.

In the directory the code alone does not tell a duplicate from a typo: members, app role assignments and uniqueName
all answer 400 Request_BadRequest (learn.microsoft.com/graph/errors says branch on code; terraform-provider-azuread and
azure-cli match the message, and so must we).
"""

from collections.abc import Mapping

import orjson

from provisioning.errors import ProductError

ALREADY_MEMBER = "added object references already exist"
NOT_A_MEMBER = "removed object references do not exist"
ALREADY_ASSIGNED = "Permission being assigned already exists"
NOT_YET_REPLICATED = (
    "does not reference a valid application object",  # service principal before its application
    "backing application of the service principal",  # the same, as a misleading 403
    "Not a valid reference update",  # assignment before its group or service principal
    "ServicePrincipalNotFound",  # 1034, Conditional Access before the service principal
    "Invalid group value",  # 1054, Conditional Access before the group
    "property uniqueName already exists",  # made by a run whose answer was lost, and not readable everywhere yet
)


# Codes that look like a refusal and pass by themselves (nais/azurerator#448; graph/errors).
TRANSIENT_CODES = frozenset({"Directory_ConcurrencyViolation", "Directory_ObjectNotFound"})


DENIED = frozenset({401, 403})


class GraphError(ProductError):
    """Graph refused a request.

    Args:
        status: The HTTP status.
        code: Graph's error code, such as Request_BadRequest.
        text: Graph's own message; the older Conditional Access envelope's inner message is appended.
        request: Method and path of the request, without its query, which may hold a person's data.
        request_id: Graph's request-id, for Microsoft's support.
    """

    def __init__(self, status: int, code: str, text: str, *, request: str = "", request_id: str = "") -> None:
        super().__init__(f"Microsoft Graph answered {status} {code} to {request}: {text}")
        self.status = status
        self.code = code
        self.text = text
        self.request = request
        self.request_id = request_id

    def says(self, *phrases: str) -> bool:
        """Return whether the message holds one of these phrases, in any case."""
        text = self.text.casefold()
        return any(phrase.casefold() in text for phrase in phrases)

    @property
    def transient(self) -> bool:
        """Whether the same request is worth sending again at once."""
        return self.code in TRANSIENT_CODES

    @property
    def not_replicated(self) -> bool:
        """Whether this is what a write meets when an object it refers to was made moments ago."""
        return self.says(*NOT_YET_REPLICATED)


class PermissionDenied(GraphError):
    """Graph answered 401 or 403: the identity that asks may not do this. Trying again helps once a grant was made."""


def read_error(status: int, body: bytes, *, headers: Mapping[str, str] | None = None, request: str = "") -> GraphError:
    """Make an error of an answer; a body that is no Graph error (a gateway's page) still makes one."""
    code, text = "", ""
    try:
        content = orjson.loads(body)
        error = content["error"]
        code, text = str(error.get("code", "")), str(error.get("message", ""))
        inner = error.get("innerError") or error.get("innererror") or {}
        if isinstance(inner, dict) and inner.get("message"):
            text = f"{text} {inner['message']}"
        details = [str(item.get("code", "")) for item in error.get("details") or [] if isinstance(item, dict)]
        text = " ".join([text, *details]).strip()
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        code = code or "UnreadableAnswer"
        text = text or "The body of the answer was not a Graph error."
    request_id = (headers or {}).get("request-id", "")
    kind = PermissionDenied if status in DENIED else GraphError
    return kind(status, code, text, request=request, request_id=request_id)
