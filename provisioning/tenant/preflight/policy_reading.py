"""What one Conditional Access policy says, read from Graph's own JSON. Pure functions; who is meant is `coverage`'s.

In that JSON anything may be null (conditionalAccessPolicy resource type), and an empty section says nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

MFA = "mfa"
BLOCK = "block"
REGISTER_SECURITY_INFO = "urn:user:registersecurityinfo"

# More than a password, so that a thief of a password cannot pass. Terms of use and a password change are not.
STRONG_CONTROLS = frozenset({MFA, BLOCK, "compliantdevice", "domainjoineddevice"})
# Ways through a custom authentication strength that take a password alone (authenticationMethodModes values).
PASSWORD_ALONE = frozenset({"password", "federatedsinglefactor"})
PASSES = frozenset({"temporaryaccesspassonetime", "temporaryaccesspassmultiuse"})
EVERY_MODERN_CLIENT = frozenset({"browser", "mobileappsanddesktopclients"})
JUDGED = frozenset({"applications", "users", "clientapptypes", "locations", "platforms"})
TRUSTED = "alltrusted"
GUESTS_KEYWORD = "guestsorexternalusers"

Policy = Mapping[str, Any]


def is_in_force(policy: Policy) -> bool:
    """Tell whether it is enforced; report-only is not."""
    return policy.get("state") == "enabled"


def narrowing(policy: Policy) -> tuple[str, ...]:
    """Return the conditions that make it meet some sign-ins of a person and not others, by name.

    Whatever this product does not know narrows, too. A trusted place that is left out does not: a thief is not there,
    and it is the older of Microsoft's two templates (entra-docs, policy-all-users-security-info-registration).
    """
    conditions = policy.get("conditions") or {}
    unknown = [name for name, value in conditions.items() if name.casefold() not in JUDGED and says_something(value)]
    found = [name for name in unknown if not name.startswith("@")]
    clients = ids_in(conditions, "clientAppTypes")
    if clients and "all" not in clients and not clients >= EVERY_MODERN_CLIENT:
        found.append("clientAppTypes")
    platforms, places = condition(policy, "platforms"), condition(policy, "locations")
    if ids_in(platforms, "includePlatforms") - {"all"} or ids_in(platforms, "excludePlatforms"):
        found.append("platforms")
    included = ids_in(places, "includeLocations")
    if (included and "all" not in included) or ids_in(places, "excludeLocations") - {TRUSTED}:
        found.append("locations")
    if says_something(condition(policy, "applications").get("applicationFilter")):
        found.append("applicationFilter")
    return tuple(sorted(found))


def spares_trusted_places(policy: Policy) -> bool:
    """Tell whether it leaves out sign-ins from trusted places."""
    return TRUSTED in ids_in(condition(policy, "locations"), "excludeLocations")


def says_something(value: Any) -> bool:
    """Tell whether a section holds anything but nulls, empty lists and annotations."""
    if isinstance(value, Mapping):
        return any(says_something(item) for name, item in value.items() if "@" not in name)
    if isinstance(value, list | tuple):
        return any(says_something(item) for item in value)
    return value not in (None, "", False)


def is_for_registration(policy: Policy) -> bool:
    """Tell whether it is about the user action "register security information"."""
    return REGISTER_SECURITY_INFO in ids_in(condition(policy, "applications"), "includeUserActions")


def is_for_application(policy: Policy, app_id: str | None) -> bool:
    """Tell whether it is about this application. All applications do not include the user actions."""
    applications = condition(policy, "applications")
    wanted = {"all", str(app_id).casefold()} if app_id else {"all"}
    left_out = app_id is not None and app_id.casefold() in ids_in(applications, "excludeApplications")
    return bool(wanted & ids_in(applications, "includeApplications")) and not left_out


def demands_more_than_a_password(policy: Policy) -> bool:
    """Tell whether every way through it takes something that a thief of a password lacks."""
    controls = grants(policy)
    strong = len(controls & STRONG_CONTROLS) + takes_more_than_a_password(strength_of(policy))
    weak = len(controls - STRONG_CONTROLS) + bool(
        strength_of(policy) and not takes_more_than_a_password(strength_of(policy))
    )
    return strong > 0 and (is_and(policy) or weak == 0)


def takes_more_than_a_password(strength: Mapping[str, Any]) -> bool:
    """Tell whether a strength takes more than a password; a custom one may list a single factor."""
    return bool(strength) and PASSWORD_ALONE.isdisjoint(ids_in(strength, "allowedCombinations"))


def asks_for_mfa(policy: Policy) -> bool:
    """Tell whether it asks for MFA, and there is no other way through it."""
    controls = grants(policy)
    return (MFA in controls or bool(strength_of(policy))) and (is_and(policy) or not controls - {MFA})


def blocks(policy: Policy) -> bool:
    """Tell whether it lets nobody pass."""
    return BLOCK in grants(policy)


def admits_a_pass(policy: Policy) -> bool:
    """Tell whether a person who has only a Temporary Access Pass gets through.

    A pass counts as MFA; a strength must list it, and the built-in ones do so but for two (entra-docs,
    concept-authentication-strengths). Terms of use are a step more, and all else is nothing that a new hire has.
    """
    controls, strength = grants(policy), strength_of(policy)
    by_strength = lists_a_pass(strength)
    if is_and(policy):
        return not controls - {MFA} - terms_of_use(policy) and (by_strength or not strength)
    return BLOCK not in controls and (MFA in controls or by_strength)


def lists_a_pass(strength: Mapping[str, Any]) -> bool:
    """Tell whether a Temporary Access Pass is one of the ways through a strength (authenticationMethodModes values)."""
    return not PASSES.isdisjoint(ids_in(strength, "allowedCombinations"))


def terms_of_use(policy: Policy) -> frozenset[str]:
    """Return the terms it asks for, by id."""
    return ids_in(policy.get("grantControls") or {}, "termsOfUse")


def grants(policy: Policy) -> frozenset[str]:
    """Return its controls but for a strength, in lower case; terms of use and foreign factors go by their ids."""
    found = policy.get("grantControls") or {}
    names = ("builtInControls", "customAuthenticationFactors", "termsOfUse")
    return frozenset[str]().union(*(ids_in(found, name) for name in names))


def strength_of(policy: Policy) -> Mapping[str, Any]:
    """Return the authentication strength it asks for; empty if none."""
    found: Mapping[str, Any] = (policy.get("grantControls") or {}).get("authenticationStrength") or {}
    return found


def is_and(policy: Policy) -> bool:
    """Tell whether all of its controls are needed rather than one."""
    return (policy.get("grantControls") or {}).get("operator") == "AND"


def condition(policy: Policy, name: str) -> Mapping[str, Any]:
    """Return one section of its conditions."""
    found: Mapping[str, Any] = (policy.get("conditions") or {}).get(name) or {}
    return found


def ids_in(section: Mapping[str, Any], name: str) -> frozenset[str]:
    """Return a list in it, in lower case."""
    values: Iterable[Any] = section.get(name) or ()
    return frozenset(str(value).casefold() for value in values)


def groups_named(policy: Policy) -> frozenset[str]:
    """Return the groups that decide who it is for."""
    people = condition(policy, "users")
    return ids_in(people, "includeGroups") | ids_in(people, "excludeGroups")


def roles_named(policy: Policy) -> frozenset[str]:
    """Return the directory roles that decide who it is for."""
    people = condition(policy, "users")
    return ids_in(people, "includeRoles") | ids_in(people, "excludeRoles")
