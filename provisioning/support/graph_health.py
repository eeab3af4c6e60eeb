"""Checks of health that ask Microsoft Graph, and those of what a sweep or the ledger holds for an admin to decide."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provisioning.errors import ConfigurationError, TransientError
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.model.operation import Mode
from provisioning.people.methods import ASK_THEM
from provisioning.services import Services
from provisioning.store.ledger import Ledger
from provisioning.store.storage import Storage, reaching
from provisioning.support.check import Check
from provisioning.tenant.preflight.permissions import NEEDED
from provisioning.tenant.settings import TenantObjectSettings

GRANT = (
    "Grant them: python -m provisioning bootstrap. A token that was issued earlier keeps its old roles for up to a day."
)
STATUS = "If Microsoft Graph has a problem, do nothing: work waits and continues by itself."
AGAIN = "The next sweep tries again by itself. If this persists, read the people app's log."
GIVEN_UP = (
    "Find out what stops them in the people app's log, fix it, and queue them again: python -m provisioning replay "
    "hires."
)
MOST_SHOWN = 10
ALWAYS = frozenset({Mode.VERIFY, Mode.DISABLE})  # the daily look needs what a proof needs, and turning off cannot wait


async def of_graph(services: Services) -> Check:
    """Check that the tenant identity gets a token with its roles, and that Graph answers a cheap question."""
    try:
        client_id = services.settings(TenantObjectSettings).client_id
        graph = services.graph(client_id)
        roles = (await graph.claims()).get("roles")
        lacking = lacking_permissions_of(roles, modes=ALWAYS)
        if lacking:
            return Check("graph", False, f"The tenant identity lacks {', '.join(lacking)}.", GRANT, {"lacks": lacking})
        await graph.send(cheap_question(graph))
        if later := lacking_permissions_of(roles, modes=frozenset(Mode)):
            detail = f"Microsoft Graph answers. Before the next change, grant these permissions: {', '.join(later)}."
            return Check("graph", True, detail, GRANT, {"lacks": later})
    except ConfigurationError as error:
        return Check("graph", False, error.reason, error.remedy)
    except PermissionDenied as error:
        return Check("graph", False, f"Microsoft Graph answers {error.status} {error.code}.", GRANT)
    except GraphError as error:
        return Check("graph", False, f"Microsoft Graph answers {error.status} {error.code}.", STATUS)
    except TransientError as error:
        return Check("graph", False, str(error), STATUS)
    return Check("graph", True, "Microsoft Graph answers, and the tenant identity has its permissions.")


def lacking_permissions_of(roles: Sequence[str] | None, *, modes: frozenset[Mode]) -> list[str]:
    """Return which permissions a token lacks for any of these modes; a token of a person tells none.

    Args:
        roles: Of the token.
        modes: Which operations are to be possible.
    """
    if roles is None:
        return []
    held = frozenset(roles)
    return [
        name
        for name, need in NEEDED.items()
        if any(not need.is_met_by(name, held, mode=mode) for mode in need.modes & modes)
    ]


def cheap_question(graph: Graph) -> RequestInformation:
    """Return a request that the tenant identity may make for every operation, and that costs next to nothing."""
    info = RequestInformation(Method.GET)
    info.url = f"{graph.root}/policies/identitySecurityDefaultsEnforcementPolicy"
    info.headers.try_add("Accept", "application/json")
    return info


async def of_registrations(ledger: Ledger) -> Check:
    """Check that no second factor that may be another person's waits to be acknowledged."""
    people = sorted(person.object_id for person in await ledger.unexpected_people())
    if not people:
        return Check(
            "registrations", True, "No unexpected registration is waiting for an admin.", figures={"unexpected": 0}
        )
    names = ", ".join(people[:MOST_SHOWN]) + (", ..." if len(people) > MOST_SHOWN else "")
    detail = f"{len(people)} unexpected registration{'s' if len(people) > 1 else ''}: object {names}."
    return Check("registrations", False, detail, ASK_THEM, {"unexpected": len(people)})


async def of_people(ledger: Ledger) -> Check:
    """Check that the people identity has its permissions, the report can be read, and who had to leave has left."""
    return read_heartbeat(await ledger.last_sweep() or {})


def read_heartbeat(row: Mapping[str, Any]) -> Check:
    """Judge what the last sweep says beside how it ended."""
    figures = {
        name: row[name] for name in ("lacks", "not_removed", "held", "given_up", "report", "reconcile") if name in row
    }
    if row.get("lacks"):
        return Check("people", False, f"The people identity lacks {row['lacks']}.", GRANT, figures)
    if row.get("not_removed"):
        detail = (
            f"Number of people that Microsoft Graph refused to remove from the enrollment group: {row['not_removed']}."
        )
        remedy = (
            "The log names each of them (not_removed), and people show says why. Remove them by hand if this persists."
        )
        return Check("people", False, detail, remedy, figures)
    if row.get("held"):
        detail = (
            f"{row['held']} people whose end HR reported are on hold, because one HR system ended too many people "
            "within an hour."
        )
        remedy = "Ask HR whether that is right, and then release them: python -m provisioning sweep --allow N."
        return Check("people", False, detail, remedy, figures)
    if row.get("given_up"):
        detail = f"{row['given_up']} HR deliveries were queued again and again and are still not processed."
        return Check("people", False, detail, GIVEN_UP, figures)
    if row.get("reconcile") == "failed":
        detail = f"The daily comparison with the group failed: {row.get('reconcile_reason', '')}"
        return Check(
            "people", False, detail, "The next sweep tries again by itself. If this persists, read the log.", figures
        )
    if row.get("report") == "none" and row.get("report_reason"):
        detail = f"There is no registration report: {row['report_reason']}"
        return Check("people", True, detail, row.get("report_remedy"), figures)
    return Check("people", True, "The people identity has its permissions.", figures=figures)


async def oldest_message(storage: Storage, queue_name: str) -> datetime | None:
    """Return since when the first visible message of a queue waits; None where none does."""
    async with reaching(f"queue {queue_name}"):
        messages = await storage.queue(queue_name).peek_messages(max_messages=1)
    return messages[0].inserted_on if messages else None
