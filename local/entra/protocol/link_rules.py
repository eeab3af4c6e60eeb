"""Who can be an owner or a member of what, and whether they have replicated."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.entra.protocol.errors import GraphError, bad_request, not_found
from local.entra.protocol.links import bound_ids, check_exist, check_link_count
from local.entra.state import TenantState

OWNER_KINDS = ("user", "servicePrincipal")
MEMBER_KINDS = ("user", "group", "servicePrincipal")


def check_kinds(state: TenantState, object_ids: Iterable[str], *, prop: str, kinds: tuple[str, ...]) -> None:
    """Refuse links to objects of a kind that the link is not for; they must exist.

    Source: public code that quotes the refusal for 'Group_…' and 'Application_…' and the 'owners' reference.

    Raises:
        GraphError: 404 for what does not exist, 400 for a wrong kind.
    """
    object_ids = list(object_ids)
    check_exist(state, object_ids)
    for object_id in object_ids:
        kind, _ = state.directory_object(object_id) or ("", {})
        if kind not in kinds:
            name = kind[:1].upper() + kind[1:]
            raise bad_request(
                f"The reference target '{name}_{object_id}' of type '{name}' is invalid for the '{prop}' reference."
            )


def bound_owners(state: TenantState, document: Mapping[str, Any]) -> list[str]:
    """The people and service principals of `owners@odata.bind`, each named once.

    Sources: terraform-provider-azuread issue 553 (duplicates); see `check_kinds`.
    """
    owners = bound_ids(document.get("owners@odata.bind", []))
    if len(set(owners)) != len(owners):
        raise bad_request("Request contains a property with duplicate values.")
    check_link_count(len(owners))
    for owner in owners:
        check_replicated(state, owner)
    check_kinds(state, owners, prop="owners", kinds=OWNER_KINDS)
    return owners


def check_replicated(state: TenantState, owner: str) -> None:
    """Refuse an owner that exists and has not replicated, as the setting `unreplicatedOwner` says.

    Source: the retry list in terraform-provider-azuread's `group_resource.go`, which has both wordings with 400.
    """
    wording = state.settings.unreplicated_owner
    exists = any(owner in objects for objects in state.by_type.values())
    if wording == "notFound" or not exists or state.directory_object(owner) is not None:
        return
    if wording == "badReference":
        raise bad_request(not_found(owner).message)
    raise bad_request("One or more property values specified are invalid.")


def own_member() -> GraphError:
    """400 for a group that is to be a member of itself; the service's own text is not known."""
    return bad_request("A group cannot be a member of itself.")
