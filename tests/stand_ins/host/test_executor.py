"""One invocation: threads, time-outs, results without a binding, and what ends up in the log."""

import asyncio
import io
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.functions import meta

from local.host.executor import Executor
from local.host.indexing import Binding, FunctionEntry
from local.host.logs import HOST_LOGGER, LineFormatter, UserLines, brief

TEXT = Binding("text", "queueTrigger", "generic")
OUT = Binding("out", "queue", "generic", annotation=str)


def entry(call: Callable[..., Any], **changes: Any) -> FunctionEntry:
    return FunctionEntry("sample", call, TEXT, is_async=asyncio.iscoroutinefunction(call), **changes)


@pytest.fixture
def executor() -> Iterator[Executor]:
    executor = Executor(timeout=60, new_id=lambda: "id-1")
    yield executor
    executor.close()


@pytest.fixture
def lines() -> Iterator[Callable[[], list[str]]]:
    """Install the host's log rules on the root logger; returns a function that gives the lines so far."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    handler.addFilter(UserLines())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [line.partition(" ")[2] for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


VALUE = meta.Datum("hello", "string")


async def test_a_run_over_time_fails(executor: Executor) -> None:
    executor.timeout = 0.1

    async def sleeps(text: str) -> None:
        await asyncio.sleep(60)

    outcome = await executor.run(entry(sleeps), VALUE)
    assert isinstance(outcome.error, TimeoutError)


async def test_sync_functions_run_beside_each_other(executor: Executor) -> None:
    meeting = threading.Barrier(2, timeout=30)

    def waits(text: str) -> None:
        meeting.wait()

    outcomes = await asyncio.gather(*(executor.run(entry(waits), VALUE) for _ in range(2)))
    assert [outcome.error for outcome in outcomes] == [None, None]


async def test_outputs_of_a_failed_run_are_dropped(executor: Executor) -> None:
    async def sets(text: str, out: Any) -> None:
        out.set("kept?")
        if text == "bad":
            raise ValueError("no")

    good = await executor.run(entry(sets, outputs=(OUT,)), VALUE)
    assert [datum.value for _, datum in good.outputs] == ["kept?"]
    bad = await executor.run(entry(sets, outputs=(OUT,)), meta.Datum("bad", "string"))
    assert bad.outputs == ()


@pytest.mark.parametrize("value", [object(), 1.5, {1}])
async def test_an_output_of_another_type_fails(executor: Executor, value: object) -> None:
    async def sets(text: str, out: Any) -> None:
        out.set(value)

    outcome = await executor.run(entry(sets, outputs=(OUT,)), VALUE)
    assert isinstance(outcome.error, TypeError)


async def test_a_result_without_a_binding_fails(executor: Executor) -> None:
    async def returns(text: str) -> str:
        return "x"

    outcome = await executor.run(entry(returns), VALUE)
    assert "without a $return binding" in str(outcome.error)


async def test_a_sync_wrapper_of_an_async_function_is_found_out(executor: Executor) -> None:
    async def inner(text: str) -> None:
        raise AssertionError("never awaited")

    made: list[Any] = []

    def wrapper(text: str) -> Any:
        made.append(inner(text))
        return made[0]

    outcome = await executor.run(entry(wrapper), VALUE)
    assert "without a $return binding" in str(outcome.error)
    made[0].close()


async def test_log_lines(executor: Executor, lines: Callable[[], list[str]]) -> None:
    log = logging.getLogger("sample")

    async def logs(text: str) -> None:
        log.info("one\ntwo")
        log.debug("hidden")
        logging.getLogger("azure.functions.x").info("hidden")
        await asyncio.to_thread(log.info, "hidden: no invocation id there")
        raise ValueError("first\nsecond")

    log.info("hidden: outside of an invocation")
    await executor.run(entry(logs), VALUE)
    first, second = lines()
    assert first == "sample id-1 INFO one\\ntwo"
    assert second.startswith("sample id-1 ERROR Executed (Failed, ")
    assert "ValueError: first\\nsecond (test_executor.py:" in second


async def test_an_exception_is_logged_on_one_line(executor: Executor, lines: Callable[[], list[str]]) -> None:
    def logs(text: str) -> None:
        try:
            raise KeyError("x")
        except KeyError:
            logging.getLogger("sample").exception("trouble")

    await executor.run(entry(logs), VALUE)
    assert lines()[0].startswith("sample id-1 ERROR trouble: KeyError: 'x' (test_executor.py:")


def test_host_lines_are_always_shown(lines: Callable[[], list[str]]) -> None:
    logging.getLogger(HOST_LOGGER).info("ready")
    assert lines() == ["host - INFO ready"]


def test_brief_of_an_error_without_text() -> None:
    assert brief(ValueError()) == "ValueError"
