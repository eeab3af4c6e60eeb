"""/policies/authenticationMethodsPolicy: the sign-in methods, who may use them, the pass's rules, the campaign.

Source: the pages authenticationmethodspolicy, temporaryaccesspassauthenticationmethodconfiguration and
authenticationmethodsregistrationcampaign. What the policy says of Temporary Access Passes is what
`/_local/settings` says of them; a PATCH changes the settings.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.entra.authentication.methods_policy.targets import (
    CONFIGURATIONS,
    ENABLED,
    PASS,
    STATES,
    TARGET_LISTS,
    check_targets,
    configuration_name,
    malformed,
    state_of,
    targets_of,
)
from local.entra.clock import timestamp
from local.entra.control.settings import Settings
from local.entra.protocol.errors import not_found, not_implemented
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState

PATH = "/policies/authenticationMethodsPolicy"
CONFIGURATIONS_PATH = f"{PATH}/authenticationMethodConfigurations"
CONFIGURATION_PATH = f"{CONFIGURATIONS_PATH}/{{configuration}}"
POLICY_ID = "authenticationMethodsPolicy"
CAMPAIGN_STATES = ("default", "enabled", "disabled")
CAMPAIGN_NAMES = frozenset({"snoozeDurationInDays", "state", "includeTargets", "excludeTargets"})
LONGEST_SNOOZE = 14
PASS_NUMBERS = {
    "defaultLength": "tap_length",
    "defaultLifetimeInMinutes": "tap_default_minutes",
    "minimumLifetimeInMinutes": "tap_minimum_minutes",
    "maximumLifetimeInMinutes": "tap_maximum_minutes",
}
RANGES = {"defaultLength": (8, 48)}
MINUTES = (10, 43_200)
COMMON_NAMES = frozenset({"@odata.type", "@odata.context", "id", "state", *TARGET_LISTS})


def policy_document(state: TenantState) -> dict[str, Any]:
    """The whole policy."""
    changed = state.policy_book.methods_policy_changed
    return {
        "id": POLICY_ID,
        "displayName": "Authentication Methods Policy",
        "description": "Which authentication methods people can register and use in the tenant.",
        "lastModifiedDateTime": "2026-01-07T08:00:00Z" if changed is None else timestamp(changed),
        "policyVersion": "1.5",
        "policyMigrationState": state.settings.policy_migration_state,
        "registrationEnforcement": {"authenticationMethodsRegistrationCampaign": campaign(state)},
        "authenticationMethodConfigurations": [configuration(state, name) for name in CONFIGURATIONS],
    }


def campaign(state: TenantState) -> dict[str, Any]:
    target = {"id": "all_users", "targetType": "group", "targetedAuthenticationMethod": "microsoftAuthenticator"}
    default = {"snoozeDurationInDays": 1, "state": "default", "includeTargets": [target], "excludeTargets": []}
    return {**default, **state.policy_book.campaign}


def configuration(state: TenantState, name: str) -> dict[str, Any]:
    """One method as the policy shows it."""
    return {
        "@odata.type": CONFIGURATIONS[name].odata_type,
        "id": name,
        "state": state_of(state, name),
        **(pass_rules(state.settings) if name == PASS else {}),
        **targets_of(state, name),
    }


def pass_rules(settings: Settings) -> dict[str, Any]:
    numbers = {name: getattr(settings, attribute) for name, attribute in PASS_NUMBERS.items()}
    return {**numbers, "isUsableOnce": settings.tap_one_time_only}


def get_policy(call: Call) -> Reply:
    head = f"{call.origin}/v1.0/$metadata#authenticationMethodsPolicy"
    return Reply(body={"@odata.context": head, **policy_document(call.state)})


def get_configuration(call: Call) -> Reply:
    context = f"{call.origin}/v1.0/$metadata#authenticationMethodConfigurations/$entity"
    return Reply(body={"@odata.context": context, **configuration(call.state, configuration_in_path(call))})


def configuration_in_path(call: Call) -> str:
    name = configuration_name({"id": call.keys["configuration"]})
    if name is None:
        raise not_found(call.keys["configuration"])
    return name


def update_policy(call: Call) -> Reply:
    """200 with the policy. The campaign is merged property by property, a configuration by its id."""
    document = call.document()
    for name in document:
        if name not in (
            "@odata.type",
            "@odata.context",
            "registrationEnforcement",
            "authenticationMethodConfigurations",
        ):
            raise not_implemented(f"PATCH of {name} of the authentication methods policy")
    enforcement = document.get("registrationEnforcement") or {}
    changes = enforcement.get("authenticationMethodsRegistrationCampaign") or {}
    check_campaign(changes)
    for change in document.get("authenticationMethodConfigurations") or ():
        meant = configuration_name(change)
        if meant is None:
            raise not_implemented(f"PATCH of the authentication method configuration {change.get('id')}")
        change_configuration(call.state, meant, change)
    call.state.policy_book.campaign.update(changes)
    call.state.policy_book.methods_policy_changed = call.state.clock.now()
    return get_policy(call)


def check_campaign(changes: dict[str, Any]) -> None:
    days = changes.get("snoozeDurationInDays", 0)
    good = (
        CAMPAIGN_NAMES.issuperset(changes)
        and isinstance(days, int)
        and 0 <= days <= LONGEST_SNOOZE
        and changes.get("state", CAMPAIGN_STATES[0]) in CAMPAIGN_STATES
    )
    if not good:
        raise malformed("authenticationMethodsRegistrationCampaign")


def update_configuration(call: Call) -> Reply:
    """204. What the body does not name stays; a list of targets is replaced."""
    change_configuration(call.state, configuration_in_path(call), call.document())
    call.state.policy_book.methods_policy_changed = call.state.clock.now()
    return Reply(204)


def change_configuration(state: TenantState, name: str, changes: Mapping[str, Any]) -> None:
    """Take over what was given, or nothing when a part of it is wrong."""
    own = frozenset({*PASS_NUMBERS, "isUsableOnce"}) if name == PASS else frozenset()
    for prop in changes:
        if prop not in COMMON_NAMES | own:
            raise not_implemented(f"{prop} of the authentication method configuration {name}")
    if changes.get("state", ENABLED) not in STATES:
        raise malformed("state")
    targets = {which: check_targets(changes[which], which) for which in TARGET_LISTS if which in changes}
    if name == PASS:
        state.settings = changed_pass_rules(state.settings, changes)
    elif "state" in changes:
        state.policy_book.method_states[name] = changes["state"]
    if targets:
        state.policy_book.method_targets.setdefault(name, {}).update(targets)


def changed_pass_rules(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """The rules of the pass; the minimum may not exceed the maximum, and the default lies between them."""
    if "state" in changes:
        settings = replace(settings, tap_enabled=changes["state"] == ENABLED)
    numbers: dict[str, Any] = {}
    for name, attribute in PASS_NUMBERS.items():
        value = changes.get(name)
        lowest, highest = RANGES.get(name, MINUTES)
        if value is not None:
            if not isinstance(value, int) or not lowest <= value <= highest:
                raise malformed(name)
            numbers[attribute] = value
    settings = replace(settings, **numbers)
    if not settings.tap_minimum_minutes <= settings.tap_default_minutes <= settings.tap_maximum_minutes:
        raise malformed("defaultLifetimeInMinutes")
    if isinstance(changes.get("isUsableOnce"), bool):
        settings = replace(settings, tap_one_time_only=changes["isUsableOnce"])
    return settings


ROUTES = (
    Route("GET", PATH, get_policy),
    Route("PATCH", PATH, update_policy),
    Route("GET", CONFIGURATION_PATH, get_configuration),
    Route("PATCH", CONFIGURATION_PATH, update_configuration),
)
