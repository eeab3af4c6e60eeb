"""Graph's error envelope, and the errors that more than one resource answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class GraphError(Exception):
    """A refusal in Graph's own words.

    Args:
        status: HTTP status code.
        code: Graph's error code, such as `Request_BadRequest`.
        message: Graph's error text; callers of the real service match on it.
        details: items of `error.details`.
        headers: extra response headers.
    """

    status: int
    code: str
    message: str
    details: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    headers: Mapping[str, str] = field(default_factory=dict)
    inner: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"

    def envelope(self, *, date: str, request_id: str, client_request_id: str) -> dict[str, object]:
        """The response body. The ids are the ones of the response headers."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = [dict(item) for item in self.details]
        error["innerError"] = {
            **self.inner,
            "date": date,
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return {"error": error}


class ConnectionDropped(Exception):
    """Raised by a fault that closes the connection instead of answering."""


def bad_request(message: str, *, details: Sequence[Mapping[str, str]] = ()) -> GraphError:
    """400 Request_BadRequest: validation in the directory."""
    return GraphError(400, "Request_BadRequest", message, details=details)


def unsupported_query(message: str) -> GraphError:
    """400 Request_UnsupportedQuery."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def invalid_filter() -> GraphError:
    """400 BadRequest for a filter that does not parse."""
    return GraphError(400, "BadRequest", "Invalid filter clause")


def not_found(object_id: str) -> GraphError:
    """404 for an object that does not exist or has not replicated yet."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present.",
    )


def denied() -> GraphError:
    """403 of the directory family."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def invalid_token(message: str) -> GraphError:
    """401 with Graph's code for every fault of a token."""
    return GraphError(401, "InvalidAuthenticationToken", message)


def required(prop: str, resource: str) -> GraphError:
    """400 for a property that a POST must carry."""
    return bad_request(f"A value is required for property '{prop}' of resource '{resource}'.")


def invalid_value(prop: str, resource: str) -> GraphError:
    """400 for a property whose value is not allowed."""
    return bad_request(f"Invalid value specified for property '{prop}' of resource '{resource}'.")


def duplicate_value(prop: str) -> GraphError:
    """400 for a value that must be unique and is taken, also by an object in the recycle bin."""
    return bad_request(
        f"Another object with the same value for property {prop} already exists.",
        details=({"code": "ObjectConflict", "target": prop, "message": "The value is taken."},),
    )


def not_implemented(what: str) -> GraphError:
    """501 of the stand-in itself: Graph may well answer this; the stand-in does not."""
    return GraphError(501, "NotImplemented", f"The stand-in tenant does not implement {what}.")
