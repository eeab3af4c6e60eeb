"""The two policies: our application asks for MFA; and registering a method is itself guarded, if the admin wants."""

from collections.abc import Mapping
from typing import Any

from provisioning.model.plan import Change
from provisioning.tenant.context import OperationContext
from provisioning.tenant.desired import Desired
from provisioning.tenant.resources.base import Observed
from provisioning.tenant.resources.policy import ENABLED, PolicyResource, strip

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
    reason = "Opening the application makes Entra walk a person through registration."
    id_field = "policy_id"
    sent_field = "policy_sent_at"

    def display_name(self, run: OperationContext) -> str:
        """The name with our mark."""
        return run.desired.policy_name

    def conditions(self, run: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Exactly our application; our group, or every member of the tenant where it is set so."""
        return {
            "clientAppTypes": ["all"],
            "applications": applications(have, includeApplications=[run.objects.app_id or "(of the new application)"]),
            "users": users(
                run, have, everybody=run.desired.everybody, excluded=(GUESTS,) if run.desired.everybody else ()
            ),
        }

    def controls(self, run: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """MFA of any kind, or the authentication strength that was set; what an admin demands besides it stays."""
        if run.desired.strength is None:
            return controls_with(have, mfa=True)
        return controls_with(have, strength_id=run.strength_id)


class RegistrationPolicy(PolicyResource):
    """Who registers a method proves more than a password: a Temporary Access Pass, a method, or a trusted place.

    Without it a stolen initial password is enough to register the thief's phone (entra-docs,
    policy-all-users-security-info-registration).
    """

    name = "registration policy"
    reason = "A stolen first password alone must not be enough to register a method."
    id_field = "registration_policy_id"
    sent_field = "registration_policy_sent_at"

    def display_name(self, run: OperationContext) -> str:
        """The name with our mark."""
        return run.desired.registration_policy_name

    def conditions(self, run: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """The user action alone. A block of nothing but empty lists gets a 500 (PR azuread#925)."""
        found: dict[str, Any] = {
            "clientAppTypes": ["all"],
            "applications": applications(have, includeUserActions=[REGISTER_SECURITY_INFO]),
            "users": users(run, have, everybody=run.desired.guard_everybody, excluded=(GUESTS,)),
        }
        if run.desired.registration_policy == "mfa_or_trusted_location":
            found["locations"] = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
        return found

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """The whole policy; in force at once beside an enrollment policy in force, which must not ask without it."""
        state = {"state": ENABLED} if enrollment_in_force(run) else {}
        return {**super().wanted(run), **state}

    def drift(self, run: OperationContext, found: Observed) -> tuple[Change, ...]:
        """As of every policy, and the state: beside an enrollment policy in force it must be in force as well."""
        changes = super().drift(run, found)
        before = (found.item or {}).get("state")
        if before != ENABLED and enrollment_in_force(run):
            changes = (*changes, Change("state", before, ENABLED, "The enrollment policy is in force."))
        return changes

    def controls(self, run: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """MFA of any kind: a Temporary Access Pass counts, and an authentication strength may not admit one."""
        del run
        return controls_with(have, mfa=True)


def enrollment_in_force(run: OperationContext) -> bool:
    """Whether the enrollment policy asks people now, by the policies that were listed."""
    return any(policy["state"] == ENABLED for policy in EnrollmentPolicy().among(run, run.listed_policies or []))


def policy_resources_of(desired: Desired) -> tuple[PolicyResource, ...]:
    """The policies that the settings ask for, the guard of registration first."""
    guard = (RegistrationPolicy(),) if desired.registration_policy != "off" else ()
    return (*guard, EnrollmentPolicy())


def users(
    run: OperationContext, have: Mapping[str, Any], *, everybody: bool, excluded: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Whom it covers. What an admin excluded besides stays, but not our own group: that would empty the policy.

    Every list is there, empty ones too: a PATCH leaves a list alone that it does not name (Microsoft365DSC#2079).
    """
    found = strip(have.get("users") or {})
    group_id = run.objects.group_id or "(of the new group)"
    spared = {item.casefold(): item for item in (*found.get("excludeUsers", ()), *run.desired.break_glass_user_ids)}
    spared |= {item.casefold(): item for item in excluded}
    for user_id in run.desired.lost_break_glass_user_ids:  # Graph refuses a policy that names nobody's id
        spared.pop(user_id.casefold(), None)
    return {
        "includeUsers": ["All"] if everybody else [],
        "includeGroups": [] if everybody else [group_id],
        "includeRoles": [],
        "excludeUsers": sorted(spared.values(), key=str.casefold),
        "excludeGroups": [item for item in found.get("excludeGroups", ()) if item.casefold() != group_id.casefold()],
        "excludeRoles": found.get("excludeRoles", []),
        **cleared(found, "includeGuestsOrExternalUsers"),
        **{name: found[name] for name in ("excludeGuestsOrExternalUsers",) if name in found},
    }


def applications(have: Mapping[str, Any], **ours: list[str]) -> dict[str, Any]:
    """What it covers: ours and nothing else, so the other lists are written as empty (Microsoft365DSC#3885)."""
    empty: dict[str, list[str]] = {name: [] for name in APPLICATION_LISTS}
    return {**empty, **ours, **cleared(have.get("applications") or {}, "applicationFilter")}


def cleared(found: Mapping[str, Any], name: str) -> dict[str, None]:
    """Null for a section that is there and should not be; nothing for one that is absent."""
    return {} if found.get(name) is None else {name: None}


def controls_with(have: Mapping[str, Any], *, mfa: bool = False, strength_id: str | None = None) -> dict[str, Any]:
    """The grant controls. With AND an admin's further demands stay; with OR they would be a way around ours."""
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
    """Whether no other control stands beside ours."""
    others = [item for item in found.get("builtInControls", ()) if not (mfa and item == MFA)]
    return not (others or found.get("customAuthenticationFactors") or found.get("termsOfUse"))
