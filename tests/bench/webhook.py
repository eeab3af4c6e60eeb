"""Seconds until a signed delivery is answered: the first one of a fresh host process, then many; none may be lost."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx

from local.signing import bamboohr_delivery
from local.stack import Stack, StackInfo, StackOptions
from provisioning.store.storage import connect, message_count
from tests.bench.figures import report, report_percentiles

FRESH = 3
ALONE = 200
DELIVERIES = 2000
PARALLEL = 50


async def run() -> None:
    """The first answer of a fresh host process, then many, alone and in parallel."""
    nothing_listens = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("hires", "seen", "sweep", "tenant")}
    async with (
        Stack.start(StackOptions(users=0, settings=nothing_listens)) as stack,
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
        report_percentiles(f"webhook_{PARALLEL}_parallel", await in_parallel(lambda: deliver(http, stack.info)))
        await check(stack.info)


async def check(info: StackInfo) -> None:
    """Every delivery that was answered 200 lies on the queue, which nothing listens to."""
    storage = connect(info.storage)
    queued = await message_count(storage, "hires")
    await storage.close()
    if queued != FRESH + ALONE + DELIVERIES:
        raise RuntimeError(f"{FRESH + ALONE + DELIVERIES} deliveries were answered 200, and {queued} are queued.")


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
