"""Docstrings speak of what is there: parameters that a function has, all of them, and errors that exist."""

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECTION = r"{}:\n((?:    .*\n?|\n)+?)(?:\n\w+:|\Z)"
ENTRY = re.compile(r"    (\*{0,2}\w[\w., *]*):")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[str, ast.Module]:
    """The product's modules by their paths."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for package in ("provisioning", "landing")
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of the product, and where it stands."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{path}: {node.name}", node


def named(function: Function, section: str) -> list[str]:
    """The names that a section of the docstring explains."""
    found = re.search(SECTION.format(section), ast.get_docstring(function) or "")
    entries = filter(None, map(ENTRY.match, found[1].splitlines())) if found else ()
    return [name.strip(" *") for entry in entries for name in entry[1].split(",")]


def known_names() -> set[str]:
    """Every class that is built in, defined or imported."""
    names = set(dir(builtins))
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.ImportFrom | ast.Import):
                names.update(alias.name for alias in node.names)
    return names


def test_args_names_every_parameter_and_nothing_else() -> None:
    wrong = {}
    for place, function in functions():
        explained = set(named(function, "Args"))
        arguments = function.args
        given = {item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        given |= {item.arg for item in (arguments.vararg, arguments.kwarg) if item is not None}
        if explained and explained != given - {"self", "cls"}:
            wrong[place] = explained ^ (given - {"self", "cls"})
    assert wrong == {}


def test_raises_names_errors_that_exist() -> None:
    known = known_names()
    wrong = {place: set(named(function, "Raises")) - known for place, function in functions()}
    assert {place: names for place, names in wrong.items() if any("." not in name for name in names)} == {}
