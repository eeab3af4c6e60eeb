"""What policies ask for at a sign-in, against what a person has to show. Pure.

What-If says which policies apply; it does not say whether a person passes them (conditionalAccessRoot: evaluate).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provisioning.model.finish_reasons import Reason
from provisioning.tenant.preflight.policy_reading import (
    BLOCK,
    MFA,
    PASSES,
    Policy,
    grants,
    ids_in,
    is_and,
    strength_of,
    terms_of_use,
)

DEVICE_CONTROLS = frozenset({"compliantdevice", "domainjoineddevice"})
EVERY_TIME = "everytime"
# Which ways through an authentication strength a method of a kind opens (authenticationMethodModes values, lower case).
# An external method meets the control "mfa" and no strength (entra-docs, how-to-authentication-external-method-manage).
COMBINATIONS: Mapping[str, frozenset[str]] = {
    "fido2": frozenset({"fido2"}),
    "hardwareOath": frozenset({"password,hardwareoath"}),
    "microsoftAuthenticator": frozenset({"password,microsoftauthenticatorpush", "devicebasedpush"}),
    "phone": frozenset({"password,sms", "password,voice"}),
    "platformCredential": frozenset({"windowshelloforbusiness"}),
    "softwareOath": frozenset({"password,softwareoath"}),
    "windowsHelloForBusiness": frozenset({"windowshelloforbusiness"}),
}
ONE_TIME = frozenset({"temporaryaccesspassonetime"})


@dataclass(frozen=True)
class Shown:
    """What a person shows at a sign-in, besides a password.

    Args:
        mfa: Whether it counts as multifactor authentication.
        combinations: Ways through an authentication strength that it opens, in lower case.
        managed: Whether the device is compliant and joined.
    """

    mfa: bool = False
    combinations: frozenset[str] = frozenset()
    managed: bool = False


def methods_shown(kinds: Iterable[str], *, managed: bool = False) -> Shown:
    """Return what a person shows with methods of these kinds, of which there is at least one."""
    known = (COMBINATIONS.get(kind, frozenset()) for kind in kinds)
    return Shown(mfa=True, combinations=frozenset[str]().union(*known), managed=managed)


def pass_shown(*, once: bool, managed: bool = False) -> Shown:
    """Return what a person shows with a Temporary Access Pass: it counts as MFA."""
    return Shown(mfa=True, combinations=ONE_TIME if once else PASSES, managed=managed)


def lets_in(policy: Policy, shown: Shown) -> bool:
    """Tell whether a policy lets a person in. What it asks for besides a grant, such as terms of use, is one more step.

    A control that this product does not know, a password change and the app controls are nothing that a browser shows.
    """
    controls, strength = grants(policy), strength_of(policy)
    if BLOCK in controls:
        return False
    met = {control: meets_control(control, policy, shown) for control in controls}
    if strength:
        met["strength"] = not shown.combinations.isdisjoint(ids_in(strength, "allowedCombinations"))
    if not met:
        return True
    return all(met.values()) if is_and(policy) else any(met.values())


def meets_control(control: str, policy: Policy, shown: Shown) -> bool:
    """Tell whether a person meets one control."""
    if control == MFA:
        return shown.mfa
    if control in DEVICE_CONTROLS:
        return shown.managed
    return control in terms_of_use(policy)


def asks_every_time(policy: Policy) -> bool:
    """Tell whether it wants a fresh sign-in each time (signInFrequencySessionControl)."""
    frequency = (policy.get("sessionControls") or {}).get("signInFrequency") or {}
    return frequency.get("isEnabled") is True and str(frequency.get("frequencyInterval") or "").casefold() == EVERY_TIME


def obstacle(policy: Policy, *, at_registration: bool, has_pass: bool) -> Reason:
    """Name what keeps out a person that a policy does not let in.

    Args:
        policy: That policy.
        at_registration: Whether they register a method, or else sign in to our application.
        has_pass: Whether they show a pass, or else the methods that they have or could register.
    """
    controls = grants(policy)
    if BLOCK in controls:
        return Reason.REGISTRATION_BLOCKED if at_registration else Reason.APPLICATION_BLOCKED
    if controls & DEVICE_CONTROLS:
        return Reason.MANAGED_DEVICE_ONLY
    if strength_of(policy):
        return Reason.STRENGTH_REFUSES_PASS if has_pass else Reason.STRENGTH_NEEDS_OTHER_METHOD
    return Reason.OTHER_CONTROL
