"""`$expand`: what an object is linked to, shown in the object itself.

Source: the page `query-parameters` (at most 20 linked objects are shown; `$select` may be nested). The caller needs the
permission to read the link, too.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.entra.directory.group.links import listed, transitive_members
from local.entra.directory.member_of import linked_to
from local.entra.limits.permissions import require
from local.entra.protocol.errors import bad_request, not_implemented
from local.entra.protocol.linked_objects import NO_OTHERS, Linked, show_any
from local.entra.protocol.routing import Call, Handler, Reply

MOST_SHOWN = 20
ITEM = re.compile(r"^(?P<name>\w+)(?:\((?P<options>.*)\))?$", re.DOTALL)
Names = tuple[str, ...] | None


@dataclass(frozen=True)
class Relation:
    """How one kind of link is shown.

    Args:
        show: the linked objects of the object with this id.
        rule: the permission rule of reading it.
    """

    show: Callable[[Call, str, Names], Any]
    rule: str


def objects(ids: Callable[[Call, str], Any], others: Callable[[Call, str], Mapping[str, Linked]] | None = None) -> Any:
    """Shows directory objects by their ids."""

    def show(call: Call, object_id: str, names: Names) -> list[dict[str, Any]]:
        more = others(call, object_id) if others else NO_OTHERS
        render = show_any(call, more)
        found = [render({"id": item}, names) for item in list(ids(call, object_id))[:MOST_SHOWN]]
        return [item for item in found if "@odata.type" in item]

    return show


def show_manager(call: Call, object_id: str, names: Names) -> dict[str, Any] | None:
    manager = call.state.managers.get(object_id)
    return None if manager is None else show_any(call)({"id": manager}, names)


def assignments(side: str) -> Callable[[Call, str, Names], Any]:
    def show(call: Call, object_id: str, names: Names) -> list[dict[str, Any]]:
        rows = [row for row in call.state.assignments.values() if row[side] == object_id]
        return [dict(row) if names is None else {name: row.get(name) for name in names} for row in rows[:MOST_SHOWN]]

    return show


def show_credentials(call: Call, object_id: str, names: Names) -> list[dict[str, Any]]:
    return list(call.state.federated_credentials.get(object_id, ()))[:MOST_SHOWN]


def owners_of(call: Call, object_id: str) -> list[str]:
    return call.state.owners_seen(object_id)


def members_of(call: Call, object_id: str) -> list[str]:
    return listed(call, call.state.members_seen(object_id))


def all_groups(call: Call, object_id: str) -> Mapping[str, Linked]:
    return linked_to(call, object_id, transitive=True)


def own_groups(call: Call, object_id: str) -> Mapping[str, Linked]:
    return linked_to(call, object_id, transitive=False)


def reports_of(call: Call, object_id: str) -> list[str]:
    return [report for report, manager in call.state.managers.items() if manager == object_id]


def holder_relations(path: str) -> dict[str, Relation]:
    """What people, groups and service principals have in common."""
    return {
        "memberOf": Relation(objects(own_groups, own_groups), f"GET {path}/memberOf"),
        "transitiveMemberOf": Relation(objects(all_groups, all_groups), f"GET {path}/transitiveMemberOf"),
        "appRoleAssignments": Relation(assignments("principalId"), f"GET {path}/appRoleAssignments"),
    }


USER_PATH, GROUP_PATH = "/users/{user}", "/groups/{group}"
APPLICATION_PATH, PRINCIPAL_PATH = "/applications/{application}", "/servicePrincipals/{servicePrincipal}"
RELATIONS: Mapping[str, Mapping[str, Relation]] = {
    "users": {
        **holder_relations(USER_PATH),
        "manager": Relation(show_manager, f"GET {USER_PATH}/manager"),
        "directReports": Relation(objects(reports_of), f"GET {USER_PATH}/directReports"),
    },
    "groups": {
        **holder_relations(GROUP_PATH),
        "members": Relation(objects(members_of), f"GET {GROUP_PATH}/members"),
        "transitiveMembers": Relation(
            objects(lambda call, key: listed(call, transitive_members(call.state, key))),
            f"GET {GROUP_PATH}/transitiveMembers",
        ),
        "owners": Relation(objects(owners_of), f"GET {GROUP_PATH}/owners"),
    },
    "applications": {
        "owners": Relation(objects(owners_of), f"GET {APPLICATION_PATH}/owners"),
        "federatedIdentityCredentials": Relation(
            show_credentials, f"GET {APPLICATION_PATH}/federatedIdentityCredentials"
        ),
    },
    "servicePrincipals": {
        **holder_relations(PRINCIPAL_PATH),
        "owners": Relation(objects(owners_of), f"GET {PRINCIPAL_PATH}/owners"),
        "appRoleAssignedTo": Relation(assignments("resourceId"), f"GET {PRINCIPAL_PATH}/appRoleAssignedTo"),
    },
}


def answer_expanded(call: Call, handler: Handler) -> Reply:
    """The handler's answer, with what `$expand` names in each object.

    Raises:
        GraphError: 400 for an advanced query, 501 for a link that is not modelled.
    """
    text = call.options.values.get("$expand")
    if text is None:
        return handler(call)
    if call.options.advanced:
        raise bad_request("$expand is not currently supported with advanced queries.")
    wanted = [asked(call, item) for item in split(text, ",")]
    options, selected = call.options.changed(expand=None), call.options.values.get("$select")
    hide_id = selected is not None and "id" not in selected.lower().split(",")
    reply = handler(replace(call, options=options.changed(select=f"{selected},id") if hide_id else options))
    if not isinstance(reply.body, dict) or reply.status >= 400:
        return reply
    body = reply.body
    if isinstance(body.get("value"), list):
        body = {**body, "value": [expanded(call, item, wanted, hide_id=hide_id) for item in body["value"]]}
        if "@odata.nextLink" in body:
            body["@odata.nextLink"] += f"&$expand={text}"
    elif "id" in body:
        body = expanded(call, body, wanted, hide_id=hide_id)
    return replace(reply, body=body)


def split(text: str, separator: str) -> list[str]:
    """The parts of a text, commas or semicolons in parentheses apart."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def asked(call: Call, item: str) -> tuple[str, Relation, Names]:
    """One link that `$expand` names, with the properties its own `$select` names."""
    match = ITEM.match(item)
    relations = RELATIONS.get(call.template.strip("/").partition("/")[0].partition("(")[0], {})
    relation = relations.get(match["name"]) if match else None
    if match is None or relation is None or call.template.count("/") > 2:
        raise not_implemented(f"$expand={item} at {call.template}")
    names: Names = None
    for option in split(match["options"] or "", ";"):
        name, _, value = option.partition("=")
        if name.strip().lower() != "$select":
            raise not_implemented(f"{option} in $expand")
        names = tuple(part.strip() for part in value.split(",") if part.strip())
    return match["name"], relation, names


def expanded(
    call: Call, item: dict[str, Any], wanted: list[tuple[str, Relation, Names]], *, hide_id: bool
) -> dict[str, Any]:
    result = {name: value for name, value in item.items() if name != "id" or not hide_id}
    for name, relation, names in wanted:
        require(call.state, call.caller, relation.rule, object_id=item["id"])
        result[name] = relation.show(call, item["id"], names)
    return result
