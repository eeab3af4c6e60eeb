"""What the authentication methods policy says: which methods are open to a person, and who may have a pass.

An excluded group wins over every inclusion (entra-docs, concept-authentication-methods-manage).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.graph.temporary_access_pass import ENABLED, EVERYBODY
from provisioning.tenant.preflight.coverage import Certainty, Directory, Subject, any_of

TEMPORARY_ACCESS = "temporaryaccesspass"
MIGRATED = "migrationComplete"
# Kinds of second factor, as the methods themselves are called, and the configurations that allow each, in lower case.
SWITCHES: Mapping[str, tuple[str, ...]] = {
    "fido2": ("fido2",),
    "hardwareOath": ("hardwareoath",),
    "microsoftAuthenticator": ("microsoftauthenticator",),
    "phone": ("sms", "voice"),
    "softwareOath": ("softwareoath",),
}
# What people register by themselves on the security info page. An admin hands out hardware tokens.
SELF_SERVICE: Mapping[str, str] = {
    "fido2": "fido2",
    "microsoftauthenticator": "microsoftAuthenticator",
    "softwareoath": "softwareOath",
    "sms": "phone",
    "voice": "phone",
}
# What the older policies of MFA and of password reset can allow: no passkeys (the same page as for the migration).
LEGACY = frozenset({"microsoftAuthenticator", "phone", "softwareOath"})
EXTERNAL_TYPE = "#microsoft.graph.externalauthenticationmethodconfiguration"

IsIn = Callable[[str], Certainty]


@dataclass(frozen=True)
class MethodTargets:
    """Who one method of the policy is for. Ids in lower case.

    Args:
        kind: As the registered methods are called, such as `fido2`.
        targets: Groups, or single accounts of before 2023, that it is for; `all_users` is everybody.
        excluded: Those that it is not for.
    """

    kind: str
    targets: frozenset[str] = frozenset({EVERYBODY})
    excluded: frozenset[str] = frozenset()

    def admits(self, is_in: IsIn) -> Certainty:
        """Tell whether the method is open to the person whose groups `is_in` knows."""
        return targeted(self.targets, self.excluded, is_in)


@dataclass(frozen=True)
class PassPolicy:
    """Who may be given a Temporary Access Pass (temporaryAccessPassAuthenticationMethodConfiguration).

    Args:
        enabled: Whether it is switched on.
        targets: Groups, in lower case, that it is for; `all_users` is everybody.
        excluded: Groups that it is not for, which wins.
        once: Whether every pass opens one sign-in only, whatever was asked for when it was made.
        shortest, longest: Lifetimes that the policy allows, in minutes.
    """

    enabled: bool
    targets: frozenset[str] = frozenset({EVERYBODY})
    excluded: frozenset[str] = frozenset()
    once: bool = False
    shortest: int = 60
    longest: int = 480

    def admits(self, person: Subject, directory: Directory) -> Certainty:
        """Tell whether a person may have a pass."""
        return self.is_for(lambda group_id: directory.is_in(person, group_id))

    def is_for(self, is_in: IsIn) -> Certainty:
        """Tell the same of the person whose groups `is_in` knows."""
        return targeted(self.targets, self.excluded, is_in) if self.enabled else Certainty.NO

    @property
    def groups(self) -> frozenset[str]:
        """Return the groups that decide who may have one."""
        return (self.targets | self.excluded) - {EVERYBODY}


@dataclass(frozen=True)
class Campaign:
    """The tenant's own nudge to register a method, which comes after a sign-in with MFA.

    Args:
        state: `enabled`, `disabled`, or `default`, which Microsoft manages and changes by itself (CyberDrain/CIPP#275).
        methods: What it asks for, sorted.
    """

    state: str
    methods: tuple[str, ...] = ()

    @property
    def on(self) -> bool:
        """Return whether it may meet an invitation of ours."""
        return self.state != "disabled"


@dataclass(frozen=True)
class MethodsPolicy:
    """What a person can register.

    Args:
        methods: The methods that are switched on.
        complete: Whether only this policy counts. Until a tenant's migration to it is complete, a method that an older
            policy allows can be registered, too (entra-docs, how-to-authentication-methods-manage).
        campaign: The tenant's registration campaign; None where the policy shows none.
    """

    methods: tuple[MethodTargets, ...] = ()
    complete: bool = True
    campaign: Campaign | None = None

    def open_to(self, is_in: IsIn) -> Mapping[str, Certainty]:
        """Return for each kind whether it is open to the person whose groups `is_in` knows; the others are not."""
        kinds = {item.kind for item in self.methods} | (frozenset() if self.complete else LEGACY)
        return {kind: self.is_open(kind, is_in) for kind in sorted(kinds)}

    def is_open(self, kind: str, is_in: IsIn) -> Certainty:
        """Tell whether one kind is open to them. What an older policy may allow is not known to be closed."""
        found = any_of(item.admits(is_in) for item in self.methods if item.kind == kind)
        may_be = not self.complete and kind in LEGACY and found is Certainty.NO
        return Certainty.UNKNOWN if may_be else found

    @property
    def groups(self) -> frozenset[str]:
        """Return the groups that decide which methods are open to which people."""
        named = frozenset[str]().union(*(item.targets | item.excluded for item in self.methods))
        return named - {EVERYBODY}


def targeted(targets: Iterable[str], excluded: Iterable[str], is_in: IsIn) -> Certainty:
    """Tell whether a person is among the targets and not among the excluded."""
    included = any_of(Certainty.YES if item == EVERYBODY else is_in(item) for item in targets)
    outside = any_of(Certainty.YES if item == EVERYBODY else is_in(item) for item in excluded)
    if included is Certainty.NO or outside is Certainty.YES:
        return Certainty.NO
    return Certainty.YES if included is Certainty.YES and outside is Certainty.NO else Certainty.UNKNOWN


def read_methods_policy(policy: Mapping[str, Any]) -> MethodsPolicy:
    """Parse the authentication methods policy of Graph's JSON."""
    found = []
    for item in configurations(policy):
        kind = self_service_kind(item)
        if kind is not None and item.get("state") == ENABLED:
            excluded = target_ids(item.get("excludeTargets"))
            found.append(MethodTargets(kind, target_ids(item.get("includeTargets")), excluded))
    complete = policy.get("policyMigrationState") == MIGRATED
    return MethodsPolicy(tuple(found), complete=complete, campaign=read_campaign(policy))


def read_campaign(policy: Mapping[str, Any]) -> Campaign | None:
    """Parse the registration campaign (authenticationMethodsRegistrationCampaign resource type)."""
    found = (policy.get("registrationEnforcement") or {}).get("authenticationMethodsRegistrationCampaign")
    if not found:
        return None
    methods = {str(target.get("targetedAuthenticationMethod")) for target in found.get("includeTargets") or ()}
    return Campaign(str(found.get("state")), tuple(sorted(methods)))


def self_service_kind(configuration: Mapping[str, Any]) -> str | None:
    """Return the kind that people register under a configuration; None where they cannot do so by themselves."""
    if str(configuration.get("@odata.type")).casefold() == EXTERNAL_TYPE:
        return "external"
    kind = SELF_SERVICE.get(str(configuration.get("id")).casefold())
    # fido2AuthenticationMethodConfiguration: passkeys may be left to admins.
    return None if configuration.get("isSelfServiceRegistrationAllowed") is False else kind


def pass_policy(methods: Mapping[str, Any]) -> PassPolicy:
    """Parse what the authentication methods policy says of Temporary Access Passes; what it does not name is off."""
    for item in configurations(methods):
        if str(item.get("id")).casefold() == TEMPORARY_ACCESS:
            return PassPolicy(
                enabled=item.get("state") == ENABLED,
                targets=target_ids(item.get("includeTargets")),
                excluded=target_ids(item.get("excludeTargets")),
                once=item.get("isUsableOnce") is True,
                shortest=int(item.get("minimumLifetimeInMinutes") or PassPolicy.shortest),
                longest=int(item.get("maximumLifetimeInMinutes") or PassPolicy.longest),
            )
    return PassPolicy(enabled=False)


def methods_switched_off(policy: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of second factor that the authentication methods policy allows nobody, sorted.

    Nothing is known to be off before the migration to this policy is complete.
    """
    if policy.get("policyMigrationState") != MIGRATED:
        return ()
    states = {str(item.get("id")).casefold(): item.get("state") for item in configurations(policy)}
    return tuple(
        kind for kind, names in sorted(SWITCHES.items()) if all(states.get(name) == "disabled" for name in names)
    )


def configurations(policy: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Return what the policy says of each method."""
    found: Iterable[Mapping[str, Any]] = policy.get("authenticationMethodConfigurations") or ()
    return found


def target_ids(targets: Iterable[Mapping[str, Any]] | None) -> frozenset[str]:
    """Return the ids of a method's targets."""
    return frozenset(str(target.get("id")).casefold() for target in targets or ())
