"""The kinds of sign-in method: their types in Graph, their names in the report, and what each can meet of a strength.

Sources: the pages authenticationmethod, qrcodepinauthenticationmethod (single-factor) and userregistrationdetails of
the Graph documentation; concept-authentication-strengths of the Entra documentation. A method of a type that is not
here is kept and shown as it is: the service adds kinds now and then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.entra.authentication.methods_policy.targets import method_allowed
from local.entra.protocol.collection import Entity
from local.entra.state import TenantState

SUFFIX = "AuthenticationMethod"


@dataclass(frozen=True)
class MethodKind:
    """One kind.

    Attributes:
        type_name: the type as Graph names it, without its namespace.
        reported: its name in the registration report.
        ways: what it can meet of an authentication strength, together with the password where it needs one, each with
            the configuration of the methods policy that must allow it; None where the policy says nothing of it. A kind
            without any is no second factor.
        preferred: how the report names it as the preferred second step.
    """

    type_name: str
    reported: str
    ways: tuple[tuple[str | None, str], ...] = ()
    preferred: str = "none"
    passwordless: bool = False
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def odata_type(self) -> str:
        """The annotation of a method."""
        return f"#microsoft.graph.{self.type_name}"


KINDS: Mapping[str, MethodKind] = {
    "fido2": MethodKind(
        "fido2AuthenticationMethod",
        "passKeyDeviceBound",
        (("Fido2", "fido2"),),
        passwordless=True,
        details={
            "displayName": "Passkey (simulated)",
            "aaGuid": "00000000-0000-0000-0000-000000000000",
            "model": "Simulated security key",
            "attestationCertificates": [],
            "attestationLevel": "notAttested",
        },
    ),
    "windowsHelloForBusiness": MethodKind(
        "windowsHelloForBusinessAuthenticationMethod",
        "windowsHelloForBusiness",
        ((None, "windowsHelloForBusiness"),),
        passwordless=True,
        details={"displayName": "LAPTOP-1 (simulated)", "keyStrength": "normal"},
    ),
    "platformCredential": MethodKind(
        "platformCredentialAuthenticationMethod",
        "macOsSecureEnclaveKey",
        ((None, "windowsHelloForBusiness"),),
        passwordless=True,
        details={"displayName": "MacBook (simulated)", "keyStrength": "normal", "platform": "macOS"},
    ),
    "microsoftAuthenticator": MethodKind(
        "microsoftAuthenticatorAuthenticationMethod",
        "microsoftAuthenticatorPush",
        (("MicrosoftAuthenticator", "password,microsoftAuthenticatorPush"),),
        preferred="push",
        details={
            "displayName": "Phone (simulated)",
            "deviceTag": "SoftwareTokenActivated",
            "phoneAppVersion": "6.2611.0",
        },
    ),
    "softwareOath": MethodKind(
        "softwareOathAuthenticationMethod",
        "softwareOneTimePasscode",
        (("SoftwareOath", "password,softwareOath"),),
        preferred="oath",
        details={"secretKey": None},
    ),
    "phone": MethodKind(
        "phoneAuthenticationMethod",
        "mobilePhone",
        (("Sms", "password,sms"), ("Voice", "password,voice")),
        preferred="sms",
        details={"phoneNumber": "+1 2065550100", "phoneType": "mobile", "smsSignInState": "notConfigured"},
    ),
    "email": MethodKind("emailAuthenticationMethod", "email", details={"emailAddress": "private@example.com"}),
    "qrCodePin": MethodKind("qrCodePinAuthenticationMethod", "qrCodePin"),
}
BY_TYPE: Mapping[str, MethodKind] = {kind.odata_type: kind for kind in KINDS.values()}
METHOD_TYPES: Mapping[str, str] = {name: kind.odata_type for name, kind in KINDS.items()}


def kind_of(method: Mapping[str, Any]) -> MethodKind:
    """The kind of a method; one that is not known here is no second factor and is reported by its type."""
    odata_type = str(method["@odata.type"])
    type_name = odata_type.rpartition(".")[2]
    return BY_TYPE.get(odata_type) or MethodKind(type_name, type_name.removesuffix(SUFFIX))


def usable_ways(state: TenantState, user_id: str, kind: MethodKind) -> list[str]:
    """What a person can meet with a method of this kind, as far as the methods policy lets that person use it."""
    return [
        combination
        for configuration, combination in kind.ways
        if configuration is None or method_allowed(state, configuration, user_id)
    ]


def register_method(state: TenantState, user_id: str, kind: str | Mapping[str, Any]) -> Entity:
    """Give a person a method, as the registration wizard does.

    Args:
        kind: a name of `KINDS`, or a whole method with its `@odata.type`, which may be one nobody knows yet.

    Raises:
        ValueError: there is no such kind, or the method has no type.
    """
    if isinstance(kind, str):
        if kind not in KINDS:
            raise ValueError(f"There is no method '{kind}'; the methods are {', '.join(KINDS)}.")
        document: Mapping[str, Any] = {"@odata.type": KINDS[kind].odata_type, **KINDS[kind].details}
    else:
        document = kind
        if not str(document.get("@odata.type", "")).startswith("#microsoft.graph."):
            raise ValueError(
                "A whole method needs its '@odata.type', such as #microsoft.graph.fido2AuthenticationMethod."
            )
    method: Entity = {"id": state.ids(), "createdDateTime": state.clock.text(), **document}
    state.methods.setdefault(user_id, []).append(method)
    return method


def strong_combinations(state: TenantState, user_id: str) -> list[str]:
    """What the person could present for multifactor authentication, a Temporary Access Pass apart."""
    return [
        combination
        for method in state.methods.get(user_id, ())
        for combination in usable_ways(state, user_id, kind_of(method))
    ]
