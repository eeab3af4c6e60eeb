"""Conditional Access at sign-in, as pure functions: which policies apply to whom, and what they demand.

Sources: concept-conditional-access-cloud-apps and concept-authentication-strengths of the Entra documentation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MULTIFACTOR = "00000000-0000-0000-0000-000000000002"
PASSWORDLESS = "00000000-0000-0000-0000-000000000003"
PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"
BUILT_IN_STRENGTHS: Mapping[str, str] = {
    MULTIFACTOR: "Multifactor authentication",
    PASSWORDLESS: "Passwordless MFA",
    PHISHING_RESISTANT: "Phishing-resistant MFA",
}
PHISHING_RESISTANT_COMBINATIONS = ("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor")
STRENGTH_COMBINATIONS: Mapping[str, tuple[str, ...]] = {
    PHISHING_RESISTANT: PHISHING_RESISTANT_COMBINATIONS,
    PASSWORDLESS: (*PHISHING_RESISTANT_COMBINATIONS, "deviceBasedPush"),
    MULTIFACTOR: (
        *PHISHING_RESISTANT_COMBINATIONS,
        "deviceBasedPush",
        "temporaryAccessPassOneTime",
        "temporaryAccessPassMultiUse",
        "password,microsoftAuthenticatorPush",
        "password,softwareOath",
        "password,hardwareOath",
        "password,sms",
        "password,voice",
        "federatedMultiFactor",
    ),
}
REGISTER_SECURITY_INFO = "urn:user:registersecurityinfo"


@dataclass(frozen=True)
class SignIn:
    """Who signs in to what. The stand-in signs in from a browser, at no named location, on an unmanaged device.

    Args:
        groups: ids of the person's groups, nested ones included.
        roles: template ids of the person's directory roles.
        app_id: the application, or None when a user action is evaluated.
        user_action: such as `urn:user:registersecurityinfo`.
    """

    user_id: str
    groups: frozenset[str]
    roles: frozenset[str]
    guest: bool
    app_id: str | None = None
    user_action: str | None = None


@dataclass(frozen=True)
class Demand:
    """What the policies ask for together.

    Args:
        mfa: multifactor authentication of any kind.
        strengths: ids of the authentication strengths, each of which must be met.
        blocked: a policy blocks, or asks for what an unmanaged device in a browser cannot give.
        applied: ids of the enforced policies that apply.
        report_only: ids of the report-only policies that would apply.
    """

    mfa: bool
    strengths: tuple[str, ...]
    blocked: bool
    applied: tuple[str, ...]
    report_only: tuple[str, ...]


def evaluate(policies: Iterable[Mapping[str, Any]], sign_in: SignIn) -> Demand:
    """The demand of all policies on one sign-in. Disabled policies are not looked at."""
    enforced = [policy for policy in policies if policy["state"] == "enabled" and applies(policy, sign_in)]
    reported = [
        policy
        for policy in policies
        if policy["state"] == "enabledForReportingButNotEnforced" and applies(policy, sign_in)
    ]
    grants = [policy["grantControls"] for policy in enforced if policy["grantControls"]]
    strengths = [grant["authenticationStrength"]["id"] for grant in grants if grant["authenticationStrength"]]
    return Demand(
        mfa=any("mfa" in grant["builtInControls"] for grant in grants),
        strengths=tuple(dict.fromkeys(strengths)),
        blocked=any(impossible(grant) for grant in grants),
        applied=tuple(policy["id"] for policy in enforced),
        report_only=tuple(policy["id"] for policy in reported),
    )


def impossible(grant: Mapping[str, Any]) -> bool:
    """Whether a browser on an unmanaged device can never meet the controls."""
    controls = set(grant["builtInControls"])
    if "block" in controls:
        return True
    others = controls - {"mfa"}
    possible = "mfa" in controls or grant["authenticationStrength"] is not None
    return bool(others) and (grant["operator"] == "AND" or not possible)


def applies(policy: Mapping[str, Any], sign_in: SignIn) -> bool:
    """Whether a policy, were it enabled, applies to a sign-in."""
    conditions = policy["conditions"]
    if not {"all", "browser"}.intersection(conditions["clientAppTypes"]):
        return False
    return targets(conditions["applications"], sign_in) and concerns(conditions["users"], sign_in)


def targets(applications: Mapping[str, Any], sign_in: SignIn) -> bool:
    if sign_in.user_action is not None:
        return sign_in.user_action in applications["includeUserActions"]
    excluded = lowered(applications["excludeApplications"])
    included = lowered(applications["includeApplications"])
    app_id = (sign_in.app_id or "").lower()
    return app_id not in excluded and bool({"all", app_id} & included)


def concerns(users: Mapping[str, Any], sign_in: SignIn) -> bool:
    """An exclusion wins over every inclusion."""
    return not selected(users, sign_in, prefix="exclude") and selected(users, sign_in, prefix="include")


def selected(users: Mapping[str, Any], sign_in: SignIn, *, prefix: str) -> bool:
    people = lowered(users[f"{prefix}Users"])
    guests = "guestsorexternalusers" in people or users.get(f"{prefix}GuestsOrExternalUsers") is not None
    return (
        "all" in people
        or sign_in.user_id in people
        or bool(lowered(users[f"{prefix}Groups"]) & sign_in.groups)
        or bool(lowered(users[f"{prefix}Roles"]) & sign_in.roles)
        or (guests and sign_in.guest)
    )


def lowered(values: Iterable[str]) -> set[str]:
    return {value.lower() for value in values}


def satisfied(demand: Demand, combinations: Iterable[str]) -> bool:
    """Whether what the person authenticated with meets the demand. A password alone is no combination here."""
    presented = set(combinations)
    if demand.mfa and not presented.intersection(STRENGTH_COMBINATIONS[MULTIFACTOR]):
        return False
    return all(presented.intersection(STRENGTH_COMBINATIONS[strength]) for strength in demand.strengths)
