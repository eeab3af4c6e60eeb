"""Which sign-in methods the methods policy has, and who may use them: its configurations and their targets.

Sources: the pages authenticationmethodconfiguration and authenticationmethodtarget of the Graph documentation; the
page concept-authentication-methods-manage of the Entra documentation (an excluded group wins).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.entra.protocol.errors import GraphError
from local.entra.state import TenantState

PASS = "TemporaryAccessPass"
ENABLED, DISABLED = "enabled", "disabled"
STATES = (ENABLED, DISABLED)
TARGET_LISTS = ("includeTargets", "excludeTargets")
TARGET_TYPES = ("group", "user")
ALL_USERS = "all_users"
EVERYBODY = {"targetType": "group", "id": ALL_USERS, "isRegistrationRequired": False}


@dataclass(frozen=True)
class Configuration:
    """One method of the policy: its type in Graph, and its state until a PATCH says otherwise."""

    type_name: str
    default_state: str = ENABLED

    @property
    def odata_type(self) -> str:
        """The annotation of the configuration."""
        return f"#microsoft.graph.{self.type_name}"


CONFIGURATIONS: Mapping[str, Configuration] = {
    "Fido2": Configuration("fido2AuthenticationMethodConfiguration"),
    "MicrosoftAuthenticator": Configuration("microsoftAuthenticatorAuthenticationMethodConfiguration"),
    "Sms": Configuration("smsAuthenticationMethodConfiguration"),
    PASS: Configuration("temporaryAccessPassAuthenticationMethodConfiguration"),
    "SoftwareOath": Configuration("softwareOathAuthenticationMethodConfiguration"),
    "Voice": Configuration("voiceAuthenticationMethodConfiguration", DISABLED),
    "Email": Configuration("emailAuthenticationMethodConfiguration"),
    "X509Certificate": Configuration("x509CertificateAuthenticationMethodConfiguration", DISABLED),
    "QRCodePin": Configuration("qrCodePinAuthenticationMethodConfiguration", DISABLED),
}


def configuration_name(changes: Mapping[str, Any]) -> str | None:
    """The configuration that a body means, by its id or its type; None for an unknown one."""
    wanted, kind = str(changes.get("id", "")).casefold(), changes.get("@odata.type")
    for name, configuration in CONFIGURATIONS.items():
        if wanted == name.casefold() or (not wanted and kind == configuration.odata_type):
            return name
    return None


def state_of(state: TenantState, name: str) -> str:
    """Whether a method is switched on, for anybody. The pass follows the setting `tapEnabled`."""
    if name == PASS:
        return ENABLED if state.settings.tap_enabled else DISABLED
    return state.policy_book.method_states.get(name, CONFIGURATIONS[name].default_state)


def targets_of(state: TenantState, name: str) -> dict[str, list[dict[str, Any]]]:
    """Who is included and who is excluded; by default everybody and nobody."""
    return {"includeTargets": [EVERYBODY], "excludeTargets": [], **state.policy_book.method_targets.get(name, {})}


def method_allowed(state: TenantState, name: str, user_id: str) -> bool:
    """Whether a person may register and use a method: switched on, included, not excluded; nested groups count."""
    if state_of(state, name) != ENABLED:
        return False
    if name not in state.policy_book.method_targets:
        return True
    reached = {user_id, ALL_USERS, *state.groups_of(user_id)}
    included, excluded = (
        any(str(target["id"]).casefold() in reached for target in targets_of(state, name)[which])
        for which in TARGET_LISTS
    )
    return included and not excluded


def check_targets(value: Any, which: str) -> list[dict[str, Any]]:
    """The targets, when each of them names a group or a person.

    Raises:
        GraphError: 400.
    """
    good = isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("id"), str) and item.get("targetType") in TARGET_TYPES
        for item in value
    )
    if not good:
        raise malformed(which)
    targets: list[dict[str, Any]] = value
    return targets


def malformed(what: str) -> GraphError:
    """400; the service's own text is not known."""
    return GraphError(400, "badRequest", f"The value of '{what}' is not valid.")
