"""Conditional Access at sign-in, as pure functions: which policies apply, why the others do not, what they demand.

Source: concept-authentication-strengths of the Entra documentation. For the conditions see `policy_conditions.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.entra.conditional_access.policy_conditions import SignIn, mismatches

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


@dataclass(frozen=True)
class Demand:
    """What the policies ask for together.

    Args:
        mfa: multifactor authentication of any kind.
        strengths: ids of the authentication strengths, each of which must be met.
        blocked: a policy blocks, or asks for what an unmanaged device in a browser cannot give.
        applied: ids of the enforced policies that apply.
        report_only: ids of the report-only policies that would apply.
        combinations: what meets each of the strengths, by id.
    """

    mfa: bool
    strengths: tuple[str, ...]
    blocked: bool
    applied: tuple[str, ...]
    report_only: tuple[str, ...]
    combinations: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: STRENGTH_COMBINATIONS)


@dataclass(frozen=True)
class Verdict:
    """Whether one policy applies to a sign-in, and if not, why.

    Args:
        reasons: names of `whatIfAnalysisReasons`; empty when the policy applies.
    """

    policy: Mapping[str, Any]
    reasons: tuple[str, ...]

    @property
    def applies(self) -> bool:
        """True for report-only policies too."""
        return not self.reasons


def analyze(policies: Iterable[Mapping[str, Any]], sign_in: SignIn) -> list[Verdict]:
    """The verdict on every policy: what both the sign-in pages and the What-If call go by."""
    return [
        Verdict(policy, ("policyNotEnabled",) if policy["state"] == "disabled" else mismatches(policy, sign_in))
        for policy in policies
    ]


def evaluate(policies: Iterable[Mapping[str, Any]], sign_in: SignIn) -> Demand:
    """The demand of all policies on one sign-in."""
    applied = [verdict.policy for verdict in analyze(policies, sign_in) if verdict.applies]
    enforced = [policy for policy in applied if policy["state"] == "enabled"]
    grants = [policy["grantControls"] for policy in enforced if policy["grantControls"]]
    strengths = [grant["authenticationStrength"] for grant in grants if grant["authenticationStrength"]]
    return Demand(
        mfa=any("mfa" in grant["builtInControls"] for grant in grants),
        strengths=tuple(dict.fromkeys(strength["id"] for strength in strengths)),
        blocked=any(impossible(grant) for grant in grants),
        applied=tuple(policy["id"] for policy in enforced),
        report_only=tuple(policy["id"] for policy in applied if policy["state"] != "enabled"),
        combinations={strength["id"]: combinations_of(strength) for strength in strengths},
    )


def combinations_of(strength: Mapping[str, Any]) -> tuple[str, ...]:
    """What meets a strength as a policy shows it; a built-in one may be named by its id alone."""
    return tuple(strength.get("allowedCombinations") or STRENGTH_COMBINATIONS[strength["id"]])


def impossible(grant: Mapping[str, Any]) -> bool:
    """Whether a browser on an unmanaged device can never meet the controls."""
    controls = set(grant["builtInControls"])
    if "block" in controls:
        return True
    others = controls - {"mfa"}
    possible = "mfa" in controls or grant["authenticationStrength"] is not None
    return bool(others) and (grant["operator"] == "AND" or not possible)


def satisfied(demand: Demand, combinations: Iterable[str]) -> bool:
    """Whether what the person authenticated with meets the demand. A password alone is no combination here."""
    presented = set(combinations)
    if demand.mfa and not presented.intersection(STRENGTH_COMBINATIONS[MULTIFACTOR]):
        return False
    return all(presented.intersection(demand.combinations[strength]) for strength in demand.strengths)
