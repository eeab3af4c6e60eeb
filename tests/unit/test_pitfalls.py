"""The tables of tests/README.md and the tests whose names end in a case: neither knows one that the other lacks."""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| (?P<case>[A-K]\d+) \| (?P<source>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
CASES = re.compile(r"(?:_[a-k]\d{1,2})+$")


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


@cache
def written() -> dict[str, str]:
    """The docstring of each test whose name ends in a case, by module::function."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and CASES.search(node.name):
                name = f"{path.relative_to(TESTS).as_posix()}::{node.name}"
                found[name] = re.sub(r"\s+", " ", ast.get_docstring(node) or "")
    return found


def cases_of(test: str) -> list[str]:
    """The cases that a test's name ends in."""
    found = CASES.search(test)
    return found[0].upper().split("_")[1:] if found else []


def test_every_test_that_is_listed_exists_and_none_is_left_out() -> None:
    pinned: defaultdict[str, set[str]] = defaultdict(set)
    for test in written():
        for case in cases_of(test):
            pinned[case].add(test)
    assert {row.case: row.tests for row in listed()} == pinned


def test_a_case_has_one_row() -> None:
    cases = [row.case for row in listed()]
    assert len(cases) == len(set(cases)) > 50


@pytest.mark.parametrize("row", listed(), ids=lambda row: row.case)
def test_a_case_s_source_is_named_where_it_is_pinned(row: Row) -> None:
    docstrings = written()
    names = [source.split("/")[-1] for source in row.source.split(", ")]  # an owner may be left out there
    assert any(name in docstrings[test] for test in row.tests for name in names), row.source
