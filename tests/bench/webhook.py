"""Seconds until a signed delivery is answered: the first one of a fresh host process, then many; none may be lost.

Beside it, in the same host process and in turns, a function that answers a constant once it has sent the same queue
message: what no webhook that keeps what it was told can be faster than. Ours verifies, reads, and writes the row of the
inbox besides.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx

from local.signing import bamboohr_delivery
from local.stack import ROOT, Stack, StackInfo, StackOptions
from provisioning.store.storage import connect, message_count
from tests.bench.figures import report, report_percentiles

CONSTANT_APP = """
import importlib.util

import azure.functions as func

spec = importlib.util.spec_from_file_location("product_app", {path!r})
product = importlib.util.module_from_spec(spec)
spec.loader.exec_module(product)
app = product.app
TEXT = '{{"constant": "' + "x" * 560 + '"}}'


@app.function_name("constant")
@app.route("api/constant", methods=["POST"])
async def constant(req: func.HttpRequest) -> func.HttpResponse:
    from provisioning.store.queues import send_text

    await send_text(product.runtime.services().storage, "hires", TEXT)
    return func.HttpResponse('{{"status":"queued"}}', mimetype="application/json")
"""
FRESH = 3
ALONE = 200
ROUNDS = 5
DELIVERIES = 400  # of each kind in a round
PARALLEL = 50


async def run() -> None:
    """The first answer of a fresh host process, then many, alone and in parallel."""
    nothing_listens = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("hires", "seen", "sweep", "tenant")}
    folder = Path(tempfile.mkdtemp())
    (folder / "function_app.py").write_text(CONSTANT_APP.format(path=str(ROOT / "function_app.py")))
    shutil.copy(ROOT / "host.json", folder)
    excluded = ("/api/hires/bamboohr", "/api/constant")
    options = StackOptions(app=folder, users=0, settings=nothing_listens, excluded_paths=excluded)
    async with (
        Stack.start(options) as stack,
        httpx.AsyncClient(trust_env=False, timeout=30, limits=httpx.Limits(max_connections=PARALLEL)) as http,
    ):
        first = []
        for _ in range(FRESH):
            await stack.restart_host()
            first.append(await deliver(http, stack.info))
        report(
            "webhook_first_answer",
            len(first),
            statistics.median(first) * 1000,
            "ms",
            note="fresh process, imports included",
        )
        alone = [await deliver(http, stack.info) for _ in range(ALONE)]
        report_percentiles("webhook_one_at_a_time", alone)
        await compare(http, stack.info)
        await check(stack.info)
    shutil.rmtree(folder)


async def compare(http: httpx.AsyncClient, info: StackInfo) -> None:
    """Ours and the constant answer in turns, so that what else the machine does meets both."""
    ours: list[float] = []
    constant: list[float] = []
    for _ in range(ROUNDS):
        constant += await in_parallel(lambda: post(http, f"{info.site}/api/constant", b"{}", {}))
        ours += await in_parallel(lambda: deliver(http, info))
    for name, cut in (("p50", 49), ("p99", 98)):
        figures = [statistics.quantiles(seconds, n=100)[cut] * 1000 for seconds in (ours, constant)]
        report(f"webhook_{PARALLEL}_parallel_{name}", len(ours), figures[0], "ms", baseline=figures[1])


async def check(info: StackInfo) -> None:
    """Every delivery that was answered 200 lies on the queue, which nothing listens to."""
    storage = connect(info.storage)
    queued = await message_count(storage, "hires")
    await storage.close()
    answered = FRESH + ALONE + 2 * ROUNDS * DELIVERIES
    if queued != answered:
        raise RuntimeError(f"{answered} deliveries were answered 200, and {queued} are queued.")


async def deliver(http: httpx.AsyncClient, info: StackInfo) -> float:
    """Seconds until a signed delivery was answered 200."""
    event = {"type": "employee.created", "timestamp": "2026-11-20T09:00:00+0000", "data": {"employeeId": uuid4().hex}}
    body, headers = bamboohr_delivery(event, secret=info.webhook_secrets["bamboohr"])
    return await post(http, f"{info.site}/api/hires/bamboohr", body, headers)


async def post(http: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str]) -> float:
    """Seconds until a request was answered 200."""
    started = time.perf_counter()
    answer = await http.post(url, content=body, headers=headers)
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
