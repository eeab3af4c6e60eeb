"""Faults on demand: an error, a delay or a dropped connection for calls that match."""

import re
from dataclasses import dataclass, field
from typing import Any

from local.entra.limits.transient_faults import TRANSIENT_FAULTS

DROPS = ("before", "after")
JSON_ONLY = ("takesEffect", "preset")

# The page `throttling-limits` of the Graph documentation: the body of today's 429, and the 503 older directory calls
# were answered with.
PRESETS: dict[str, dict[str, Any]] = {
    "throttled": {
        "status": 429,
        "headers": {"Retry-After": "2.128"},
        "body": {
            "error": {
                "code": "TooManyRequests",
                "message": "Please retry again later.",
                "innerError": {"code": "429", "status": "429", "message": "Please retry after"},
            }
        },
    },
    "legacyThrottled": {
        "status": 503,
        "headers": {"Retry-After": "10"},
        "body": {
            "error": {
                "code": "Request_ThrottledTemporarily",
                "message": "Your request is throttled temporarily. Please try after 10 seconds.",
            }
        },
    },
    **TRANSIENT_FAULTS,
}


@dataclass
class Fault:
    """What happens to the next `times` calls whose method and path match.

    Args:
        path: regular expression searched for in the path with its query, such as `/v1.0/users`.
        method: None matches every method.
        status: answer this instead of the real answer.
        delay: seconds to wait first.
        drop: close the connection `before` the call has an effect, or `after` it had one.
        takes_effect: the call is carried out, and `status` is answered all the same, as a gateway's 504 may be.
        times: how many calls; None means all.
    """

    id: str
    path: str
    method: str | None = None
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: str | None = None
    times: int | None = None
    takes_effect: bool = False
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        return self.method in (None, method) and re.search(self.path, path) is not None

    def as_json(self) -> dict[str, Any]:
        values = dict(vars(self))
        return {**values, "takesEffect": values.pop("takes_effect")}


def parse_fault(document: Any, *, fault_id: str) -> Fault:
    """A fault from its JSON form.

    Raises:
        ValueError: a key is unknown, a value is unusable or nothing would happen; the text says which.
    """
    if not isinstance(document, dict) or not isinstance(document.get("path"), str):
        raise ValueError("A fault is a JSON object with at least 'path', a regular expression.")
    allowed = {"path", "method", "status", "body", "headers", "delay", "drop", "times", "takesEffect", "preset"}
    unknown = sorted(set(document) - allowed)
    if unknown:
        raise ValueError(f"A fault has no '{unknown[0]}'; it takes {', '.join(sorted(allowed))}.")
    document = {**preset(document.get("preset")), **document}
    check_values(document)
    values = {**document, "takes_effect": document.get("takesEffect"), "delay": float(document.get("delay") or 0)}
    if isinstance(values.get("method"), str):
        values["method"] = values["method"].upper()
    return Fault(
        id=fault_id, **{name: value for name, value in values.items() if value is not None and name not in JSON_ONLY}
    )


def preset(name: Any) -> dict[str, Any]:
    """The status, headers and body of a fault by name.

    Raises:
        ValueError: there is no such preset.
    """
    if name is None:
        return {}
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"There is no preset {name!r}; the presets are {', '.join(PRESETS)}.")
    return PRESETS[name]


def check_values(document: dict[str, Any]) -> None:
    """Refuse values that would fail later, in the middle of a caller's request."""
    try:
        re.compile(document["path"])
    except re.error as error:
        raise ValueError(f"The 'path' of a fault is not a regular expression: {error}.") from error
    if document.get("drop") not in (None, *DROPS):
        raise ValueError("The 'drop' of a fault is 'before' or 'after'.")
    for name in ("status", "times"):
        if not isinstance(document.get(name), int | None):
            raise ValueError(f"The '{name}' of a fault is a whole number.")
    if not isinstance(document.get("takesEffect"), bool | None):
        raise ValueError("The 'takesEffect' of a fault is true or false.")
    if not isinstance(document.get("delay"), int | float | None):
        raise ValueError("The 'delay' of a fault is a number of seconds.")
    headers = document.get("headers") or {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError("The 'headers' of a fault are a JSON object of texts.")
    if not any(document.get(name) for name in ("status", "delay", "drop")):
        raise ValueError("A fault needs a 'status', a 'delay' or a 'drop', or it would do nothing.")


def next_fault(faults: list[Fault], method: str, path: str) -> Fault | None:
    """The first fault that matches; it counts as used."""
    for fault in faults:
        if fault.matches(method, path):
            fault.hits += 1
            return fault
    return None
