"""The tables of tests/README.md and the pitfall markers: neither knows a case or a test that the other lacks."""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| (?P<case>[A-N]\d+) \| (?P<source>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A case: what was reported where, and the tests that pin it, as module::function."""

    case: str
    source: str
    tests: frozenset[str]


def listed() -> list[Row]:
    """The rows of every table."""
    text = (TESTS / "README.md").read_text(encoding="utf-8")
    return [
        Row(found["case"], found["source"], frozenset(re.findall("`(.+?)`", found["tests"])))
        for found in ROW.finditer(text)
    ]


@dataclass(frozen=True)
class Pinned:
    """A test with a pitfall marker: its cases and its docstring."""

    cases: tuple[str, ...]
    docstring: str


@cache
def written() -> dict[str, Pinned]:
    """The tests with a pitfall marker, by module::function."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (cases := cases_of(node)):
                name = f"{path.relative_to(TESTS).as_posix()}::{node.name}"
                found[name] = Pinned(cases, re.sub(r"\s+", " ", ast.get_docstring(node) or ""))
    return found


def cases_of(test: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """The cases that a test's markers name."""
    markers = (node for node in test.decorator_list if isinstance(node, ast.Call))
    pitfalls = (node for node in markers if ast.unparse(node.func) == "pytest.mark.pitfall")
    return tuple(ast.literal_eval(argument) for marker in pitfalls for argument in marker.args)


def test_every_test_that_is_listed_exists_and_none_is_left_out() -> None:
    pinned: defaultdict[str, set[str]] = defaultdict(set)
    for test, marked in written().items():
        for case in marked.cases:
            pinned[case].add(test)
    assert {row.case: row.tests for row in listed()} == pinned


def test_a_case_has_one_row() -> None:
    cases = [row.case for row in listed()]
    assert len(cases) == len(set(cases)) > 50


@pytest.mark.parametrize("row", listed(), ids=lambda row: row.case)
def test_a_case_s_source_is_named_where_it_is_pinned(row: Row) -> None:
    docstrings = written()
    names = [source.split("/")[-1] for source in row.source.split(", ")]  # an owner may be left out there
    assert any(name in docstrings[test].docstring for test in row.tests for name in names), row.source
