"""A name means one thing: each top-level function and class of the product is defined once."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("provisioning", "landing")

# What modules of one kind offer under one name, so that their caller need not know which of them it has.
INTERFACES = {
    "add_parser": "provisioning/cli",
    "run": "provisioning/cli",
    "read": "provisioning/webhooks/sources",
    "verify": "provisioning/webhooks/sources",
}


def definitions() -> dict[str, list[str]]:
    """Where each top-level function and class is defined, as paths from the root."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found[node.name].append(path.relative_to(ROOT).as_posix())
    return found


def test_a_name_is_defined_once() -> None:
    twice = {}
    for name, paths in definitions().items():
        room = INTERFACES.get(name)
        others = [path for path in paths if room is None or not path.startswith(f"{room}/")]
        if len(others) > 1:
            twice[name] = others
    assert twice == {}


def test_every_exception_is_needed() -> None:
    defined = definitions()
    assert [name for name in INTERFACES if len(defined[name]) < 2] == []
