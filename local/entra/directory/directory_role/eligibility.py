"""/roleManagement/directory/roleEligibilityScheduleInstances: who may activate which directory role (PIM).

Sources: the pages unifiedroleeligibilityscheduleinstance, rbacapplication-list-roleeligibilityscheduleinstances and
unifiedroleeligibilityscheduleinstance-get of the Graph documentation; Microsoft365DSC (it looks for
AadPremiumLicenseRequired) for the refusal without P2.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, not_found
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, Filterable, Schema
from local.entra.protocol.words import words
from local.entra.state import TenantState

PATH = "/roleManagement/directory/roleEligibilityScheduleInstances"
NAMES = words(
    "id principalId roleDefinitionId directoryScopeId appScopeId startDateTime endDateTime memberType "
    "roleEligibilityScheduleId"
)
ELIGIBILITY = Schema(
    name="microsoft.graph.unifiedRoleEligibilityScheduleInstance",
    resource="UnifiedRoleEligibilityScheduleInstance",
    entity_set="roleManagement/directory/roleEligibilityScheduleInstances",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={
        name: Filterable(EQUALITY, frozenset())
        for name in ("id", "principalId", "roleDefinitionId", "directoryScopeId", "memberType")
    },
)


def check_license(state: TenantState) -> None:
    """Privileged Identity Management is part of P2."""
    if not state.settings.license_p2:
        raise GraphError(
            400,
            "AadPremiumLicenseRequired",
            "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
        )


def instances(state: TenantState) -> list[Entity]:
    """The eligibilities of now: an instance exists from its start to its end."""
    now = state.clock.now()
    return [row for row in state.role_eligibilities if holds(row, now)]


def holds(row: Entity, now: datetime) -> bool:
    start, end = row.get("startDateTime"), row.get("endDateTime")
    return (start is None or datetime.fromisoformat(start) <= now) and (
        end is None or now < datetime.fromisoformat(end)
    )


def list_instances(call: Call) -> Reply:
    check_license(call.state)
    return Reply(body=page(Listing(instances(call.state), ELIGIBILITY, PATH, call.origin), call.options))


def get_instance(call: Call) -> Reply:
    check_license(call.state)
    for row in instances(call.state):
        if row["id"] == call.keys["instance"]:
            return Reply(body=entity(row, schema=ELIGIBILITY, options=call.options, origin=call.origin))
    raise not_found(call.keys["instance"])


def check_eligibility(document: dict[str, Any], *, names: Sequence[str], needed: Sequence[str]) -> None:
    """Check what the control side was given for an eligibility, for a role or for a group.

    Raises:
        ValueError: a name is unknown, a needed text is missing, or a time has no zone.
    """
    for name in document:
        if name not in names:
            raise ValueError(f"An eligibility has no property '{name}'; the properties are {', '.join(names)}.")
    for name in needed:
        if not isinstance(document.get(name), str):
            raise ValueError(f"An eligibility needs the text '{name}'.")
    for name in ("startDateTime", "endDateTime"):
        if document.get(name) is not None and datetime.fromisoformat(str(document[name])).tzinfo is None:
            raise ValueError(f"'{name}' of an eligibility needs a time zone, as in 2026-11-25T09:00:00Z.")


def new_eligibility(state: TenantState, document: dict[str, Any]) -> Entity:
    """An eligibility as the control side takes it, with sensible values for what was left out.

    Raises:
        ValueError: a name is unknown, or the person or the role is missing.
    """
    check_eligibility(document, names=NAMES, needed=("principalId", "roleDefinitionId"))
    return {
        "id": f"{state.ids()}-1-e",
        "directoryScopeId": "/",
        "appScopeId": None,
        "startDateTime": state.clock.text(),
        "endDateTime": None,
        "memberType": "Direct",
        "roleEligibilityScheduleId": state.ids(),
        **document,
    }


ROUTES = (
    Route("GET", PATH, list_instances),
    Route("GET", f"{PATH}/{{instance}}", get_instance),
)
