"""The conditions of a Conditional Access policy against one sign-in, as pure functions that name what does not match.

Sources: concept-conditional-access-cloud-apps and concept-conditional-access-conditions of the Entra documentation;
the names of the reasons are those of `whatIfAnalysisReasons` in the v1.0 metadata (msgraph-metadata at f54f11b).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

REGISTER_SECURITY_INFO = "urn:user:registersecurityinfo"
REGISTER_DEVICE = "urn:user:registerdevice"
ALL_TRUSTED = "alltrusted"
# One comparison of a filter for devices (concept-condition-filters-for-devices); longer rules are not judged.
DEVICE_RULE = re.compile(r"device\.(?P<name>isCompliant|trustType)\s+-(?P<operator>eq|ne)\s+(?P<value>.+)", re.I)


@dataclass(frozen=True)
class SignIn:
    """Who signs in to what, and from where. The stand-in's own pages are a browser on an unmanaged device.

    Args:
        groups: ids of the person's groups, nested ones included.
        roles: template ids of the person's directory roles.
        app_id: the application, or None when a user action or an authentication context is evaluated.
        user_action: such as `urn:user:registersecurityinfo`.
        external_type: the kind of guest or external user, as `guestOrExternalUserTypes` names it, or None.
        client_app: as `clientAppTypes` names it; `all` stands for any.
        locations: ids of the named locations the sign-in comes from.
        trusted: whether one of these is marked as trusted.
        device: what is known of the device, by property; nothing for one that is not registered, and None where a
            question leaves it open.
    """

    user_id: str
    groups: frozenset[str]
    roles: frozenset[str]
    guest: bool
    app_id: str | None = None
    user_action: str | None = None
    authentication_context: str | None = None
    external_type: str | None = None
    client_app: str = "browser"
    platform: str | None = None
    sign_in_risk: str | None = None
    user_risk: str | None = None
    locations: frozenset[str] = frozenset()
    trusted: bool = False
    device: Mapping[str, Any] | None = field(default_factory=dict)


def mismatches(policy: Mapping[str, Any], sign_in: SignIn) -> tuple[str, ...]:
    """What keeps a policy, were it enabled, from applying to a sign-in; nothing when it applies."""
    conditions = policy["conditions"]
    verdicts = {
        "users": concerns(conditions["users"], sign_in),
        target_reason(sign_in): targets(conditions["applications"], sign_in),
        "devicePlatform": platform_matches(conditions.get("platforms"), sign_in),
        "clientApps": client_matches(conditions["clientAppTypes"], sign_in),
        "location": location_matches(conditions.get("locations"), sign_in),
        "signInRisk": risk_matches(conditions.get("signInRiskLevels"), sign_in.sign_in_risk),
        "userRisk": risk_matches(conditions.get("userRiskLevels"), sign_in.user_risk),
    }
    found = tuple(reason for reason, matches in verdicts.items() if not matches)
    return (*found, *device_reasons(conditions.get("devices"), sign_in))


def target_reason(sign_in: SignIn) -> str:
    if sign_in.user_action is not None:
        return "userActions"
    return "application" if sign_in.authentication_context is None else "authenticationContext"


def targets(applications: Mapping[str, Any], sign_in: SignIn) -> bool:
    """Whether what the person wants to reach is a target. All applications do not include the user actions."""
    if sign_in.user_action is not None:
        return sign_in.user_action in applications["includeUserActions"]
    if sign_in.authentication_context is not None:
        return sign_in.authentication_context in (applications.get("includeAuthenticationContextClassReferences") or ())
    excluded = lowered(applications["excludeApplications"])
    included = lowered(applications["includeApplications"])
    app_id = (sign_in.app_id or "").lower()
    return app_id not in excluded and bool({"all", app_id} & included)


def concerns(users: Mapping[str, Any], sign_in: SignIn) -> bool:
    """An exclusion wins over every inclusion."""
    return not selected(users, sign_in, prefix="exclude") and selected(users, sign_in, prefix="include")


def selected(users: Mapping[str, Any], sign_in: SignIn, *, prefix: str) -> bool:
    people = lowered(users[f"{prefix}Users"])
    return (
        "all" in people
        or sign_in.user_id in people
        or bool(lowered(users[f"{prefix}Groups"]) & sign_in.groups)
        or bool(lowered(users[f"{prefix}Roles"]) & sign_in.roles)
        or ("guestsorexternalusers" in people and is_external(sign_in))
        or external_type_matches(users.get(f"{prefix}GuestsOrExternalUsers"), sign_in)
    )


def is_external(sign_in: SignIn) -> bool:
    return sign_in.guest or sign_in.external_type is not None


def external_type_matches(condition: Mapping[str, Any] | None, sign_in: SignIn) -> bool:
    """The finer condition: a list of types written as one text with commas, as Graph writes flags."""
    if condition is None or not is_external(sign_in):
        return False
    wanted = {item.strip().lower() for item in str(condition.get("guestOrExternalUserTypes") or "").split(",")}
    return (sign_in.external_type or "internalGuest").lower() in wanted


def platform_matches(condition: Mapping[str, Any] | None, sign_in: SignIn) -> bool:
    if not condition:
        return True
    included, excluded = lowered(condition.get("includePlatforms")), lowered(condition.get("excludePlatforms"))
    platform = (sign_in.platform or "").lower()
    return platform not in excluded and bool({"all", platform} & included)


def client_matches(types: Iterable[str], sign_in: SignIn) -> bool:
    return sign_in.client_app == "all" or bool({"all", sign_in.client_app.lower()} & lowered(types))


def location_matches(condition: Mapping[str, Any] | None, sign_in: SignIn) -> bool:
    """`All` is every place, `AllTrusted` every trusted one; an exclusion wins."""
    if not condition:
        return True
    here = {"all", *sign_in.locations, *({ALL_TRUSTED} if sign_in.trusted else ())}
    included, excluded = lowered(condition.get("includeLocations")), lowered(condition.get("excludeLocations"))
    return bool(here & included) and not here & excluded


def device_reasons(condition: Mapping[str, Any] | None, sign_in: SignIn) -> tuple[str, ...]:
    """What a filter for devices says against it. One that cannot be judged is not taken for a match."""
    device_filter = (condition or {}).get("deviceFilter")
    if not device_filter:
        return ()
    rule = DEVICE_RULE.fullmatch(str(device_filter.get("rule") or "").strip())
    if sign_in.device is None or rule is None:
        return ("notEnoughInformation",)
    is_so = str(sign_in.device.get(rule["name"])).lower() == rule["value"].strip('"').lower()
    holds = is_so if rule["operator"].lower() == "eq" else not is_so
    return () if holds == (device_filter.get("mode") == "include") else ("devices",)


def risk_matches(levels: Iterable[str] | None, level: str | None) -> bool:
    wanted = lowered(levels)
    return not wanted or (level or "none").lower() in wanted


def lowered(values: Iterable[str] | None) -> set[str]:
    return {value.lower() for value in values or ()}
