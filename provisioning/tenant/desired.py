"""What should be in the tenant, as pure data made from settings."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from provisioning.errors import ConfigurationError
from provisioning.model.board import READER
from provisioning.model.board_actions import ACTOR
from provisioning.model.passes import ISSUER
from provisioning.tenant.settings import TenantObjectSettings

CALLBACK = "/.auth/login/aad/callback"  # Easy Auth's redirect path (app-service/configure-authentication-provider-aad)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LOGO_SIDE = 215  # pixels (entra-docs, application-properties)
LARGEST_LOGO = 100 * 1024  # bytes (the same page)


@dataclass(frozen=True)
class Desired:
    """Names and values of the objects.

    Args:
        key: Random, kept in our own store. Part of names that must be unique, so that nobody can make them before us.
        tenant_id: The tenant.
        display_name: What people and admins read.
        landing_url: The page's address, without a trailing slash.
        logo: The tile's picture, as the bytes of a PNG.
        tenant_client_id: The identity that does all this; it owns the application and the service principal.
        people_principal_id: The identity that changes members; it owns the group.
        front_principal_id: The identity whose token serves the application as its credential, if any.
        break_glass_user_ids: Excluded from every policy.
        expected_owner_ids: Who may own the group and the application besides the two identities.
        assignment_required: Whether only assigned people get a token for the application.
        everybody: Whether the policy covers all accounts rather than the group's members.
        strength: Name or id of an authentication strength; None asks for MFA of any kind.
        registration_policy: Whether and how a second policy guards the registration of methods.
        unprotected_registration: An admin's word that registration may stay unguarded, or is guarded elsewhere.
        soft_deleted: What becomes of an object of ours that is in the recycle bin.
        guard_everybody: Whether that second policy covers every member of the tenant rather than the group's members.
        passes: Whether managers have passes made on the page.
        single_app: Whether one identity serves every app.
        app_roles: The roles that the application offers to people, besides the one of the page itself.
        lost_break_glass_user_ids: Emergency accounts of the setting that were looked up and do not exist.
    """

    key: str
    tenant_id: str
    display_name: str
    landing_url: str
    logo: bytes
    tenant_client_id: str
    people_principal_id: str
    front_principal_id: str | None
    break_glass_user_ids: tuple[str, ...]
    expected_owner_ids: tuple[str, ...]
    assignment_required: bool
    everybody: bool
    strength: str | None
    registration_policy: Literal["off", "mfa", "mfa_or_trusted_location"]
    unprotected_registration: bool
    soft_deleted: Literal["restore", "purge"]
    guard_everybody: bool = True
    lost_break_glass_user_ids: tuple[str, ...] = ()
    app_roles: frozenset[str] = frozenset()
    passes: bool = False
    single_app: bool = False

    @property
    def unique_name(self) -> str:
        """Return the alternate key of the group and of the application: our mark on both."""
        return f"mfa-pre-enrollment-{self.key}"

    @property
    def policy_name(self) -> str:
        """Return the policy's name. Policies have no alternate key and no notes, so the name carries our mark."""
        return f"{self.display_name} [{self.key}]"

    @property
    def registration_policy_name(self) -> str:
        """Return the name of the policy that guards registration."""
        return f"{self.display_name}: register security information [{self.key}]"

    @property
    def redirect_uri(self) -> str:
        """Return where Entra sends people back to."""
        return self.landing_url + CALLBACK

    @property
    def logo_digest(self) -> str:
        """Return what tells this picture from another."""
        return hashlib.sha256(self.logo).hexdigest()


def desired_state(settings: TenantObjectSettings, *, tenant_id: str, key: str) -> Desired:
    """Put together what the settings ask for.

    Raises:
        ConfigurationError: The logo is not a picture that Entra takes.
    """
    front = settings.front_principal_id
    return Desired(
        key=key,
        tenant_id=tenant_id,
        display_name=settings.display_name,
        landing_url=settings.landing_url,
        logo=load_tile_picture(settings.logo_file),
        tenant_client_id=settings.client_id,
        people_principal_id=str(settings.people_principal_id),
        front_principal_id=str(front) if front else None,
        break_glass_user_ids=tuple(str(user_id) for user_id in settings.break_glass_user_ids),
        expected_owner_ids=tuple(str(owner_id) for owner_id in settings.expected_owner_ids),
        assignment_required=settings.assignment_required,
        everybody=settings.policy_users == "all",
        strength=settings.authentication_strength,
        registration_policy=settings.registration_policy,
        unprotected_registration=settings.acknowledge_unprotected_registration,
        soft_deleted=settings.soft_deleted,
        guard_everybody=settings.policy_users == "all" or settings.registration_policy_users == "all",
        app_roles=offered_roles(settings),
        passes=settings.passes,
        single_app=settings.single_app,
    )


def offered_roles(settings: TenantObjectSettings) -> frozenset[str]:
    """Return the app roles that the settings call for."""
    wanted = {READER: settings.board, ACTOR: settings.takes_actions, ISSUER: settings.passes and settings.helpdesk}
    return frozenset(value for value, wish in wanted.items() if wish)


def load_tile_picture(path: Path) -> bytes:
    """Read the picture and check it against what the Entra portal asks for (entra-docs, application-properties)."""
    remedy = f"Name a PNG of {LOGO_SIDE} x {LOGO_SIDE} pixels and at most 100 KB, or leave the setting out."
    try:
        picture = path.read_bytes()
    except OSError as error:
        fault = f"names {path}, which cannot be read ({error.strerror})"
        raise ConfigurationError("LOGO_FILE", fault=fault, remedy=remedy) from error
    side = (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24]))
    if not picture.startswith(PNG_SIGNATURE) or side != (LOGO_SIDE, LOGO_SIDE) or len(picture) > LARGEST_LOGO:
        raise ConfigurationError("LOGO_FILE", fault=f"names {path}, which is not such a picture", remedy=remedy)
    return picture
