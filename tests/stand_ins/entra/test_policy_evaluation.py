"""Which policies apply to a sign-in and what they demand."""

from typing import Any

import pytest

from local.entra.conditional_access.policy_conditions import REGISTER_SECURITY_INFO, SignIn
from local.entra.conditional_access.policy_evaluation import (
    MULTIFACTOR,
    PASSWORDLESS,
    PHISHING_RESISTANT,
    evaluate,
    satisfied,
)

WHO = SignIn(user_id="u", groups=frozenset({"g"}), roles=frozenset({"r"}), guest=False, app_id="app")


def policy(
    *,
    users: dict[str, Any] | None = None,
    applications: dict[str, Any] | None = None,
    controls: tuple[str, ...] = ("mfa",),
    strength: str | None = None,
    operator: str = "OR",
    state: str = "enabled",
    client_types: tuple[str, ...] = ("all",),
) -> dict[str, Any]:
    nobody: dict[str, Any] = {
        f"{verb}{kind}": [] for verb in ("include", "exclude") for kind in ("Users", "Groups", "Roles")
    }
    nothing: dict[str, Any] = {"includeApplications": [], "excludeApplications": [], "includeUserActions": []}
    return {
        "id": "p",
        "state": state,
        "conditions": {
            "clientAppTypes": list(client_types),
            "users": {**nobody, **(users or {"includeUsers": ["All"]})},
            "applications": {**nothing, **(applications or {"includeApplications": ["app"]})},
        },
        "grantControls": {
            "operator": operator,
            "builtInControls": list(controls),
            "authenticationStrength": {"id": strength} if strength else None,
        },
    }


@pytest.mark.parametrize(
    ("users", "applies"),
    [
        ({"includeUsers": ["All"]}, True),
        ({"includeUsers": ["U"]}, True),
        ({"includeGroups": ["g"]}, True),
        ({"includeRoles": ["r"]}, True),
        ({"includeUsers": ["None"]}, False),
        ({"includeGroups": ["other"]}, False),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, False),
        ({"includeUsers": ["All"], "excludeUsers": ["u"]}, False),
        ({"includeUsers": ["All"], "excludeGroups": ["g"]}, False),
        ({"includeUsers": ["All"], "excludeRoles": ["r"]}, False),
    ],
)
def test_people(users: dict[str, Any], applies: bool) -> None:
    assert evaluate([policy(users=users)], WHO).mfa is applies


@pytest.mark.parametrize(
    ("applications", "applies"),
    [
        ({"includeApplications": ["APP"]}, True),
        ({"includeApplications": ["All"]}, True),
        ({"includeApplications": ["other"]}, False),
        ({"includeApplications": ["None"]}, False),
        ({"includeApplications": ["All"], "excludeApplications": ["app"]}, False),
        ({"includeUserActions": [REGISTER_SECURITY_INFO]}, False),
    ],
)
def test_applications(applications: dict[str, Any], applies: bool) -> None:
    assert evaluate([policy(applications=applications)], WHO).mfa is applies


def test_a_user_action_is_its_own_target() -> None:
    registering = SignIn("u", frozenset(), frozenset(), guest=False, user_action=REGISTER_SECURITY_INFO)
    guard = policy(applications={"includeUserActions": [REGISTER_SECURITY_INFO]})
    assert evaluate([guard], registering).mfa
    assert not evaluate([policy(applications={"includeApplications": ["All"]})], registering).mfa


def test_states_and_client_types() -> None:
    demand = evaluate([policy(state="enabledForReportingButNotEnforced"), policy(state="disabled")], WHO)
    assert (demand.mfa, demand.applied, demand.report_only) == (False, (), ("p",))
    assert not evaluate([policy(client_types=("mobileAppsAndDesktopClients",))], WHO).mfa


@pytest.mark.parametrize(
    ("controls", "operator", "blocked"),
    [
        (("mfa",), "OR", False),
        (("block",), "OR", True),
        (("mfa", "compliantDevice"), "OR", False),
        (("mfa", "compliantDevice"), "AND", True),
        (("compliantDevice",), "OR", True),
    ],
)
def test_what_a_browser_cannot_give_blocks(controls: tuple[str, ...], operator: str, blocked: bool) -> None:
    assert evaluate([policy(controls=controls, operator=operator)], WHO).blocked is blocked


@pytest.mark.parametrize(
    ("strength", "combination", "enough"),
    [
        (None, "password,sms", True),
        (None, "temporaryAccessPassOneTime", True),
        (MULTIFACTOR, "temporaryAccessPassMultiUse", True),
        (PASSWORDLESS, "temporaryAccessPassOneTime", False),
        (PASSWORDLESS, "password,microsoftAuthenticatorPush", False),
        (PHISHING_RESISTANT, "password,sms", False),
        (PHISHING_RESISTANT, "fido2", True),
    ],
)
def test_strengths(strength: str | None, combination: str, enough: bool) -> None:
    demand = evaluate([policy(controls=() if strength else ("mfa",), strength=strength)], WHO)
    assert satisfied(demand, [combination]) is enough
    assert not satisfied(demand, [])
