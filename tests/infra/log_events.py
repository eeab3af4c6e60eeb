"""What the product logs, read from its code: events and their fields, as `EventLog` (provisioning/log.py) has them."""

import ast
from collections.abc import Iterator
from functools import cache

from .templates import ROOT

LEVELS = {"info", "warning", "error", "exception"}


@cache
def logged_events() -> dict[str, set[str]]:
    """The fields of each event; `**` among them where a call hands on fields that it does not name."""
    found: dict[str, set[str]] = {}
    for name, fields in calls():
        found.setdefault(name, set()).update(fields)
    return found


def calls() -> Iterator[tuple[str, set[str]]]:
    """Every call of a log's method in the product: the event and the fields it names."""
    for folder in ("provisioning", "landing"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if is_log_call(node):
                    assert isinstance(node, ast.Call)
                    event = node.args[0]
                    assert isinstance(event, ast.Constant), f"{path}: an event's name is made at run time"
                    assert isinstance(event.value, str)
                    yield event.value, {keyword.arg or "**" for keyword in node.keywords}


def is_log_call(node: ast.AST) -> bool:
    """Whether a node is `log.info(...)` or its like."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )
