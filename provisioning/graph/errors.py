"""What Graph says when it says no, with the few messages that must be told apart by their text.

In the directory the code alone does not tell a duplicate from a typo: members, app role assignments and uniqueName
all answer 400 Request_BadRequest (learn.microsoft.com/graph/errors says branch on code; terraform-provider-azuread and
azure-cli match the message, and so must we).

A message may echo what it was asked: a filter with an address, a person's name. An error's own sentence, which ends up
in logs, therefore quotes known phrases only; `in_full` is for the caller.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

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


# What may be quoted in a log besides: it names nobody, and says more than the code beside it.
TELLING = (
    "Insufficient privileges to complete the operation",
    "The target object is in a restricted management administrative unit and you do not have access",
    "Security Defaults is enabled",
    "not licensed",
    "does not exist or one of its queried reference-property objects are not present",
    "One or more property values specified are invalid",
    "The body of the answer was not a Graph error",
)
KNOWN_PHRASES = (ALREADY_MEMBER, NOT_A_MEMBER, ALREADY_ASSIGNED, *NOT_YET_REPLICATED, *TELLING)
CODE = re.compile(r"[A-Za-z0-9_.]{1,100}")
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

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
        self.status = status
        self.code = code if CODE.fullmatch(code) else "UnreadableCode"
        self.text = text
        self.request = request
        self.request_id = request_id if REQUEST_ID.fullmatch(request_id) else ""
        super().__init__(f"{self.answer}{quote_known(text)}.")

    @property
    def answer(self) -> str:
        """Return what Graph answered to what, with the id to ask its support about; nothing of its own text."""
        ask_about = f" (request-id {self.request_id})" if self.request_id else ""
        return f"Microsoft Graph answered {self.status} {self.code} to {self.request}{ask_about}"

    @property
    def in_full(self) -> str:
        """Return the same with Graph's own text, for the caller; never for a log."""
        return f"{self.answer}: {self.text}"

    def says(self, *phrases: str) -> bool:
        """Return whether the message holds one of these phrases, in any case."""
        text = self.text.casefold()
        return any(phrase.casefold() in text for phrase in phrases)

    @property
    def transient(self) -> bool:
        """Return whether the same request is worth sending again at once."""
        return self.code in TRANSIENT_CODES

    @property
    def not_replicated(self) -> bool:
        """Return whether this is what a write meets when an object it refers to was made moments ago."""
        return self.says(*NOT_YET_REPLICATED)


class PermissionDenied(GraphError):
    """Graph answered 401 or 403: the identity that asks may not do this. Trying again helps once a grant was made."""


def quote_known(text: str) -> str:
    """Return the known phrase that a message holds, as the end of a sentence; empty where it holds none."""
    found = next((phrase for phrase in KNOWN_PHRASES if phrase.casefold() in text.casefold()), None)
    return f": {found}" if found is not None else ""


def name_request(method: str, url: str) -> str:
    """Return a request's method and path below the version, without its query, which may hold a person's data."""
    return f"{method} {urlsplit(url).path.removeprefix('/v1.0')}"


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
