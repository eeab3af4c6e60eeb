"""Why Graph does not let us change the members of the enrollment group, in words that lead to the cause.

A 403 is not always "not its owner": a restricted management administrative unit, a dynamic rule and a role-assignable
group refuse likewise (entra-docs, admin-units-restricted-management, groups-dynamic-membership, groups-concept).
"""

from collections.abc import Mapping
from typing import Any

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provisioning.errors import AdminNeeded, ConfigurationError, Rejected, TransientError
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError, PermissionDenied, quote_known

PROPERTIES = "id,groupTypes,isAssignableToRole,isManagementRestricted,onPremisesSyncEnabled"
APPLY_REMEDY = 'Apply again (POST /api/tenant {"mode":"apply"}), which creates or restores it.'
OWNER_REMEDY = 'Apply again (POST /api/tenant {"mode":"apply"}), which puts the owner back.'
LOOK_REMEDY = (
    "In the Entra admin center, check the group's owners and what protects it from changes. The change is retried "
    "automatically."
)


def is_about_the_group(error: GraphError, group_id: str, *, object_id: str | None = None) -> bool:
    """Return whether a refusal would meet all people: it is about the group or the caller, not about one account."""
    names_person = object_id is not None and error.says(object_id)
    missing = error.status == 404 and object_id is not None
    return isinstance(error, PermissionDenied) or (not names_person and (missing or error.says(group_id)))


async def raise_if_everybody_is_refused(
    error: GraphError, *, group_id: str, graph: Graph, object_id: str | None = None
) -> None:
    """Raise what a refusal means to an admin, unless it is about one person.

    Args:
        error: What Graph answered.
        group_id: The enrollment group.
        graph: As the identity that was refused.
        object_id: The person the request was about; None where it was about several.

    Raises:
        Rejected: The group is protected, or is not ours.
    """
    if is_about_the_group(error, group_id, object_id=object_id):
        raise await explain_refusal(error, group_id=group_id, graph=graph) from error
    if object_id is None or not error.says(object_id):
        protected = await find_protection(error.text, group_id=group_id, graph=graph)
        if protected is not None:
            raise protected from error


async def explain_refusal(error: GraphError, *, group_id: str, graph: Graph) -> Rejected:
    """Return what a refusal to change the group's members means to an admin; a known sentence of Graph's is kept.

    Args:
        error: What Graph answered.
        group_id: The enrollment group.
        graph: As the identity that was refused.
    """
    said = what_graph_said(error.text)
    if error.status == 404:
        return AdminNeeded(f"Group {group_id} no longer exists. {said}", remedy=APPLY_REMEDY)
    group = await read_or_none(graph, f"/groups/{group_id}?$select={PROPERTIES}")
    protected = name_protection(group or {}, group_id=group_id, said=said)
    if protected is not None:
        return protected
    owner = await is_owner(graph, group_id)
    if owner is False or (owner is None and group is None):  # an owner may read its group
        return ConfigurationError(
            "PEOPLE_PRINCIPAL_ID",
            fault=f"names an identity that may not change the members of group {group_id}, because it does not own the "
            f"group. {said[:-1]}",
            remedy=OWNER_REMEDY,
        )
    return AdminNeeded(f"Group {group_id} does not let this product change its members. {said}", remedy=LOOK_REMEDY)


async def find_protection(text: str, *, group_id: str, graph: Graph) -> AdminNeeded | None:
    """Return what protects the group, where a refusal may be about it or about a person; None if nothing does.

    Args:
        text: Graph's sentence.
        group_id: The enrollment group.
        graph: As the identity that was refused.
    """
    group = await read_or_none(graph, f"/groups/{group_id}?$select={PROPERTIES}")
    return name_protection(group or {}, group_id=group_id, said=what_graph_said(text))


def what_graph_said(text: str) -> str:
    """Return Graph's refusal as a sentence that a log may hold."""
    return f"Microsoft Graph said{quote_known(text) or ' no more than that'}."


def name_protection(group: Mapping[str, Any], *, group_id: str, said: str) -> AdminNeeded | None:
    """Return the error that names what protects a group; None if nothing does."""
    for applies, fault, remedy in protections(group):
        if applies:
            return AdminNeeded(f"Group {group_id} {fault}. {said}", remedy=remedy)
    return None


def protections(group: Mapping[str, Any]) -> tuple[tuple[bool, str, str], ...]:
    """Return the ways a group is protected from changes: whether each applies, its fault, and its remedy."""
    return (
        (
            group.get("isManagementRestricted") is True,
            "is in a restricted management administrative unit, which keeps its members from this product",
            "Take the group out of that administrative unit.",
        ),
        (
            "DynamicMembership" in (group.get("groupTypes") or ()),
            "has a dynamic membership rule, so nobody can be added to it",
            "Change the group's membership type to Assigned in the Entra admin center.",
        ),
        (
            group.get("isAssignableToRole") is True,
            "is assignable to directory roles, so being its owner is not enough to change its members",
            "Remove the group and apply: this product then creates a group that is not assignable to roles.",
        ),
        (
            group.get("onPremisesSyncEnabled") is True,
            "is synchronized from an on-premises directory, which is the only place where its members can be changed",
            "Remove the group and apply: this product then creates a cloud group.",
        ),
    )


async def is_owner(graph: Graph, group_id: str) -> bool | None:
    """Return whether the calling identity owns the group; None where that could not be asked."""
    try:
        own_id = str((await graph.claims()).get("oid", "")).casefold()
    except TransientError:
        return None
    owners = await read_or_none(graph, f"/groups/{group_id}/owners?$select=id&$top=999")
    if owners is None or not own_id:
        return None
    return own_id in {str(item["id"]).casefold() for item in owners["value"]}


async def read_or_none(graph: Graph, path: str) -> dict[str, Any] | None:
    """Read something of Graph's; None where that is refused or fails, since it only serves to explain."""
    info = RequestInformation(Method.GET)
    info.url = f"{graph.root}{path}"
    info.headers.try_add("Accept", "application/json")
    try:
        found: dict[str, Any] | None = await graph.send(info)
    except (GraphError, TransientError):
        return None
    return found
