"""/policies/authenticationMethodsPolicy: which sign-in methods there are, the pass's rules, the registration campaign.

Source: the pages authenticationmethodspolicy, temporaryaccesspassauthenticationmethodconfiguration and
authenticationmethodsregistrationcampaign. What the policy says of Temporary Access Passes is what
`/_local/settings` says of them; a PATCH changes the settings.
"""

from dataclasses import replace
from typing import Any

from local.entra.clock import timestamp
from local.entra.protocol.errors import GraphError, not_implemented
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState

PATH = "/policies/authenticationMethodsPolicy"
PASS_PATH = f"{PATH}/authenticationMethodConfigurations/temporaryAccessPass"
POLICY_ID = "authenticationMethodsPolicy"
PASS_TYPE = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
CONFIGURATIONS = {
    "Fido2": "#microsoft.graph.fido2AuthenticationMethodConfiguration",
    "MicrosoftAuthenticator": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethodConfiguration",
    "Sms": "#microsoft.graph.smsAuthenticationMethodConfiguration",
    "SoftwareOath": "#microsoft.graph.softwareOathAuthenticationMethodConfiguration",
    "Email": "#microsoft.graph.emailAuthenticationMethodConfiguration",
}
STATES = ("enabled", "disabled")
CAMPAIGN_STATES = ("default", "enabled", "disabled")
CAMPAIGN_NAMES = frozenset({"snoozeDurationInDays", "state", "includeTargets", "excludeTargets"})
LONGEST_SNOOZE = 14
EVERYBODY = {"targetType": "group", "id": "all_users", "isRegistrationRequired": False}
PASS_NUMBERS = {
    "defaultLength": "tap_length",
    "defaultLifetimeInMinutes": "tap_default_minutes",
    "minimumLifetimeInMinutes": "tap_minimum_minutes",
    "maximumLifetimeInMinutes": "tap_maximum_minutes",
}
RANGES = {"defaultLength": (8, 48)}
MINUTES = (10, 43_200)


def policy_document(state: TenantState) -> dict[str, Any]:
    """The whole policy."""
    changed = state.policy_book.methods_policy_changed
    return {
        "id": POLICY_ID,
        "displayName": "Authentication Methods Policy",
        "description": "Which authentication methods people can register and use in the tenant.",
        "lastModifiedDateTime": "2026-01-07T08:00:00Z" if changed is None else timestamp(changed),
        "policyVersion": "1.5",
        "policyMigrationState": "migrationComplete",
        "registrationEnforcement": {"authenticationMethodsRegistrationCampaign": campaign(state)},
        "authenticationMethodConfigurations": [
            *(plain_configuration(state, name) for name in CONFIGURATIONS),
            pass_configuration(state),
        ],
    }


def campaign(state: TenantState) -> dict[str, Any]:
    target = {"id": "all_users", "targetType": "group", "targetedAuthenticationMethod": "microsoftAuthenticator"}
    default = {"snoozeDurationInDays": 1, "state": "default", "includeTargets": [target], "excludeTargets": []}
    return {**default, **state.policy_book.campaign}


def method_enabled(state: TenantState, name: str) -> bool:
    """Whether a method other than the pass is switched on; all are until a PATCH says otherwise."""
    return state.policy_book.method_states.get(name, "enabled") == "enabled"


def plain_configuration(state: TenantState, name: str) -> dict[str, Any]:
    return {
        "@odata.type": CONFIGURATIONS[name],
        "id": name,
        "state": STATES[0] if method_enabled(state, name) else STATES[1],
        "excludeTargets": [],
    }


def pass_configuration(state: TenantState) -> dict[str, Any]:
    settings, targets = state.settings, state.policy_book.pass_targets
    return {
        "@odata.type": PASS_TYPE,
        "id": "TemporaryAccessPass",
        "state": STATES[0] if settings.tap_enabled else STATES[1],
        **{name: getattr(settings, attribute) for name, attribute in PASS_NUMBERS.items()},
        "isUsableOnce": settings.tap_one_time_only,
        "includeTargets": [EVERYBODY] if targets is None else targets,
        "excludeTargets": [],
    }


def get_policy(call: Call) -> Reply:
    head = f"{call.origin}/v1.0/$metadata#authenticationMethodsPolicy"
    return Reply(body={"@odata.context": head, **policy_document(call.state)})


def get_pass_configuration(call: Call) -> Reply:
    return Reply(body={"@odata.context": configuration_context(call), **pass_configuration(call.state)})


def configuration_context(call: Call) -> str:
    return f"{call.origin}/v1.0/$metadata#authenticationMethodConfigurations/$entity"


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
    for configuration in document.get("authenticationMethodConfigurations") or ():
        change_configuration(call.state, configuration)
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


def malformed(what: str) -> GraphError:
    """400; the service's own text is not known."""
    return GraphError(400, "badRequest", f"The value of '{what}' is not valid.")


def change_configuration(state: TenantState, changes: dict[str, Any]) -> None:
    if str(changes.get("id")).lower() == "temporaryaccesspass" or changes.get("@odata.type") == PASS_TYPE:
        change_pass_configuration(state, changes)
        return
    if changes.get("id") not in CONFIGURATIONS:
        raise not_implemented(f"PATCH of the authentication method configuration {changes.get('id')}")
    if changes.get("state") not in STATES:
        raise malformed("state")
    state.policy_book.method_states[changes["id"]] = changes["state"]


def update_pass_configuration(call: Call) -> Reply:
    """204."""
    change_pass_configuration(call.state, call.document())
    call.state.policy_book.methods_policy_changed = call.state.clock.now()
    return Reply(204)


def change_pass_configuration(state: TenantState, changes: dict[str, Any]) -> None:
    """Take over what was given; the minimum may not exceed the maximum, and the default lies between them."""
    if changes.get("state", STATES[0]) not in STATES:
        raise malformed("state")
    settings = state.settings
    if "state" in changes:
        settings = replace(settings, tap_enabled=changes["state"] == STATES[0])
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
    if isinstance(changes.get("includeTargets"), list):
        state.policy_book.pass_targets = changes["includeTargets"]
    state.settings = settings


def in_pass_scope(state: TenantState, user_id: str) -> bool:
    """Whether the policy's targets include somebody, directly or by a group, nested ones included."""
    targets = state.policy_book.pass_targets
    if targets is None:
        return True
    reached = {user_id, "all_users", *state.groups_of(user_id)}
    return any(str(target.get("id")).lower() in reached for target in targets)


ROUTES = (
    Route("GET", PATH, get_policy),
    Route("PATCH", PATH, update_policy),
    Route("GET", PASS_PATH, get_pass_configuration),
    Route("PATCH", PASS_PATH, update_pass_configuration),
)
