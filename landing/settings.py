"""What the landing page says about the organization."""

from datetime import date

from pydantic import Field, field_validator

from provisioning.organization_settings import OrganizationSettings
from provisioning.settings import NEVER, PHONE_ENDS


class PageSettings(OrganizationSettings):
    """What the landing page says about the organization, and whether Easy Auth stands before it.

    What only changes the page's look is checked by `landing.brand`, which leaves out what it cannot use: a newcomer
    gets a plain page rather than none.
    """

    auth_enabled: bool = Field(
        default=False,
        validation_alias="WEBSITE_AUTH_ENABLED",
        description="whether Easy Auth protects the app; the platform sets it",
    )
    logo_file: str | None = Field(
        default=None,
        validation_alias="PAGE_LOGO_FILE",
        description="the logo on the page, an SVG or PNG of at most 8 KiB: the path of a file in the package, or the "
        "https address of a blob, with its shared access signature where it is not public",
    )
    color: str | None = Field(
        default=None,
        validation_alias="PAGE_COLOR",
        description="the color of buttons and links, such as #0b5cad; adjusted where its contrast is too low",
    )
    texts_file: str | None = Field(
        default=None,
        validation_alias="PAGE_TEXTS_FILE",
        description="the organization's own sentences for each language: the path of a TOML file in the package",
    )
    privacy_url: str | None = Field(
        default=None, validation_alias="PRIVACY_URL", description="the https address of the privacy notice"
    )
    imprint_url: str | None = Field(
        default=None, validation_alias="IMPRINT_URL", description="the https address of the legal notice"
    )
    phone_ends: date | None = Field(
        default=PHONE_ENDS,
        validation_alias="PHONE_SIGN_IN_ENDS",
        description="the day from which Microsoft delivers no codes by text or call, such as 2027-02-01, or never "
        "where the organization has a telephony provider of its own",
    )

    @field_validator("phone_ends", mode="before")
    @classmethod
    def read_never(cls, value: object) -> object:
        """Read the word that stands for no day at all."""
        return None if isinstance(value, str) and value.strip().casefold() == NEVER else value
