"""What the other Conditional Access policies of the tenant already do to the people we enroll. Pure functions.

A policy's dictionary is Graph's own JSON, in which anything may be null (conditionalAccessPolicy resource type).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioning.tenant.resources.policies import MFA, REGISTER_SECURITY_INFO

# More than a password, so that whoever has only that cannot pass. Terms of use and a password change are not.
STRONG_CONTROLS = frozenset({MFA, "block", "compliantdevice", "domainjoineddevice"})
# Each of these makes a policy meet some sign-ins only, so that it neither asks everybody nor guards anything.
# Places are not among them: a trusted one may be left out, and a person at home is still asked.
NARROWING = (
    "userRiskLevels",
    "signInRiskLevels",
    "insiderRiskLevels",
    "servicePrincipalRiskLevels",
    "platforms",
    "devices",
    "authenticationFlows",
)

Policy = Mapping[str, Any]


def asks_everywhere(policy: Policy, *, group_id: str | None, everybody: bool) -> bool:
    """Whether it asks our people for MFA at every application, so that our tile is not the first place."""
    controls = grants(policy)
    asks = MFA in controls or has_strength(policy)
    alternatives = not is_and(policy) and controls - {MFA}
    return (
        meets_ordinary_sign_ins(policy)
        and "all" in ids_in(condition(policy, "applications"), "includeApplications")
        and covers(policy, group_id=group_id, everybody=everybody)
        and asks
        and not alternatives
    )


def guards_registration(policy: Policy, *, group_id: str | None, everybody: bool) -> bool:
    """Whether it asks our people for more than a password before they register a method.

    A block outside trusted places counts: it is the older of Microsoft's two templates
    (entra-docs, policy-all-users-security-info-registration).
    """
    return (
        meets_ordinary_sign_ins(policy)
        and REGISTER_SECURITY_INFO in ids_in(condition(policy, "applications"), "includeUserActions")
        and covers(policy, group_id=group_id, everybody=everybody)
        and demands_more_than_a_password(policy)
    )


def covers(policy: Policy, *, group_id: str | None, everybody: bool) -> bool:
    """Whether it is for everybody, or at least for our group where the group is whom we enroll."""
    people = condition(policy, "users")
    ours = str(group_id).casefold() if group_id else None
    if ours in ids_in(people, "excludeGroups"):
        return False
    return "all" in ids_in(people, "includeUsers") or (not everybody and ours in ids_in(people, "includeGroups"))


def meets_ordinary_sign_ins(policy: Policy) -> bool:
    """Whether it is enforced, in a browser, at any device and any risk, and not in some places alone."""
    conditions = policy.get("conditions") or {}
    places = ids_in(condition(policy, "locations"), "includeLocations")
    return (
        policy.get("state") == "enabled"
        and bool({"all", "browser"} & ids_in(conditions, "clientAppTypes"))
        and not any(conditions.get(name) for name in NARROWING)
        and (not places or "all" in places)
    )


def demands_more_than_a_password(policy: Policy) -> bool:
    """Whether every way through it takes something that a thief of a password lacks."""
    controls = grants(policy)
    strong = len(controls & STRONG_CONTROLS) + has_strength(policy)
    weak = len(controls - STRONG_CONTROLS)
    return strong > 0 and (is_and(policy) or weak == 0)


def grants(policy: Policy) -> frozenset[str]:
    """Its controls but for a strength, in lower case; terms of use and foreign factors go by their ids."""
    found = policy.get("grantControls") or {}
    names = ("builtInControls", "customAuthenticationFactors", "termsOfUse")
    return frozenset[str]().union(*(ids_in(found, name) for name in names))


def has_strength(policy: Policy) -> bool:
    """Whether it asks for an authentication strength."""
    return bool((policy.get("grantControls") or {}).get("authenticationStrength"))


def is_and(policy: Policy) -> bool:
    """Whether all of its controls are needed rather than one."""
    return (policy.get("grantControls") or {}).get("operator") == "AND"


def condition(policy: Policy, name: str) -> Mapping[str, Any]:
    """One section of its conditions."""
    found: Mapping[str, Any] = (policy.get("conditions") or {}).get(name) or {}
    return found


def ids_in(section: Mapping[str, Any], name: str) -> frozenset[str]:
    """A list in it, in lower case."""
    values: Iterable[Any] = section.get(name) or ()
    return frozenset(str(value).casefold() for value in values)
