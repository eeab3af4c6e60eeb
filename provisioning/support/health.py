"""GET /api/health: is anything stuck, and what to do about it. Only reads, and asks Graph one cheap question."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from azure.core.exceptions import AzureError

from provisioning.errors import ConfigurationError, Rejected, TransientError
from provisioning.http import Response, json_response
from provisioning.model.operation import DEADLINE, OperationState, OperationSummary
from provisioning.model.sweep import SweepOutcome
from provisioning.services import Services
from provisioning.settings import SingleAppSettings
from provisioning.store import poison
from provisioning.store.ledger import Ledger
from provisioning.store.operations import Operations
from provisioning.store.outbox import Outbox
from provisioning.store.storage import QUEUES, Storage, message_count
from provisioning.support.check import Check
from provisioning.support.graph_health import of_graph, of_people, of_registrations, oldest_message
from provisioning.support.message_health import of_messages
from provisioning.support.settings import HealthSettings
from provisioning.support.source_health import of_sources
from provisioning.support.tenant_health import of_tenant

STORAGE_REMEDY = "Check that the storage account exists and that this app can reach it over the network."
FORMAT_REMEDY = "Look at the app's log and at the versions of the apps: all three come from one package."

# One failure of the storage account is told once, by its own check.
UNSEEN: dict[str, Any] = {"detail": "It could not be checked.", "remedy": "See storage."}

SWEEP_FAULTS: dict[str, str] = {
    SweepOutcome.LIMIT_EXCEEDED: "Check who is new in Entra (python -m provisioning sweep --show): the run would have "
    "changed more people than its limits allow. If that is right, run: python -m provisioning sweep --allow N.",
    SweepOutcome.NOT_SET_UP: 'Set up the tenant: POST /api/tenant {"mode":"apply"}, or python -m provisioning apply.',
}

ONE_APP = Check(
    "apps",
    True,
    "One app with one identity runs everything (SINGLE_APP), which is for trying out only.",
    "Before people depend on it, create another environment without SINGLE_APP, and take this one down.",
)

# What the heartbeat carries of the last look at the tenant's policies; the check "tenant" judges it.
LOOK_FIGURES = ("look", "look_at", "look_hours", "guarded", "look_codes")
LOOK_WORDS = {
    "stale": "It found that the tenant's policies had not been checked for too long.",
    "never": "It found that the tenant's policies had not been checked yet.",
}


@dataclass(frozen=True)
class Health:
    """Everything that was looked at."""

    at: datetime
    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether all of it is as it should be."""
        return all(check.healthy for check in self.checks)

    def as_json(self) -> dict[str, object]:
        """For a program."""
        return {
            "status": "healthy" if self.healthy else "unhealthy",
            "checkedAt": self.at.isoformat(),
            "checks": [check.as_json() for check in self.checks],
        }


async def get_health(*, services: Services) -> Response:
    """200 where everything is as it should be, else 503; the body says what is not, each with its remedy."""
    health = await examine(services=services)
    return json_response(200 if health.healthy else 503, health.as_json())


async def examine(*, services: Services) -> Health:
    """Look at everything at once. What cannot be looked at is unhealthy, and says why."""
    now = services.now()
    try:
        settings, storage = services.settings(HealthSettings), services.storage
        single = services.settings(SingleAppSettings).single_app
        people, operations, notes = services.ledger, services.operations, services.delivery_notes
    except ConfigurationError as error:
        return Health(now, (Check("settings", False, error.reason, error.remedy),))
    checks = await asyncio.gather(
        *(run_check(f"queue {name}", of_queue(storage, name)) for name in QUEUES),
        run_check("graph", of_graph(services)),
        run_check("sources", of_sources(notes)),
        run_check("people", of_people(people)),
        run_check("registrations", of_registrations(people)),
        run_check("sweep", of_sweep(people, now=now, stale=settings.sweep_stale)),
        run_check("messages", of_messages(Outbox(storage, tenant_id=services.tenant_id))),
        run_check("operation", of_operation(operations, now=now)),
        run_check("tenant", of_tenant(services.tenant_objects, now=now, stale=settings.watch_stale)),
    )
    storage_check, more = of_storage(checks), (ONE_APP,) if single else ()
    return Health(now, (storage_check, *more, *(check if check.seen else replace(check, **UNSEEN) for check in checks)))


