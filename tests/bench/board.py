"""The board of a tenant with 100,000 people in the ledger: seconds until it is made, milliseconds until it is shown.

Real storage (Azurite) in a process of its own; the handler is called as the function does, without a host between.
Azurite looks at every row of a table at each write, so 100,000 written rows take an hour: one row is written, and the
others are put beside it into Azurite's file, between two starts.
"""

import base64
import json
import os
import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from landing.board.page import show_board
from local import storage
from provisioning.http import Request
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.triggers import on_board
from provisioning.services import Services
from provisioning.store.ledger import PEOPLE
from provisioning.store.storage import connect
from tests.bench.figures import report
from tests.shared_azurite import running_azurite, wait_for

SIZE = 100_000
ROUNDS = 30
TABLES_FILE = "__azurite_db_table__.json"
FIRST_PAGE_MS, FILTER_MS = 500, 200
RARE = "Department of five"
MONDAY = date(2026, 1, 5)
STATES = (*[EnrollmentState.REGISTERED] * 6, EnrollmentState.INVITED, EnrollmentState.WAITING, EnrollmentState.PARKED)


async def run() -> None:
    """Fill the ledger, make the board twice, and ask for its pages."""
    tenant_id = str(uuid4())
    os.environ |= {"TENANT_ID": tenant_id, "BOARD": "true", "WEBSITE_AUTH_ENABLED": "True"}
    with TemporaryDirectory() as folder:
        with azurite(Path(folder)) as connection:
            await write_one(connection, tenant_id)
        fill(Path(folder) / TABLES_FILE, tenant_id)
        with azurite(Path(folder)) as connection:
            await make_and_measure(connection, tenant_id)


@contextmanager
def azurite(folder: Path) -> Iterator[str]:
    """Azurite with its files in `folder`; yields its connection string. It has written them when the block is left."""
    with running_azurite(storage.ACCOUNT, location=folder) as ports:
        wait_for(ports)
        yield ports.connection_string


async def write_one(connection: str, tenant_id: str) -> None:
    """Make the tables, and write the first row of the ledger."""
    account = connect(connection)
    try:
        await account.table("board").create_table()
        await account.table("people").create_table()
        await account.table("people").upsert_entity(row_of_person(0, tenant_id))
    finally:
        await account.close()


def fill(file: Path, tenant_id: str) -> None:
    """Put the other rows beside the one that Azurite wrote (its LokiTableMetadataStore, a LokiJS database).

    Raises:
        RuntimeError: It does not keep a row as it is put here.
    """
    database = json.loads(file.read_text())
    (table,) = (item for item in database["collections"] if item["name"].endswith("$people"))
    (first,) = table["data"]
    kept = {name: value for name, value in first["properties"].items() if "odata" not in name and name != "Timestamp"}
    if kept != row_of_person(0, tenant_id):
        raise RuntimeError(f"Azurite keeps a row as {first}.")
    for number in range(1, SIZE):
        row = row_of_person(number, tenant_id)
        keys = {name: row[name] for name in ("PartitionKey", "RowKey")}
        properties = {**first["properties"], **row}
        table["data"].append({**first, **keys, "properties": properties, "$loki": first["$loki"] + number})
    table["maxId"] = table["data"][-1]["$loki"]
    table["idIndex"] = [row["$loki"] for row in table["data"]]
    for index in table["binaryIndices"].values():
        index |= {"dirty": True, "values": list(range(SIZE))}
    file.write_text(json.dumps(database))


async def make_and_measure(connection: str, tenant_id: str) -> None:
    """Make the board twice, and ask for its pages."""
    os.environ |= {"AzureWebJobsStorage": connection}
    services = Services()
    try:
        for name in ("board_first", "board_again"):
            began = time.perf_counter()
            await on_board(services=services)
            report(name, SIZE, time.perf_counter() - began, "s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        report("board_memory", SIZE, peak, "MiB", note="peak of the process that fills the table and makes it")
        await measure(services, tenant_id)
    finally:
        await services.close()


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
