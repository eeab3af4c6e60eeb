"""What a test or a demo may change about the stand-in while it runs: lag, licences, security defaults, policies."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Settings:
    """The stand-in's behaviour where the real service varies or is not known.

    Names are camelCase over HTTP. Times are in seconds unless the name says otherwise.
    """

    lag: float = 0.0
    """How long an object that was just created stays invisible to every read (Graph: seconds to about 15 minutes)."""
    licence_p1: bool = True
    licence_p2: bool = False
    security_defaults: bool = False
    policy_limit: int = 240
    conditional_access_error_form: str = "new"
    """"new" puts the numbered text in error.message, "old" in error.innerError.message; both exist in the field."""
    token_lifetime: float = 3600.0
    tap_enabled: bool = True
    tap_minimum_minutes: int = 60
    tap_maximum_minutes: int = 480
    tap_default_minutes: int = 60
    tap_length: int = 8
    tap_one_time_only: bool = False
    upsert_adds_owner: bool = False
    """Whether PATCH with create-if-missing makes the caller an owner (msgraph-bicep-types issues 134 and 154: no)."""
    service_principal_auto_owner: bool = False
    """Whether POST /servicePrincipals makes the caller an owner (unconfirmed, so the strict answer)."""
    cast_needs_consistency_level: bool = False
    """Whether members/microsoft.graph.user demands ConsistencyLevel: eventual and $count=true (unconfirmed)."""

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
        return value


def camel(name: str) -> str:
    """`licence_p1` as `licenceP1`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
