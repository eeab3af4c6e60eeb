"""memberOf, transitiveMemberOf and the checks of membership, for people, groups and service principals alike.

Sources: the pages user-list-memberof, directoryobject-checkmembergroups, directoryobject-getmembergroups and
directoryobject-checkmemberobjects. The handlers of a service principal answer for one by `appId` too.
"""

from collections.abc import Callable, Iterable

from local.entra.applications.service_principal.routes import find_service_principal
from local.entra.directory.administrative_units import ADMINISTRATIVE_UNIT, units_of
from local.entra.directory.directory_role.routes import DIRECTORY_ROLE, role_of
from local.entra.directory.group.routes import find_group
from local.entra.directory.group.schema import GROUP
from local.entra.directory.user.routes import by_object_id, find_user
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request
from local.entra.protocol.linked_objects import Linked, page_of_kind, page_of_objects
from local.entra.protocol.routing import Call, Handler, Reply, Route

MOST_CHECKED = 20
Find = Callable[[Call], Entity]


def find_any(call: Call) -> Entity:
    """The object in the path of /directoryObjects/{id}."""
    found = call.state.directory_object(call.keys["directoryObject"])
    return by_object_id({}, call.keys["directoryObject"]) if found is None else found[1]


def linked_to(call: Call, object_id: str, *, transitive: bool) -> dict[str, Linked]:
    """The groups, directory roles and administrative units an object is in, by id."""
    state = call.state
    ids = sorted(state.groups_of(object_id)) if transitive else direct_groups(call, object_id)
    groups = [Linked("group", group, GROUP) for group_id in ids if (group := state.groups.get(group_id)) is not None]
    roles = [
        Linked("directoryRole", role_of(state, template_id), DIRECTORY_ROLE)
        for template_id in sorted(state.roles_in_directory(object_id))
    ]
    units = [Linked("administrativeUnit", unit, ADMINISTRATIVE_UNIT) for unit in units_of(state, object_id)]
    return {item.entity["id"]: item for item in (*groups, *roles, *units)}


def direct_groups(call: Call, object_id: str) -> list[str]:
    return [group_id for group_id, members in call.state.members.items() if object_id in members]


def lists(root: str, find: Find, *, name: str) -> tuple[Handler, Handler]:
    """The handlers of `memberOf` or `transitiveMemberOf`, and of a cast below it."""
    transitive = name == "transitiveMemberOf"

    def list_all(call: Call) -> Reply:
        found = find(call)
        linked = linked_to(call, found["id"], transitive=transitive)
        return Reply(body=page_of_objects(call, linked, path=f"{root}/{found['id']}/{name}", others=linked))

    def list_kind(call: Call) -> Reply:
        found = find(call)
        linked = linked_to(call, found["id"], transitive=transitive)
        path, kind = f"{root}/{found['id']}/{name}", call.keys["kind"]
        return Reply(body=page_of_kind(call, linked, path=path, kind=kind, others=linked))

    return list_all, list_kind


def checked_ids(call: Call, name: str) -> list[str]:
    """The ids of a check, in lower case.

    Raises:
        GraphError: there are none, too many, or something else.
    """
    ids = call.document().get(name)
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise bad_request(f"Invalid value specified for property '{name}'.")
    if len(ids) > MOST_CHECKED:
        raise bad_request(f"The number of items in {name} cannot be more than {MOST_CHECKED}.")
    return [item.lower() for item in ids]


def texts(call: Call, values: Iterable[str]) -> Reply:
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#Collection(Edm.String)", "value": list(values)})


def checks(find: Find) -> dict[str, Handler]:
    """The handlers of the four actions, by name."""

    def of_groups(call: Call) -> list[str]:
        """Ids of the groups that count: all, or those that grant rights when `securityEnabledOnly` says so."""
        only = isinstance(call.json, dict) and call.json.get("securityEnabledOnly") is True
        linked = linked_to(call, find(call)["id"], transitive=True)
        groups = [item.entity for item in linked.values() if item.kind == "group"]
        return [group["id"] for group in groups if group.get("securityEnabled") or not only]

    def of_objects(call: Call) -> list[str]:
        only = isinstance(call.json, dict) and call.json.get("securityEnabledOnly") is True
        linked = linked_to(call, find(call)["id"], transitive=True)
        return [key for key, item in linked.items() if not only or item.entity.get("securityEnabled", True)]

    def check_groups(call: Call) -> Reply:
        wanted, held = checked_ids(call, "groupIds"), set(of_groups(call))
        return texts(call, [item for item in wanted if item in held])

    def check_objects(call: Call) -> Reply:
        wanted, held = checked_ids(call, "ids"), set(of_objects(call))
        return texts(call, [item for item in wanted if item in held])

    return {
        "checkMemberGroups": check_groups,
        "checkMemberObjects": check_objects,
        "getMemberGroups": lambda call: texts(call, of_groups(call)),
        "getMemberObjects": lambda call: texts(call, of_objects(call)),
    }


HOLDERS: tuple[tuple[str, str, Find], ...] = (
    ("/users", "/users/{user}", find_user),
    ("/groups", "/groups/{group}", find_group),
    ("/servicePrincipals", "/servicePrincipals/{servicePrincipal}", find_service_principal),
    ("/directoryObjects", "/directoryObjects/{directoryObject}", find_any),
)


def routes() -> list[Route]:
    """The routes of every kind of holder."""
    result = []
    for root, path, find in HOLDERS:
        for name in ("memberOf", "transitiveMemberOf") if root != "/directoryObjects" else ():
            list_all, list_kind = lists(root, find, name=name)
            result += [Route("GET", f"{path}/{name}", list_all),
                       Route("GET", f"{path}/{name}/microsoft.graph.{{kind}}", list_kind)]  # fmt: skip
        result += [Route("POST", f"{path}/{action}", handler) for action, handler in checks(find).items()]
    return result


ROUTES = tuple(routes())
