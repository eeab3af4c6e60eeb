"""How a profile says that a delivery is signed."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from provisioning.webhooks.sources.profile_parts import Header, Path, Strict

PLACEHOLDER = re.compile(r"\{([a-z]*)\}")
PLACEHOLDERS = ("body", "timestamp", "token")


class Signature(Strict):
    """How a delivery is signed, or which header holds the secret."""

    header: Header | None = None
    field: Path | None = None
    prefix: str = ""
    optional_prefix: str = ""
    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64", "base64url"] = "hex"
    template: str = "{body}"
    timestamp_header: Header | None = None
    timestamp_field: Path | None = None
    token_field: Path | None = None
    id_header: Header | None = None
    tolerance: int | None = Field(default=None, ge=1, le=7 * 24 * 3600)

    @model_validator(mode="after")
    def one_place(self) -> Self:
        """The signature, and the time, stand in one place each, and the template names what is there."""
        if (self.header is None) == (self.field is None):
            raise ValueError("needs either header or field, to say where the signature is")
        if self.timestamp_header and self.timestamp_field:
            raise ValueError("has timestamp_header and timestamp_field; only one can count")
        if self.tolerance and not self.has_timestamp:
            raise ValueError("has a tolerance, but neither timestamp_header nor timestamp_field")
        return self

    @model_validator(mode="after")
    def known_placeholders(self) -> Self:
        """Only what can be put in."""
        used = self.placeholders
        unknown = sorted(used - set(PLACEHOLDERS))
        if unknown or not used or re.search(r"[{}]", PLACEHOLDER.sub("", self.template)):
            raise ValueError(
                "has a template that contains something other than {body}, {timestamp}, {token}, and plain text"
            )
        if "timestamp" in used and not self.has_timestamp:
            raise ValueError("has {timestamp} in its template, but neither timestamp_header nor timestamp_field")
        if "token" in used and self.token_field is None:
            raise ValueError("has {token} in its template, but no token_field")
        return self

    @property
    def placeholders(self) -> set[str]:
        """What the template puts in."""
        return set(PLACEHOLDER.findall(self.template))

    @property
    def has_timestamp(self) -> bool:
        """Whether there is a time to look at."""
        return bool(self.timestamp_header or self.timestamp_field)
