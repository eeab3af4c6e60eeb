"""/directory/administrativeUnits: made, read, changed, deleted, and who is in them.

Source: the pages administrativeunit-list, directory-post-administrativeunits and administrativeunit-post-members. What
a restricted management unit forbids is in `group_rules.check_management`.
"""

from typing import Any

from local.entra.directory.directory_object.schema import DIRECTORY_OBJECT
from local.entra.directory.user.routes import by_object_id
from local.entra.protocol.bodies import read_only
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, invalid_value, not_found, required
from local.entra.protocol.linked_objects import of_any_kind, page_of_kind, page_of_objects, show_any
from local.entra.protocol.links import already_linked, check_exist, reference_id, removable_id
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words
from local.entra.state import TenantState

PATH = "/directory/administrativeUnits"
ONE = f"{PATH}/{{unit}}"
RESOURCE = "AdministrativeUnit"
NAMES = words(
    "id deletedDateTime description displayName isMemberManagementRestricted membershipRule "
    "membershipRuleProcessingState membershipType visibility"
)
WRITABLE = frozenset(NAMES) - {"id", "deletedDateTime"}
ADMINISTRATIVE_UNIT = Schema(
    name="microsoft.graph.administrativeUnit",
    resource=RESOURCE,
    entity_set="directory/administrativeUnits",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={"displayName": Filterable(PLAIN_TEXT), "id": Filterable(EQUALITY)},
)


def units_of(state: TenantState, object_id: str) -> list[Entity]:
    """The administrative units that an object is in."""
    return [unit for unit in state.units.values() if object_id in state.unit_members[unit["id"]]]


def list_units(call: Call) -> Reply:
    rows = list(call.state.units.values())
    return Reply(body=page(Listing(rows, ADMINISTRATIVE_UNIT, PATH, call.origin), call.options))


def find_unit(call: Call) -> Entity:
    return by_object_id(call.state.units, call.keys["unit"])


def shown(call: Call, unit: Entity) -> dict[str, Any]:
    return entity(unit, schema=ADMINISTRATIVE_UNIT, options=call.options, origin=call.origin)


def get_unit(call: Call) -> Reply:
    return Reply(body=shown(call, find_unit(call)))


def create_unit(call: Call) -> Reply:
    """201."""
    document = checked(call.document())
    if not document.get("displayName"):
        raise required("displayName", RESOURCE)
    check_values(document)
    unit: Entity = {
        "id": call.state.ids(),
        "isMemberManagementRestricted": False,
        **document,
    }
    call.state.units[unit["id"]] = unit
    call.state.unit_members[unit["id"]] = {}
    return Reply(201, shown(call, unit))


def checked(document: dict[str, Any]) -> dict[str, Any]:
    """What a body says of a unit, its names spelled as the type spells them.

    Raises:
        GraphError: 400 for a property that a unit does not have, or that only Graph sets.
    """
    known = {name.casefold(): name for name in NAMES}
    body = {known.get(name.casefold(), name): value for name, value in document.items() if "@" not in name}
    for name in body:
        if name not in NAMES:
            raise bad_request(f"Invalid property '{name}'.")
        if name not in WRITABLE:
            raise read_only(name)
    return body


def mark_restricted(state: TenantState, object_id: str) -> None:
    """Let an object say whether it is in a restricted management unit; `group_rules.check_management` goes by that."""
    found = state.directory_object(object_id)
    if found is not None:
        found[1]["isManagementRestricted"] = any(
            unit.get("isMemberManagementRestricted") for unit in units_of(state, object_id)
        )


def check_values(document: dict[str, Any]) -> None:
    if not isinstance(document.get("displayName", "unit"), str):
        raise invalid_value("displayName", RESOURCE)
    if document.get("visibility") not in (None, "Public", "HiddenMembership"):
        raise invalid_value("visibility", RESOURCE)


def update_unit(call: Call) -> Reply:
    unit, document = find_unit(call), checked(call.document())
    check_values(document)
    unit.update(document)
    for object_id in call.state.unit_members[unit["id"]]:
        mark_restricted(call.state, object_id)
    return Reply(204)


def delete_unit(call: Call) -> Reply:
    unit_id = find_unit(call)["id"]
    members = call.state.unit_members[unit_id]
    del call.state.units[unit_id], call.state.unit_members[unit_id]
    for member in members:
        mark_restricted(call.state, member)
    return Reply(204)


def list_members(call: Call) -> Reply:
    unit_id = find_unit(call)["id"]
    return Reply(body=page_of_objects(call, call.state.unit_members[unit_id], path=f"{PATH}/{unit_id}/members"))


def list_members_of_kind(call: Call) -> Reply:
    unit_id = find_unit(call)["id"]
    members, path = call.state.unit_members[unit_id], f"{PATH}/{unit_id}/members"
    return Reply(body=page_of_kind(call, members, path=path, kind=call.keys["kind"]))


def get_member(call: Call) -> Reply:
    """One member, with the properties of its kind."""
    members, member = call.state.unit_members[find_unit(call)["id"]], call.keys["member"].lower()
    found = of_any_kind(call, member)
    if member not in members or found is None:
        raise not_found(call.keys["member"])
    context = f"{call.origin}/v1.0/$metadata#directoryObjects/$entity"
    return Reply(
        body={"@odata.context": context, **show_any(call)(found.entity, call.options.select(DIRECTORY_OBJECT))}
    )


def add_member(call: Call) -> Reply:
    members = call.state.unit_members[find_unit(call)["id"]]
    member = reference_id(call, "members")
    check_exist(call.state, [member])
    if member in members:
        raise already_linked("members")
    members[member] = None
    mark_restricted(call.state, member)
    return Reply(204)


def remove_member(call: Call) -> Reply:
    members = call.state.unit_members[find_unit(call)["id"]]
    member = removable_id(call.keys["member"], "members")
    if member not in members:
        raise not_found(member)
    del members[member]
    mark_restricted(call.state, member)
    return Reply(204)


ROUTES = (
    Route("GET", PATH, list_units),
    Route("POST", PATH, create_unit),
    Route("GET", ONE, get_unit),
    Route("PATCH", ONE, update_unit),
    Route("DELETE", ONE, delete_unit),
    Route("GET", f"{ONE}/members", list_members),
    Route("GET", f"{ONE}/members/microsoft.graph.{{kind}}", list_members_of_kind),
    Route("GET", f"{ONE}/members/{{member}}", get_member),
    Route("POST", f"{ONE}/members/$ref", add_member),
    Route("DELETE", f"{ONE}/members/{{member}}/$ref", remove_member),
)
