"""The product's errors. Each message is a whole sentence: what, why, and the remedy."""

from dataclasses import dataclass


class ProductError(Exception):
    """Base of every error this product raises on purpose. Its own sentence may stand in a log."""

    @property
    def in_full(self) -> str:
        """Return it with the words of the service that refused, for the caller; never for a log."""
        return str(self)


class TransientError(ProductError):
    """A service is unavailable; the same work can succeed later.

    Args:
        reason: A sentence for the log.
        after: Seconds to wait before the next try; None lets the caller's own back-off decide.
    """

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class AnswerLost(TransientError):
    """A request that must not be repeated went out and its answer is lost: it may have taken effect, or not."""


class Conflict(TransientError):
    """Another run wrote the same row at the same moment; reading it again shows the result."""


class NotReady(ProductError):
    """Nothing is wrong, but something has not happened yet: an account, a replica, another operation.

    Args:
        for_what: What is missing, as the end of "waiting for ...".
        after: Seconds to wait before looking again; None lets the caller's own back-off decide.
    """

    def __init__(self, for_what: str, *, after: float | None = None) -> None:
        super().__init__(f"Waiting for {for_what}.")
        self.for_what = for_what
        self.after = after


class Rejected(ProductError):
    """The product refuses this, and a retry changes nothing until a person acts.

    Args:
        reason: Why, as a sentence.
        remedy: What a person can do, as a sentence.
    """

    def __init__(self, reason: str, *, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy


class ConfigurationError(Rejected):
    """A setting is missing or wrong.

    Args:
        setting: The app setting's name.
        fault: What is wrong with its value, as the end of "The setting X ...".
        remedy: What to set, as a sentence.
    """

    def __init__(self, setting: str, *, fault: str, remedy: str) -> None:
        super().__init__(f"The setting {setting} {fault}.", remedy=remedy)
        self.setting = setting
        self.fault = fault


@dataclass(frozen=True)
class SettingFault:
    """What is wrong with one setting.

    Attributes:
        setting: The app setting's name.
        fault: What is wrong with its value, as the end of "The setting X ...".
        remedy: What to set, as a sentence.
    """

    setting: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"The setting {self.setting} {self.fault}. {self.remedy}"


class SettingsError(ConfigurationError):
    """Every setting that is missing or wrong, at once.

    Args:
        faults: At least one.
    """

    def __init__(self, faults: tuple[SettingFault, ...]) -> None:
        super().__init__(faults[0].setting, fault=faults[0].fault, remedy=faults[0].remedy)
        self.args = (" ".join(map(str, faults)),)
        self.reason = " ".join(f"The setting {fault.setting} {fault.fault}." for fault in faults)
        self.remedy = " ".join(fault.remedy for fault in faults)
        self.faults = faults


class AdminNeeded(Rejected):
    """An admin has to change something outside of this product first. The work is kept and tried again."""


class BadEvent(ValueError):
    """An event that was truly sent by the HR system but cannot be used; the message says which field and why."""
