"""Which permission rule a call falls under."""

from typing import Any

from local.entra.directory.group import routes as group_routes
from local.entra.protocol.routing import Match
from local.entra.state import TenantState


def rule_for(state: TenantState, method: str, match: Match, json: Any) -> tuple[str, str | None]:
    """The name of the permission rule of a call, and the id of the object whose owners count."""
    name = f"{method} {match.template}"
    keys = match.keys
    if name == "PATCH /groups/{group}" and group_routes.changes_members_only(json):
        name += "#members"
    if method != "GET" and "object" in keys:
        deleted = state.deleted.get(keys["object"])
        name += f"#{deleted.kind if deleted else 'application'}"
    if name == "PATCH /applications(uniqueName='{uniqueName}')":
        found = state.applications.find("uniqueName", keys["uniqueName"])
        return ("POST /applications", None) if found is None else (name, found["id"])
    if name == "PATCH /servicePrincipals(appId='{appId}')" and keyed_object(state, match) is None:
        return "POST /servicePrincipals", None
    for key in ("group", "application", "servicePrincipal", "object"):
        if key in keys:
            return name, keys[key].lower()
    return name, keyed_object(state, match)


def keyed_object(state: TenantState, match: Match) -> str | None:
    """The id behind an alternate key, or None."""
    collection = {
        "groups": state.groups,
        "applications": state.applications,
        "servicePrincipals": state.service_principals,
    }.get(match.template.strip("/").partition("(")[0])
    for prop, value in match.keys.items():
        found = collection.find(prop, value) if collection is not None else None
        if found is not None:
            return str(found["id"])
    return None