async def run_check(name: str, look: Awaitable[Check]) -> Check:
    """Make a check; report one that could not be made as unhealthy."""
    try:
        return await look
    except TransientError as error:
        return Check(name, False, str(error), STORAGE_REMEDY, seen=False)
    except Rejected as error:
        return Check(name, False, error.reason, error.remedy, seen=False)
    except AzureError as error:
        detail = f"The storage account could not be read ({type(error).__name__})."
        return Check(name, False, detail, STORAGE_REMEDY, seen=False)
    except (KeyError, TypeError, ValueError) as error:
        return Check(name, False, f"What is stored cannot be read ({type(error).__name__}).", FORMAT_REMEDY)


def of_storage(checks: Sequence[Check]) -> Check:
    """Check that every queue and table could be read."""
    unseen = [check for check in checks if not check.seen]
    if not unseen:
        return Check("storage", True, "Every queue and table could be read.")
    names = ", ".join(check.name for check in unseen)
    return Check("storage", False, f"{unseen[0].detail} Not checked: {names}.", unseen[0].remedy, seen=False)


async def of_queue(storage: Storage, name: str) -> Check:
    """Count the messages that wait, and those the host gave up on."""
    waiting, given_up, oldest = await asyncio.gather(
        message_count(storage, name), poison.count_poison(storage, name), oldest_message(storage, name)
    )
    detail = f"{waiting} waiting or postponed, {given_up} in {name}-poison."
    figures: dict[str, object] = {"waiting": waiting, "poison": given_up}
    if oldest is not None:
        figures["oldest"] = oldest.isoformat()
        detail = f"{detail} The oldest one that is ready to process has been there since {oldest:%Y-%m-%d %H:%M} UTC."
    if given_up == 0:
        return Check(f"queue {name}", True, detail, figures=figures)
    remedy = (
        f"Look at them (python -m provisioning replay --list {name}), fix what made them fail, and put them back "
        f"(python -m provisioning replay {name})."
    )
    return Check(f"queue {name}", False, detail, remedy, figures)


async def of_sweep(people: Ledger, *, now: datetime, stale: timedelta) -> Check:
    """When the timer last did its work, and whether it did."""
    row = await people.last_sweep()
    if row is None:
        detail = "No sweep has ended yet."
        return Check("sweep", False, detail, "Check that the people app runs and that SWEEP_SCHEDULE is right.")
    at, outcome = datetime.fromisoformat(row["at"]), str(row["outcome"])
    minutes = max(0, int((now - at).total_seconds() // 60))
    detail = f"The last sweep ended {minutes} min ago: {outcome}."
    if row.get("reason"):
        detail = f"{detail} {row['reason']}"
    figures = {"at": at.isoformat(), "outcome": outcome, **{name: row[name] for name in LOOK_FIGURES if name in row}}
    if row.get("look") in LOOK_WORDS:
        detail = f"{detail} {LOOK_WORDS[row['look']]}"
    own = row.get("remedy") or SWEEP_FAULTS.get(outcome)  # a sweep that was stopped may keep why, and what helps
    fault = stale_sweep_remedy(stale) if now - at > stale else own
    return Check("sweep", fault is None, detail, fault, figures)


def stale_sweep_remedy(stale: timedelta) -> str:
    """Return the remedy for when no sweep has ended for too long."""
    return (
        f"A sweep should end at least every {stale.total_seconds() / 60:.0f} minutes (SWEEP_STALE_MINUTES). Look in "
        "the people app's log for the reason why none does: the app is stopped, the timer is disabled or runs in "
        "another app that shares the host's storage, or Graph refuses it."
    )


async def of_operation(operations: Operations, *, now: datetime) -> Check:
    """Check how the last operation that was more than a plan ended."""
    last = await operations.latest()
    if last is None:
        return Check("operation", True, "No operation has been requested yet.")
    detail = (
        f"The last operation, {last.mode} {last.operation_id}, has been {last.state} since "
        f"{last.changed_at.isoformat()}."
    )
    figures = {"operation": last.operation_id, "mode": str(last.mode), "state": str(last.state)}
    return Check("operation", *assess(last, now=now, detail=detail), figures=figures)


def assess(last: OperationSummary, *, now: datetime, detail: str) -> tuple[bool, str, str | None]:
    """Return whether the operation is as it should be, with the sentence and the remedy."""
    look = f"See why: GET /api/operations/{last.operation_id}."
    if last.state is OperationState.FAILED:
        return False, detail, f"{look} Fix the cause and request it again; it continues where it stopped."
    if not last.state.final and now - last.changed_at > DEADLINE:
        resume = f"python -m provisioning {last.mode} --resume {last.operation_id}"
        return False, detail, f"It has made no progress for more than an hour. Resume it: {resume}."
    if last.state in (OperationState.NEEDS_ADMIN, OperationState.REFUSED, OperationState.UNPROVED):
        return True, detail, look
    return True, detail, None
