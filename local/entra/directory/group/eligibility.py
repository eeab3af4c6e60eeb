"""/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances: who may join or own which group (PIM).

Sources: the pages privilegedaccessgroupeligibilityscheduleinstance and privilegedaccessgroup-list-
eligibilityscheduleinstances of the Graph documentation, which ask for a filter by principal or group.
"""

from typing import Any

from local.entra.directory.directory_role.eligibility import check_eligibility, check_license, holds
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError
from local.entra.protocol.query import Listing, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, Filterable, Schema
from local.entra.protocol.words import words
from local.entra.state import TenantState

PATH = "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
NAMES = words("id principalId groupId accessId memberType startDateTime endDateTime eligibilityScheduleId")
ELIGIBILITY = Schema(
    name="microsoft.graph.privilegedAccessGroupEligibilityScheduleInstance",
    resource="PrivilegedAccessGroupEligibilityScheduleInstance",
    entity_set="identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={name: Filterable(EQUALITY, frozenset()) for name in ("principalId", "groupId", "accessId", "memberType")},
)


def list_instances(call: Call) -> Reply:
    check_license(call.state)
    asked = str(call.options.values.get("$filter", ""))
    if "principalId" not in asked and "groupId" not in asked:
        raise GraphError(400, "InvalidFilter", "The request requires a filter by principalId or groupId.")
    now = call.state.clock.now()
    rows = [row for row in call.state.group_eligibilities if holds(row, now)]
    return Reply(body=page(Listing(rows, ELIGIBILITY, PATH, call.origin), call.options))


def new_group_eligibility(state: TenantState, document: dict[str, Any]) -> Entity:
    """An eligibility as the control side takes it, with sensible values for what was left out.

    Raises:
        ValueError: a name is unknown, or the person or the group is missing.
    """
    check_eligibility(document, names=NAMES, needed=("principalId", "groupId"))
    access = document.get("accessId", "member")
    return {
        "id": f"{document['groupId']}_{access}_{state.ids()}",
        "accessId": access,
        "memberType": "direct",
        "startDateTime": state.clock.text(),
        "endDateTime": None,
        "eligibilityScheduleId": state.ids(),
        **document,
    }


ROUTES = (Route("GET", PATH, list_instances),)
