"""The two policies: our application asks for MFA; and registering a method is itself guarded, if the admin wants."""

from collections.abc import Mapping
from typing import Any

from provisioning.model.plan import Change
from provisioning.tenant.context import OperationContext
from provisioning.tenant.desired import Desired
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.policy import PolicyResource
from provisioning.tenant.resources.policy_base import ENABLED, REPORT_ONLY, PolicyState
from provisioning.tenant.resources.policy_sections import sendable, strip

MFA = "mfa"
REGISTER_SECURITY_INFO = "urn:user:registersecurityinfo"
GUESTS = "GuestsOrExternalUsers"
APPLICATION_LISTS = (
    "includeApplications",
    "excludeApplications",
    "includeUserActions",
    "includeAuthenticationContextClassReferences",
)


class EnrollmentPolicy(PolicyResource):
    """Our application only, our people only, MFA; emergency accounts excluded. Never another application."""

    name = "policy"
    reason = "When a person opens the application, Entra guides them through registration."
    id_field = "policy_id"
    sent_field = "policy_sent_at"

    def display_name(self, context: OperationContext) -> str:
        """Return the name with our mark."""
        return context.desired.policy_name

    def conditions(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return exactly our application; our group, or every member of the tenant where it is set so."""
        return {
            "clientAppTypes": ["all"],
            "applications": applications(
                have, includeApplications=[context.objects.app_id or "(of the new application)"]
            ),
            "users": users(
                context, have, everybody=context.desired.everybody, without_guests=context.desired.everybody
            ),
        }

    def controls(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return MFA of any kind, or the authentication strength that was set; what an admin demands besides stays."""
        if context.desired.strength is None:
            return controls_with(have, mfa=True)
        return controls_with(have, strength_id=context.strength_id)


class RegistrationPolicy(PolicyResource):
    """Who registers a method proves more than a password: a Temporary Access Pass, a method, or a trusted place.

    Without it a stolen initial password is enough to register the thief's phone (entra-docs,
    policy-all-users-security-info-registration).
    """

    name = "registration policy"
    reason = "A stolen first password alone must not be enough to register a method."
    id_field = "registration_policy_id"
    sent_field = "registration_policy_sent_at"

    def display_name(self, context: OperationContext) -> str:
        """Return the name with our mark."""
        return context.desired.registration_policy_name

    def is_wanted(self, context: OperationContext) -> bool:
        """Return whether REGISTRATION_POLICY asks for it."""
        return context.desired.registration_policy != "off"

    def first_state(self, context: OperationContext) -> PolicyState:
        """Return the state of a new one: in force beside an enrollment policy in force, which must not go unguarded."""
        return ENABLED if enrollment_in_force(context) else REPORT_ONLY

    def diff(self, context: OperationContext, observed: Observed) -> tuple[Change, ...]:
        """Return what differs, and the state too if people that the enrollment policy asks would be unguarded."""
        changes = super().diff(context, observed)
        state = (observed.item or {}).get("state")
        if state != ENABLED and enrollment_in_force(context):
            changes = (*changes, Change("state", state, ENABLED, "The enrollment policy is in force."))
        return changes

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Write what differs, and keep that the policy is in force if it came into force by that."""
        await super().update(context, observed, changes)
        if any(change.field == "state" for change in changes):
            await self.note_state(context, str(observed.object_id), ENABLED)

    def conditions(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return the user action alone. A block of nothing but empty lists gets a 500 (PR azuread#925)."""
        found: dict[str, Any] = {
            "clientAppTypes": ["all"],
            "applications": applications(have, includeUserActions=[REGISTER_SECURITY_INFO]),
            "users": users(context, have, everybody=context.desired.guard_everybody, without_guests=True),
        }
        if context.desired.registration_policy == "mfa_or_trusted_location":
            found["locations"] = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
        return found

    def controls(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return MFA of any kind: a Temporary Access Pass counts, and an authentication strength may not admit one."""
        return controls_with(have, mfa=True)


def enrollment_in_force(context: OperationContext) -> bool:
    """Return whether the enrollment policy asks people now, by the policies that were listed."""
    asking = EnrollmentPolicy().among(context, context.observed.policies or [])
    return any(policy.get("state") == ENABLED for policy in asking)


BOTH: tuple[PolicyResource, ...] = (RegistrationPolicy(), EnrollmentPolicy())
"""The guard of registration first: it is to be in force before anyone is asked."""


def policy_resources_of(desired: Desired) -> tuple[PolicyResource, ...]:
    """Return the policies that the settings ask for, the guard of registration first."""
    return BOTH if desired.registration_policy != "off" else BOTH[1:]


def users(
    context: OperationContext, have: Mapping[str, Any], *, everybody: bool, without_guests: bool = False
) -> dict[str, Any]:
    """Return who it covers. An admin's other exclusions stay, except one of our group: that would empty the policy.

    Every list is there, empty ones too: a PATCH leaves a list alone that it does not name (Microsoft365DSC#2079).
    """
    found = sendable(have.get("users") or {})
    group_id = context.objects.group_id or "(of the new group)"
    kept = [
        *found.get("excludeUsers", ()),
        *context.desired.break_glass_user_ids,
        *([GUESTS] if without_guests else []),
    ]
    lost = {user_id.casefold() for user_id in context.desired.lost_break_glass_user_ids}
    excluded = {item.casefold(): item for item in kept if item.casefold() not in lost}  # Graph refuses nobody's id
    guests = found.get("excludeGuestsOrExternalUsers")
    if guests is not None:  # the same wish as an object, as Entra shows it (terraform-provider-azuread#1196)
        excluded.pop(GUESTS.casefold(), None)  # Graph refuses both at once
    return {
        "includeUsers": ["All"] if everybody else [],
        "includeGroups": [] if everybody else [group_id],
        "includeRoles": [],
        "excludeUsers": sorted(excluded.values(), key=str.casefold),
        "excludeGroups": [item for item in found.get("excludeGroups", ()) if item.casefold() != group_id.casefold()],
        "excludeRoles": found.get("excludeRoles", []),
        **cleared(found, "includeGuestsOrExternalUsers"),
        **({} if guests is None else {"excludeGuestsOrExternalUsers": guests}),
    }


def applications(have: Mapping[str, Any], **ours: list[str]) -> dict[str, Any]:
    """Return what it covers: ours and nothing else, so the other lists are written as empty (Microsoft365DSC#3885)."""
    empty: dict[str, list[str]] = {name: [] for name in APPLICATION_LISTS}
    return {**empty, **ours, **cleared(have.get("applications") or {}, "applicationFilter")}


def cleared(found: Mapping[str, Any], name: str) -> dict[str, None]:
    """Return null for a section that is there and should not be; nothing for one that is absent."""
    return {} if found.get(name) is None else {name: None}


def controls_with(have: Mapping[str, Any], *, mfa: bool = False, strength_id: str | None = None) -> dict[str, Any]:
    """Return the grant controls. With AND an admin's further demands stay; with OR they would be a way around ours."""
    found = strip(have)
    strength = str((found.get("authenticationStrength") or {}).get("id", "")).casefold()
    ours = (
        (MFA in found.get("builtInControls", ()) and not strength) if mfa else strength == str(strength_id).casefold()
    )
    if ours and (found.get("operator") == "AND" or is_alone(found, mfa=mfa)):
        return dict(have)
    ours_alone = {"operator": "OR", "builtInControls": [], "customAuthenticationFactors": [], "termsOfUse": []}
    if mfa:
        return {**ours_alone, "builtInControls": [MFA], **cleared(found, "authenticationStrength")}
    return {**ours_alone, "authenticationStrength": {"id": strength_id}}


def is_alone(found: Mapping[str, Any], *, mfa: bool) -> bool:
    """Tell whether no other control stands beside ours."""
    others = [item for item in found.get("builtInControls", ()) if not (mfa and item == MFA)]
    return not (others or found.get("customAuthenticationFactors") or found.get("termsOfUse"))
