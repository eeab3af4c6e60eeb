"""The benchmarks' command line, and the lines it prints."""

import importlib
import json
import sys

import pytest

from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.figures import report
from tests.bench.processes import output_of


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


def test_the_error_of_a_process_that_fails_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="ended with exit code 1; its own words are above"):
        output_of([sys.executable, "-c", "raise ValueError('no tenant there')"])
    assert "ValueError: no tenant there" in capfd.readouterr().err


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
