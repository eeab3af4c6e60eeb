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
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = frozenset(stand_ins(tree))
            for node in ast.walk(tree):
                if is_log_call(node, names):
                    assert isinstance(node, ast.Call)
                    event = node.args[0]
                    assert isinstance(event, ast.Constant), f"{path}: an event's name is made at run time"
                    assert isinstance(event.value, str)
                    yield event.value, {keyword.arg or "**" for keyword in node.keywords}


def is_log_call(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether a node is `log.info(...)` or its like, or a call of a name that stands for one of them."""
    if not isinstance(node, ast.Call):
        return False
    return is_method(node.func) or (isinstance(node.func, ast.Name) and node.func.id in names)


def is_method(node: ast.AST) -> bool:
    """Whether a node is `log.info` or its like."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in LEVELS
        and isinstance(node.value, ast.Name)
        and node.value.id == "log"
    )


def stand_ins(tree: ast.AST) -> Iterator[str]:
    """The names that are given one method or the other: `tell = log.error if ... else log.warning`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp) and is_method(node.value.body):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
