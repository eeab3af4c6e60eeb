"""Milliseconds until a page is answered, beside a function of the same host that answers a constant text."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.person import Person
from local.stack import ROOT, Stack, StackOptions
from local.stack_info import inherited
from tests.bench.command_line import measure as apply_as_process
from tests.bench.figures import report

ROUNDS = 200
CONSTANT = """

@app.function_name("constant")
@app.route("constant", methods=["GET"])
async def constant(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("constant")


@app.function_name("constant_after_read")
@app.route("constant-after-read", methods=["GET"])
async def constant_after_read(req: func.HttpRequest) -> func.HttpResponse:
    table = runtime.services().storage.table("people")
    async for _ in table.query_entities("PartitionKey eq 'nobody' and RowKey eq 'nobody'"):
        pass
    return func.HttpResponse("constant")
"""
# What each page is compared with: a page of the person who is signed in needs their row, whatever it says.
BASELINES = {
    "/start": ("/constant", "beside a constant text"),
    "/me": ("/constant-after-read", "beside a constant text after one read of the table"),
    "/": ("/constant-after-read", "beside a constant text after one read of the table"),
}


async def run() -> None:
    """Ask for each page and for the constant in turn, over one connection, signed in once."""
    with app_with_constant() as app:
        options = StackOptions(app=app, users=1)
        async with Stack.start(options) as stack:
            user_name = await prepare(stack)
            async with Person(user_name) as person:
                await person.open(f"{stack.info.site}/")
                await measure(person.http, stack.info.site)


@contextmanager
def app_with_constant() -> Iterator[Path]:
    """Our own app with one function more, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder)
        for name in ("provisioning", "landing", "host.json"):
            (app / name).symlink_to(ROOT / name)
        (app / "function_app.py").write_text((ROOT / "function_app.py").read_text(encoding="utf-8") + CONSTANT)
        yield app


async def prepare(stack: Stack) -> str:
    """Set the tenant up, so that a person can sign in; returns who.

    By the command line: an app of another folder has no registration for the administration API's tokens.
    """
    apply_as_process({**inherited(), **stack.info.app_settings()}, "apply")
    name = "bench@example.com"
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        await http.post(f"{stack.info.tenant}/_local/users", json=[{"userPrincipalName": name, "employeeId": "1"}])
    return name


async def measure(http: httpx.AsyncClient, site: str) -> None:
    """One of each in turn, so that what else the machine does slows all of them."""
    taken: dict[str, list[float]] = {path: [] for path in ("/constant", "/constant-after-read", *BASELINES)}
    for number in range(ROUNDS + 10):
        for path, times in taken.items():
            began = time.perf_counter()
            answer = await http.get(site + path)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} was answered {answer.status_code}.")
            if number >= 10:
                times.append(time.perf_counter() - began)
    medians = {path: statistics.median(times) * 1000 for path, times in taken.items()}
    for path, (baseline, note) in BASELINES.items():
        name = f"landing_{path.strip('/') or 'page'}"
        report(name, ROUNDS, medians[path], "ms", baseline=medians[baseline], note=note)
