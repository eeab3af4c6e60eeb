"""The board of a tenant with 100,000 people in the ledger: seconds until it is made, milliseconds until it is shown.

Real storage (Azurite) in a process of its own; the handler is called as the function does, without a host between.
"""

import base64
import json
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from landing.board.page import show_board
from local import storage
from local.processes import free_ports, tethered
from local.stack import ROOT
from provisioning.http import Request
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.triggers import on_board
from provisioning.services import Services
from provisioning.store.ledger import PEOPLE
from tests.bench.figures import report
from tests.conftest import wait_for

SIZE = 100_000
ROUNDS = 30
FIRST_PAGE_MS, FILTER_MS = 500, 200
RARE = "Department of five"
MONDAY = date(2026, 1, 5)
STATES = (*[EnrollmentState.REGISTERED] * 6, EnrollmentState.INVITED, EnrollmentState.WAITING, EnrollmentState.PARKED)


async def run() -> None:
    """Fill the ledger, make the board twice, and ask for its pages."""
    tenant_id = str(uuid4())
    with azurite() as connection:
        os.environ |= {
            "TENANT_ID": tenant_id,
            "AzureWebJobsStorage": connection,
            "BOARD": "true",
            "WEBSITE_AUTH_ENABLED": "True",
        }
        services = Services()
        try:
            await fill(services, tenant_id)
            for name in ("board_first", "board_again"):
                began = time.perf_counter()
                await on_board(services=services)
                report(name, SIZE, time.perf_counter() - began, "s")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            report("board_memory", SIZE, peak, "MiB", note="peak of the process that makes it")
            await measure(services, tenant_id)
        finally:
            await services.close()


@contextmanager
def azurite() -> Iterator[str]:
    """Azurite in memory; yields its connection string."""
    ports = storage.StoragePorts(*free_ports(3))
    script = storage.install(ROOT / ".local/azurite")
    command = storage.azurite_command(script, ports=ports, location=None)
    with subprocess.Popen(tethered(command), stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(ports.queue)
            wait_for(ports.table)
            yield ports.connection_string
        finally:
            process.terminate()


async def fill(services: Services, tenant_id: str) -> None:
    """Write the ledger's rows, a hundred in one transaction."""
    table = services.storage.table("people")
    await table.create_table()
    await services.storage.table("board").create_table()
    for numbers in chunks(SIZE, 100):
        rows = [("upsert", row_of_person(number, tenant_id)) for number in numbers]
        await table.submit_transaction(rows, read_timeout=120)  # Azurite is slow with many rows


def chunks(size: int, length: int) -> Iterator[list[int]]:
    """The numbers below `size`, some at a time."""
    numbers = iter(range(size))
    while part := list(islice(numbers, length)):
        yield part


def row_of_person(number: int, tenant_id: str) -> dict[str, Any]:
    """A person of one of a hundred weeks."""
    state = STATES[number % len(STATES)]
    first_day = MONDAY + timedelta(weeks=number % 100)
    invited = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC) - timedelta(days=14)
    person = Person(
        str(UUID(int=number)),
        state,
        employee_id=f"{number:06}",
        department=RARE if number % 20_000 == 0 else f"Department {number % 23}",
        start_date=first_day,
        invited_at=invited,
        registered_at=invited + timedelta(days=2) if state is EnrollmentState.REGISTERED else None,
        reason="The account is disabled." if state is EnrollmentState.PARKED else None,
    )
    return {**PEOPLE.dump(person), "PartitionKey": tenant_id, "RowKey": person.key}


async def measure(services: Services, tenant_id: str) -> None:
    """Ask for each page some times; the median counts.

    Raises:
        RuntimeError: It is slower than it may be, or is not answered.
    """
    pages: dict[str, tuple[dict[str, str], float]] = {
        "board_page": ({}, FIRST_PAGE_MS),
        "board_filter": ({"week": "2026-W30", "state": "invited"}, FILTER_MS),
        "board_filter_state": ({"state": "parked"}, FILTER_MS),
        "board_filter_department": ({"department": "Department 7"}, FILTER_MS),
        "board_filter_rare_department": ({"department": RARE}, FILTER_MS),
        "board_person": ({"person": str(UUID(int=7))}, FILTER_MS),
    }
    for name, (query, most) in pages.items():
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            answer = await show_board(reader(tenant_id, query), services=services)
            times.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{name} was answered {answer.status}.")
        report(name, SIZE, statistics.median(times), "ms", note=f"at most {most} ms")
        if statistics.median(times) > most:
            raise RuntimeError(f"{name} took {statistics.median(times):.0f} ms.")


def reader(tenant_id: str, query: dict[str, str]) -> Request:
    """A request of who holds the role."""
    claims = {"oid": str(UUID(int=1)), "tid": tenant_id, "roles": "Enrollment.Read"}
    items = [{"typ": kind, "val": value} for kind, value in claims.items()]
    header = base64.b64encode(json.dumps({"claims": items}).encode()).decode()
    return Request(headers={"x-ms-client-principal": header}, query=query, method="GET")
