"""5,000 people are invited at once, with Graph unwell and the sending process killed five times: each is told once.

A fifth of all Graph requests fail, some of them after they took effect. A tenth of the people are called off before
their message has its turn, and must get nothing. Real storage (Azurite); the tenant and the product in this
process, with a clock of their own, since 5,000 messages at the mailbox's pace take days. `messages:1000` invites 1,000.
"""

import os
import random
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from local import identities
from local.entra.app import create_app
from local.entra.clock import Clock
from local.entra.seeding import new_tenant
from local.entra.state import TenantState
from local.stack import Stack, StackOptions
from provisioning.concurrency import each
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.newcomer_messages import MessageKind, MessageState
from provisioning.people.outgoing import announcing_ledger
from provisioning.people.triggers import on_messages
from provisioning.services import Services
from provisioning.store.outbox import Outbox
from tests.bench.figures import report
from tests.integration.in_process import InProcess, ManagedIdentity
from tests.support import ENDPOINT, FrozenClock, Sleeps, graph_over

PEOPLE = 5_000
KILLS = 5
LEAVE = 10  # one of so many is not to be told any more
STORM = {"storm": {"seed": 7, "rate": 0.2, "path": "/v1.0/users/"}}
SENDER = "enroll@example.com"
MONDAY = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
SETTINGS = {
    "MESSAGES": MessageKind.INVITATION,
    "MESSAGES_CHANNEL": "exchange",
    "MESSAGES_SENDER": SENDER,
    "MESSAGES_PER_HOUR": "1800",
    "LANDING_URL": "https://enroll.example.com",
    "BREAK_GLASS_USER_IDS": identities.BREAK_GLASS_USER_ID,
    "PEOPLE_CLIENT_ID": identities.PEOPLE.client_id,
}


class Died(BaseException):
    """The process that sends dies here."""


async def run(people: int = PEOPLE) -> None:
    """Invite, send through storm and kills, and look at everybody."""
    async with AsyncExitStack() as stack:
        storage = os.environ.get("TEST_AZURITE")
        if storage is None:
            storage = (await stack.enter_async_context(Stack.start(StackOptions()))).info.storage
        os.environ.update({**SETTINGS, "AzureWebJobsStorage": storage, "TENANT_ID": str(uuid4())})
        clock = FrozenClock(MONDAY)
        tenant = new_tenant(seed=1, clock=Clock(clock))
        app, sleeps = create_app(tenant), Sleeps(clock=clock)
        control = await stack.enter_async_context(httpx.AsyncClient(transport=InProcess(app), base_url=ENDPOINT))
        credential = ManagedIdentity(control, tenant, identities.PEOPLE.client_id)
        graph = graph_over(InProcess(app), credential=credential, sleeps=sleeps, now=clock)
        services = Services(now=clock, sleep=sleeps)
        services.graphs[identities.PEOPLE.client_id] = graph
        stack.push_async_callback(services.close)
        await measure(tenant, control, services, clock, people=people)


async def measure(
    tenant: TenantState, control: httpx.AsyncClient, services: Services, clock: FrozenClock, *, people: int
) -> None:
    """One cohort."""
    ids = await prepare(control, people=people)
    started = time.perf_counter()
    ledger = announcing_ledger(services)

    async def invite(object_id: str) -> Person:
        row = Person(object_id, EnrollmentState.INVITED, start_date=MONDAY.date(), invited_at=clock())
        return await ledger.save(row)

    rows = await each(ids, invite)
    gone = rows[::LEAVE]
    await each(gone, lambda row: ledger.save(replace(row, state=EnrollmentState.LEFT)))
    await control.post("/_local/faults", json=STORM)
    kills = await send_everything(services, clock, expected=len(ids))
    seconds = time.perf_counter() - started
    check(tenant, await outcomes(services), gone={row.object_id for row in gone}, people=len(ids))
    states = Counter(str(state) for state in (await outcomes(services)).values())
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    days = (clock() - MONDAY).total_seconds() / 86400
    note = f"{told}; {len(tenant.mail)} mails, none twice, none to {len(gone)} who left; {kills} kills, {days:.1f} days"
    report("messages", len(ids), seconds, "s", note=note)


async def prepare(control: httpx.AsyncClient, *, people: int) -> list[str]:
    """Make the mailbox, who may send from it, and the people."""
    users = [{"displayName": f"New {number}", "employeeId": str(number)} for number in range(people)]
    made: dict[str, Any] = (await control.post("/_local/users", json=users)).json()
    sender = {"displayName": "Enrollment", "userPrincipalName": SENDER}
    (mailbox,) = (await control.post("/_local/users", json=[sender])).json()["ids"]
    settings = {"mailRbacClient": identities.PEOPLE.client_id, "mailRbacMailbox": mailbox, "throttleDirectory": 0}
    await control.patch("/_local/settings", json=settings)
    return list(made["ids"])


async def send_everything(services: Services, clock: FrozenClock, *, expected: int) -> int:
    """Let the timer fire until every message is settled; returns how often the process was killed."""
    dice, kills, left = random.Random(5), 0, expected
    transport = services.graphs[identities.PEOPLE.client_id].transport
    assert isinstance(transport, InProcess)

    while left:
        clock.advance(minutes=1)
        dies_at = transport.calls + dice.randint(10, 60) if kills < KILLS and dice.random() < 0.2 else 0

        def watch(number: int, moment: str, dies_at: int = dies_at) -> None:
            if number == dies_at and moment == "after":
                raise Died

        transport.watch = watch
        try:
            await on_messages(services=services)
        except Died:
            kills += 1
        if clock().minute == 0 or clock().hour >= 17:
            left = sum(state is MessageState.PLANNED for state in (await outcomes(services)).values())
            left += sum(state is MessageState.CLAIMED for state in (await outcomes(services)).values())
        if clock().hour >= 17:
            clock.moment += timedelta(hours=14)
    return kills


async def outcomes(services: Services) -> dict[str, MessageState]:
    """What became of each invitation."""
    outbox = Outbox(services.storage, tenant_id=services.tenant_id)
    return {message.object_id: message.state async for message in outbox.all_messages()}


def check(tenant: TenantState, states: dict[str, MessageState], *, gone: set[str], people: int) -> None:
    """Everybody is told once or known to be unsure, and nobody who left is told."""
    sent = Counter(item["message"]["toRecipients"][0]["emailAddress"]["address"] for item in tenant.mail)
    twice = [address for address, times in sent.items() if times > 1]
    accepted = sum(state is MessageState.ACCEPTED for state in states.values())
    unknown = sum(state is MessageState.UNKNOWN for state in states.values())
    dropped = {object_id for object_id, state in states.items() if state is MessageState.DROPPED}
    problems = {
        "told twice": len(twice),
        "of those who left, not dropped": len(gone - dropped),
        "neither accepted, unknown nor dropped": people - accepted - unknown - len(dropped),
        "accepted and not sent": max(0, accepted - len(sent)),
    }
    with suppress(StopIteration):
        what, number = next((what, number) for what, number in problems.items() if number)
        raise RuntimeError(f"{number} {what}.")
