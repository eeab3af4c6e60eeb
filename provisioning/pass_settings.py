"""App settings that tell every role whether Temporary Access Passes are made, and who may have one made."""

from pydantic import Field

from provisioning.settings import AppSettings


class PassSettings(AppSettings):
    """Whether Temporary Access Passes are made."""

    passes: bool = Field(
        default=False,
        validation_alias="PASSES",
        description="true to let managers have a Temporary Access Pass made for a new hire; this needs the app passes",
    )


class PassHelpdeskSettings(PassSettings):
    """Who may have a pass made besides the manager."""

    helpdesk: bool = Field(
        default=False,
        validation_alias="PASS_HELPDESK",
        description="true to let people who hold the app role Passes.Issue have one made, too",
    )
