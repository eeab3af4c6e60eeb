"""What a sweep costs when nothing changed, in tenants of very different size: it must not depend on the size.

The ledger holds 2,000 people, half of them waiting; real storage (Azurite), the tenant in a process of its own.
"""

import os
import time
from dataclasses import replace
from datetime import timedelta

import httpx
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from local.demo_world import DemoWorld
from local.identities import PEOPLE
from local.stack import Stack, StackOptions
from provisioning.clock import utc_now
from provisioning.concurrency import each
from provisioning.graph.client import Graph
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.context import PeopleContext
from provisioning.people.sweep.candidates import PROPERTIES
from provisioning.people.sweep.run import sweep
from provisioning.people.triggers import context
from provisioning.services import Services
from provisioning.store.sweep_state import Cursor
from tests.bench.figures import report
from tests.bench.tenant import graph_of

SIZES = (1_000, 100_000, 1_000_000)
LEDGER = 2_000
ROUNDS = 15
MOST_REQUESTS = 3
NOISE = 1.5  # times as long as in the smallest tenant


async def run() -> None:
    """The same sweep at every size."""
    baseline: float | None = None
    for size in SIZES:
        requests, seconds = await measure(size)
        if requests > MOST_REQUESTS:
            raise RuntimeError(f"A quiet sweep of {size} people took {requests} Graph requests.")
        report("quiet_sweep", size, requests, "Graph requests", lower_bound=1)
        note = f"best of {ROUNDS}; baseline: the same at {SIZES[0]} people"
        report("quiet_sweep_time", size, seconds * 1000, "ms", baseline=(baseline or seconds) * 1000, note=note)
        baseline = baseline or seconds
        if seconds > baseline * NOISE:
            raise RuntimeError(f"A quiet sweep of {size} people took {seconds / baseline:.1f} times as long.")


async def measure(size: int) -> tuple[int, float]:
    """Graph requests of one quiet sweep, and its seconds, the best of all rounds."""
    off = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("hires", "seen", "sweep")}
    async with (
        Stack.start(StackOptions(users=size, settings=off)) as stack,
        httpx.AsyncClient(trust_env=False, timeout=60) as http,
    ):
        os.environ.update(stack.info.app_settings())
        services = Services()
        services.graphs[PEOPLE.client_id] = graph = await graph_of(
            stack.info.tenant, identity_header=stack.info.identity_header
        )
        await DemoWorld(stack.info, http, services.storage).operate("apply")
        parts = context(services)
        await fill(parts, await newest_link(graph), size=size)
        await sweep(parts)  # connections and the first token are not what is measured
        await http.delete(f"{stack.info.tenant}/_local/requests")
        seconds = [await timed(parts) for _ in range(ROUNDS)]
        asked = (await http.get(f"{stack.info.tenant}/_local/requests")).json()
        await services.close()
    return len(asked) // ROUNDS, min(seconds)


async def timed(parts: PeopleContext) -> float:
    """Seconds of one sweep."""
    started = time.perf_counter()
    outcome = await sweep(parts)
    taken = time.perf_counter() - started
    if outcome["outcome"] != "done" or outcome["candidates"]:
        raise RuntimeError(f"The sweep was not quiet: {outcome}")
    return taken


async def fill(parts: PeopleContext, link: str, *, size: int) -> None:
    """The ledger and the place in the changes as a whole pass over everybody leaves them."""
    now = utc_now()

    async def keep(number: int) -> None:
        person = Person(f"00000000-0000-4000-8000-{number:012d}", EnrollmentState.INVITED, invited_at=now)
        if number % 2:
            person = replace(person, state=EnrollmentState.WAITING, invited_at=None, next_try=now + timedelta(days=30))
        await parts.ledger.save(person)

    await each(range(LEDGER), keep)
    cursor = Cursor(link=link, fields=PROPERTIES, full_done_at=now, population=size, reconciled_at=now)
    await parts.sweep_state.move(cursor)


async def newest_link(graph: Graph) -> str:
    """Where the changes from now on begin (learn.microsoft.com/graph/delta-query-overview, $deltatoken=latest)."""
    info = RequestInformation(Method.GET)
    info.url = f"{graph.root}/users/delta?$deltatoken=latest&$select={PROPERTIES}"
    info.headers.try_add("Accept", "application/json")
    return str((await graph.send(info))["@odata.deltaLink"])
