"""App settings of the board: whether there is one, what it shows and takes, and for how long it keeps days."""

from pydantic import Field, SecretStr

from provisioning.settings import AppSettings


class BoardSettings(AppSettings):
    """Whether there is a board for HR and managers: one role makes it, one shows it, one declares who may see it."""

    board: bool = Field(
        default=False,
        validation_alias="BOARD",
        description=(
            "true to show HR and managers who hold the app role Enrollment.Read how cohorts of new hires stand"
        ),
    )
    board_actions: bool = Field(
        default=False,
        validation_alias="BOARD_ACTIONS",
        description="true to let people who hold the app role Enrollment.Act acknowledge unexpected registrations and "
        "release a sweep that its limits stopped, on the board",
    )

    @property
    def takes_actions(self) -> bool:
        """Whether anything can be done on the board, which there must be for it."""
        return self.board and self.board_actions


class BoardNameSettings(BoardSettings):
    """Whether the board shows names; only the role that shows it has the keys."""

    name_keys: SecretStr | None = Field(
        default=None,
        validation_alias="BOARD_NAME_KEYS",
        description="the key that seals the names that HR sends for the board: namekey_ followed by 32 random bytes as "
        "Base64; two keys, separated by a comma, while one is being replaced; without a key, names are dropped",
    )


class BoardHistorySettings(BoardSettings):
    """How much of the past the role keeps that makes the board."""

    keep_days: int = Field(
        default=400,
        ge=1,
        le=3660,
        validation_alias="BOARD_DAYS",
        description="the number of days for which the board keeps a day's totals",
    )
