"""`make bench`: figures as JSON lines, each against a baseline measured in the same run where there is one.

bench     what was measured
n         how often
ours      the figure, with its `unit`
baseline  what it is compared with, and their `ratio`
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx

from landing.assets import STATIC
from landing.page import View, html
from local.signing import bamboohr_delivery
from local.stack import ROOT, Stack, StackInfo, StackOptions

FRESH_PROCESSES = 9
DELIVERIES = 1000
PARALLEL = 20


def report(bench: str, n: int, ours: float, unit: str, *, baseline: float | None = None, note: str = "") -> None:
    """Print one line."""
    line: dict[str, object] = {"bench": bench, "n": n, "ours": round(ours, 2), "unit": unit}
    if baseline is not None:
        line |= {"baseline": round(baseline, 2), "ratio": round(ours / baseline, 3)}
    print(json.dumps(line | ({"note": note} if note else {})), flush=True)


def import_seconds(module: str) -> float:
    """Median seconds of an import in a fresh process."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        for _ in range(FRESH_PROCESSES)
    ]
    return statistics.median(runs)


def bench_import() -> None:
    """What function_app.py adds to the import of azure.functions, which every Python app pays."""
    baseline, ours = import_seconds("azure.functions"), import_seconds("function_app")
    report("import_function_app", FRESH_PROCESSES, ours * 1000, "ms", baseline=baseline * 1000)


def bench_page() -> None:
    """Bytes of the page in its longest form with everything it loads."""
    view = View(
        "registered", "Example Ltd", "it-help@example.com", name="Mia Berg", methods=("Phone",), phone_only=True
    )
    assets = sum(path.stat().st_size for path in STATIC.iterdir())
    report(
        "page_bytes", 1, len(html(200, view).body) + assets, "bytes", note="HTML, style sheet and script, uncompressed"
    )


async def deliver(http: httpx.AsyncClient, info: StackInfo) -> float:
    """Seconds until a signed delivery was answered 200."""
    event = {"type": "employee.created", "timestamp": "2026-11-20T09:00:00+0000", "data": {"employeeId": uuid4().hex}}
    body, headers = bamboohr_delivery(event, secret=info.webhook_secrets["bamboohr"])
    started = time.perf_counter()
    answer = await http.post(f"{info.site}/api/hires/bamboohr", content=body, headers=headers)
    taken = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(f"A delivery was answered {answer.status_code}.")
    return taken


async def in_parallel(work: Callable[[], Awaitable[float]]) -> list[float]:
    """DELIVERIES runs of it, PARALLEL at a time."""
    gate = asyncio.Semaphore(PARALLEL)

    async def one() -> float:
        async with gate:
            return await work()

    return await asyncio.gather(*(one() for _ in range(DELIVERIES)))


async def bench_webhook() -> None:
    """The first answer of a fresh host process, then many, alone and in parallel."""
    nothing_listens = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("hires", "seen", "sweep", "tenant")}
    async with (
        Stack.start(StackOptions(users=0, settings=nothing_listens)) as stack,
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
    ):
        first = []
        for _ in range(3):
            await stack.restart_host()
            first.append(await deliver(http, stack.info))
        report(
            "webhook_first_answer",
            len(first),
            statistics.median(first) * 1000,
            "ms",
            note="fresh process, imports included",
        )
        alone = [await deliver(http, stack.info) for _ in range(200)]
        report_percentiles("webhook_one_at_a_time", alone)
        report_percentiles(f"webhook_{PARALLEL}_parallel", await in_parallel(lambda: deliver(http, stack.info)))


def report_percentiles(bench: str, seconds: list[float]) -> None:
    """p50 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    report(f"{bench}_p50", len(seconds), cuts[49] * 1000, "ms")
    report(f"{bench}_p99", len(seconds), cuts[98] * 1000, "ms")


if __name__ == "__main__":
    bench_import()
    bench_page()
    asyncio.run(bench_webhook())
