"""App settings of the tenant role: what its objects are called, and which accounts the policy must never affect."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, field_validator

from provisioning.board_settings import BoardSettings
from provisioning.http import is_loopback
from provisioning.pass_settings import PassHelpdeskSettings
from provisioning.settings import AppSettings, BreakGlassSettings, Separated, SingleAppSettings

OWN_LOGO = Path(__file__).with_name("logo.png")


class TenantIdentitySettings(AppSettings):
    """Names the identity that changes the tenant's objects."""

    client_id: str = Field(
        validation_alias="TENANT_CLIENT_ID", description="the client ID of the tenant role's managed identity"
    )


class TenantObjectSettings(
    BreakGlassSettings, TenantIdentitySettings, BoardSettings, PassHelpdeskSettings, SingleAppSettings
):
    """What the objects in the tenant are called, and which users the policy must never affect."""

    people_principal_id: UUID = Field(
        validation_alias="PEOPLE_PRINCIPAL_ID",
        description="the object ID of the people role's managed identity, which owns the group",
    )
    landing_url: str = Field(
        validation_alias="LANDING_URL", description="the https address of the landing page, which the tile opens"
    )
    display_name: str = Field(
        default="MFA Pre-Enrollment",
        min_length=1,
        max_length=80,
        validation_alias="DISPLAY_NAME",
        description="the name of the group, the application and the policy",
    )
    front_principal_id: UUID | None = Field(
        default=None,
        validation_alias="FRONT_PRINCIPAL_ID",
        description="the object ID of the front role's managed identity, which signs in as the application "
        "without a secret",
    )
    logo_file: Path = Field(
        default=OWN_LOGO,
        validation_alias="LOGO_FILE",
        description="the path of the tile's picture, a PNG of 215 x 215 pixels",
    )
    assignment_required: bool = Field(
        default=False,
        validation_alias="ASSIGNMENT_REQUIRED",
        description="true to let only assigned people sign in; with false, other people see this product's page",
    )
    policy_users: Literal["group", "all"] = Field(
        default="group",
        validation_alias="POLICY_USERS",
        description="the users that the policy includes: the enrollment group's members, or all",
    )
    authentication_strength: str | None = Field(
        default=None,
        validation_alias="AUTHENTICATION_STRENGTH",
        description="the name or ID of an authentication strength to require instead of MFA of any kind; most "
        "strengths do not accept a Temporary Access Pass",
    )
    registration_policy: Literal["off", "mfa", "mfa_or_trusted_location"] = Field(
        default="off",
        validation_alias="REGISTRATION_POLICY",
        description="what a second policy requires before anyone registers security information",
    )
    registration_policy_users: Literal["all", "group"] = Field(
        default="all",
        validation_alias="REGISTRATION_POLICY_USERS",
        description="the users that the second policy includes: all members of the tenant, who are then also protected "
        "before they are invited, or the enrollment group's members; never guests or emergency access accounts",
    )
    acknowledge_unprotected_registration: bool = Field(
        default=False,
        validation_alias="ACKNOWLEDGE_UNPROTECTED_REGISTRATION",
        description="true to allow enable even though nothing guards the registration of security information",
    )
    soft_deleted: Literal["restore", "purge"] = Field(
        default="restore",
        validation_alias="SOFT_DELETED",
        description="what to do with objects of this deployment that are in the recycle bin",
    )
    expected_owner_ids: Separated[UUID] = Field(
        default=(),
        validation_alias="EXPECTED_OWNER_IDS",
        description="the object IDs of further owners that the group and the application may have, separated by commas",
    )

    @field_validator("landing_url")
    @classmethod
    def web_address(cls, value: str) -> str:
        """Check the address: Entra takes https alone, and http for loopback (reply-url page of entra-docs)."""
        address = urlsplit(value)
        if not ((address.scheme == "https" and address.hostname) or is_loopback(value)):
            raise ValueError("it must start with https://")
        return value.rstrip("/")
