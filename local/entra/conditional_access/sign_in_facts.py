"""What Conditional Access knows about a sign-in, gathered from the tenant: for the sign-in pages and for What-If."""

from dataclasses import replace

from local.entra.conditional_access.named_locations import locate
from local.entra.conditional_access.policy_conditions import SignIn
from local.entra.protocol.collection import Entity
from local.entra.state import TenantState


def facts_of(
    state: TenantState,
    user: Entity,
    *,
    app_id: str | None = None,
    user_action: str | None = None,
    authentication_context: str | None = None,
) -> SignIn:
    """A person's sign-in to a target, from a browser at no named location."""
    return SignIn(
        user_id=user["id"],
        groups=frozenset(state.groups_of(user["id"])),
        roles=frozenset(state.roles_in_directory(user["id"])),
        guest=user.get("userType") == "Guest",
        app_id=app_id,
        user_action=user_action,
        authentication_context=authentication_context,
        external_type=external_type(user),
    )


def at_place(state: TenantState, sign_in: SignIn, *, ip_address: str | None, country: str | None) -> SignIn:
    """The same sign-in from an address or a country."""
    found = locate(state.policy_book.named_locations.values(), ip_address=ip_address, country=country)
    return replace(
        sign_in,
        locations=frozenset(item["id"] for item in found),
        trusted=any(item.get("isTrusted") for item in found),
    )


def external_type(user: Entity) -> str | None:
    """The kind of guest, as `guestOrExternalUserTypes` names it, or None for a member of the organization.

    Source: the page authentication-conditional-access of External ID, external user types.
    """
    invited = user.get("externalUserState") is not None or "#EXT#" in str(user.get("userPrincipalName") or "")
    if user.get("userType") == "Guest":
        return "b2bCollaborationGuest" if invited else "internalGuest"
    return "b2bCollaborationMember" if invited else None


def policies_in_effect(state: TenantState) -> list[Entity]:
    """The policies a sign-in meets now, which the setting `policyEffectDelay` keeps behind the stored ones."""
    return state.policy_book.in_effect(
        list(state.policies), now=state.clock.now(), delay=state.settings.policy_effect_delay
    )
