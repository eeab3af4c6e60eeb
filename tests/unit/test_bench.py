"""The benchmarks' command line, and the lines it prints."""

import importlib
import json

import pytest

from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.figures import report


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page_bytes", "nonsense"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "There is no benchmark 'nonsense'; there are import_time," in printed.err


def test_a_named_benchmark_runs_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page_bytes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["bench"] for line in lines] == ["page_bytes", "start_bytes"]


def test_every_benchmark_can_be_run() -> None:
    assert all(callable(importlib.import_module(f"tests.bench.{name}").run) for name in BENCHMARKS)


def test_a_line_has_its_ratio_and_lower_bound(capsys: pytest.CaptureFixture[str]) -> None:
    report("b", 10, 2.0, "round trips", baseline=1000, lower_bound=1, note="so")
    assert json.loads(capsys.readouterr().out) == {
        "bench": "b",
        "n": 10,
        "ours": 2.0,
        "unit": "round trips",
        "baseline": 1000,
        "ratio": 0.002,
        "lower_bound": 1,
        "note": "so",
    }
