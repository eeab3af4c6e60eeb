"""What a test or a demo may change about the stand-in while it runs: lag, licenses, security defaults, policies."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

CHOICES: Mapping[str, tuple[str, ...]] = {
    "replica_choice": ("pinned", "roundRobin"),
    "delta_expired_code": ("syncStateNotFound", "resyncRequired"),
    "unreplicated_application": ("badRequest", "denied"),
    "unreplicated_owner": ("notFound", "badReference", "invalidValues"),
    "policy_migration_state": ("preMigration", "migrationInProgress", "migrationComplete"),
    "tap_second_post": ("replaces", "refused"),
    "mail_unknown_user_code": ("ErrorInvalidUser", "Request_ResourceNotFound"),
}
"""The values of settings that take one of a few."""


@dataclass(frozen=True)
class Settings:
    """The stand-in's behavior where the real service varies or is not known.

    Names are camelCase over HTTP. Times are in seconds unless the name says otherwise.
    """

    lag: float = 0.0
    """How long an object that was just created stays invisible to every read (Graph: seconds to about 15 minutes)."""
    replicas: int = 1
    """How many replicas answer reads. With several, each new object shows on one at once and on one after `lag`."""
    replica_choice: str = "pinned"
    """"pinned" gives a client the same replica for all its calls, "roundRobin" the next one for each call."""
    index_lag: float = 0.0
    """How long the index behind advanced queries (ConsistencyLevel: eventual) does not know a new object."""
    member_lag: float = 0.0
    """How long the slowest replica does not list a new member and still lists a removed one; writes know at once."""
    owner_lag: float = 0.0
    """How long the slowest replica does not list a new owner and still lists a removed one; writes know at once."""
    assignment_lag: float = 0.0
    """The same for app role assignments (terraform-provider-azuread issue 1759)."""
    credential_lag: float = 0.0
    """The same for federated identity credentials."""
    change_lag: float = 0.0
    """How long the slowest replica answers the old values after a PATCH, of directory objects and of policies."""
    delta_lag: float = 0.0
    """How long a change stays out of delta queries (a live probe missed one after 7.5 minutes)."""
    delta_deletion_lag: float = 0.0
    """How long a deletion, and what came after it, stays out of delta queries (graph-docs issue 4498)."""
    delta_page_size: int = 200
    """Objects on a page of a delta query; the service's number is not documented."""
    delta_empty_pages: int = 0
    """How many empty pages with a nextLink each round of a delta query has: the first one, the third one and so on."""
    delta_replays: int = 0
    """How many of the changes that were reported already each round repeats."""
    delta_expired_code: str = "syncStateNotFound"
    """The code of the 410 for a delta token older than 7 days: this or "resyncRequired"; both are documented."""
    unreplicated_application: str = "badRequest"
    """POST /servicePrincipals for an application that has not replicated: "badRequest" (NoBackingApplicationObject) or
    "denied", the misleading 403; both exist in the field."""
    nickname_unique: bool = False
    """Whether security groups need a mailNickname of their own as Microsoft 365 groups do (unconfirmed)."""
    restore_needs_directory_role: bool = False
    """Whether restoring an application also needs a directory role, as an older page says (unconfirmed)."""
    mailbox_delay: float = 0.0
    """How long after its creation a person has no mailbox yet."""
    mail_scope_group: str = ""
    """The group whose members' mailboxes Mail.Send is restricted to by an application access policy; empty: all."""
    mail_rbac_client: str = ""
    """The client that Exchange's RBAC for Applications lets send from one mailbox, and read the settings of all,
    without the permissions Mail.Send and MailboxSettings.Read."""
    mail_rbac_mailbox: str = ""
    """The object id of that mailbox."""
    email_client: str = ""
    """The client that has a role on the Communication Services resource; empty: every client."""
    unreplicated_owner: str = "notFound"
    """POST and PATCH with an owner that has not replicated: "notFound" (404), or the 400 of the provider's retry list
    in its two wordings, "badReference" and "invalidValues"."""
    role_claim_lag: float = 0.0
    """How long tokens of managed identities keep the permissions of the first one (the platform: up to 24 hours)."""
    mail_unknown_user_code: str = "ErrorInvalidUser"
    """The code of the 404 for the mailbox of nobody: this or "Request_ResourceNotFound" (unconfirmed)."""
    mail_too_large_status: int = 413
    """The status for a message of more than 4 MB (unconfirmed)."""
    license_p1: bool = True
    license_p2: bool = False
    security_defaults: bool = False
    license_status: str = "Enabled"
    """capabilityStatus of the licenses: Enabled, Warning, Suspended, LockedOut or Deleted. Only the first two count."""
    policy_limit: int = 240
    policy_name_limit: int = 256
    """Longest displayName of a policy (unconfirmed; a longer one is answered with 1007)."""
    policy_checks_excluded_groups: bool = True
    """Whether an excluded group that does not exist is refused with 1054 like an included one (unconfirmed)."""
    policy_effect_delay: float = 0.0
    """How long sign-ins go on by the last version of a policy (Entra: minutes for new sign-ins, up to a day beyond)."""
    policy_bin_app_only: bool = False
    """Whether an application may use the recycle bin of policies (its reference pages list no such permission)."""
    report_lag: float = 14_400.0
    """How old the registration report is. Entra says some hours; four is the stand-in's choice."""
    report_license_text: str = "old"
    """The report's refusal without P1: "old" or "new", both of which are in the field."""
    report_shows_disabled: bool = True
    """Whether the registration report has people whose account is disabled (unconfirmed)."""
    conditional_access_error_form: str = "new"
    """"new" puts the numbered text in error.message, "old" in error.innerError.message; both exist in the field."""
    token_lifetime: float = 3600.0
    policy_migration_state: str = "migrationComplete"
    """How far the tenant is with moving to the authentication methods policy; before the end older policies count."""
    tap_enabled: bool = True
    tap_minimum_minutes: int = 60
    tap_maximum_minutes: int = 480
    tap_default_minutes: int = 60
    tap_length: int = 8
    tap_one_time_only: bool = False
    tap_refusal_status: int = 400
    """Status when the policy allows a person no Temporary Access Pass (unconfirmed)."""
    tap_for_administrators: bool = True
    """Whether holders of a directory role can be given a Temporary Access Pass (nothing seen that stops it)."""
    tap_second_post: str = "replaces"
    """What a POST meets while a pass is there: "replaces" it, as the reference says, or is "refused" until that is
    deleted, as two public tools have it (EphemGate, PSGraphKit)."""
    throttle_directory: float = 1.0
    """Factor on the resource units a client may use in 10 seconds; 0 switches this limit off."""
    throttle_writes: float = 1.0
    """Factor on the write quotas of a client and of the tenant; 0 switches them off."""
    throttle_reports: float = 1.0
    """Factor on the reports' five requests in 10 seconds; 0 switches this limit off."""
    throttle_conditional_access: float = 1.0
    """Conditional Access calls per second and tenant; the service allows 1. 0 switches the limit off, which a test
    whose clock stands still needs for a second call."""
    throttle_authentication_methods: float = 0.0
    """Calls below /users/{id}/authentication per client in 10 seconds (the figure is not known); 0 switches it off."""
    any_secret: bool = True
    """Whether a client without a registered secret signs in with any secret that is not empty."""
    device_code_interval: int = 5
    """Seconds a client must wait between two questions whether a device code was approved."""
    strict_logo: bool = False
    """Whether a logo that is no PNG of 215 by 215 pixels without transparency is refused (unconfirmed)."""
    upsert_adds_owner: bool = False
    """Whether PATCH with create-if-missing makes the caller an owner (msgraph-bicep-types issues 134 and 154: no)."""
    service_principal_auto_owner: bool = False
    """Whether POST /servicePrincipals makes the caller an owner (unconfirmed, so the strict answer)."""
    cast_needs_consistency_level: bool = False
    """Whether members/microsoft.graph.user demands ConsistencyLevel: eventual and $count=true (unconfirmed)."""
    get_by_ids_needs_directory_read: bool = False
    """Whether getByIds demands Directory.Read.All, as documented; docs-contrib#8798 saw User.Read.All show users."""

    @property
    def premium(self) -> bool:
        """Whether the tenant has P1 or P2 and the license counts."""
        return (self.license_p1 or self.license_p2) and self.license_status in ("Enabled", "Warning")

    def as_json(self) -> dict[str, Any]:
        return {camel(name): value for name, value in asdict(self).items()}

    def changed(self, patch: dict[str, Any]) -> "Settings":
        """A copy with the camelCase names of `patch` replaced.

        Raises:
            ValueError: a name is unknown or a value has the wrong type; the text says which.
        """
        known = {camel(field.name): field.name for field in fields(self)}
        changes: dict[str, Any] = {}
        for name, value in patch.items():
            if name not in known:
                raise ValueError(f"There is no setting '{name}'; the settings are {', '.join(sorted(known))}.")
            changes[known[name]] = self.checked(known[name], name, value)
        return replace(self, **changes)

    def checked(self, attribute: str, name: str, value: Any) -> Any:
        """`value` if its type is the one the setting has."""
        kind = type(getattr(self, attribute))
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not kind:
            raise ValueError(f"The setting '{name}' takes a value of type {kind.__name__}, not {value!r}.")
        if attribute in CHOICES and value not in CHOICES[attribute]:
            raise ValueError(f"The setting '{name}' takes one of {', '.join(CHOICES[attribute])}, not {value!r}.")
        return value


def camel(name: str) -> str:
    """`license_p1` as `licenseP1`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
