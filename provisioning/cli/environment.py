"""Settings from a file, such as .local/env or what `azd env get-values` prints."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from provisioning.errors import ConfigurationError, Rejected

ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)


def load_env_file(path: Path) -> None:
    """Set the environment variables that a file names; they win over those that are set already.

    Raises:
        Rejected: The file cannot be read, or a line is not NAME=VALUE.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Name a text file with a line NAME=VALUE for each setting."
        raise Rejected(f"The file {path} cannot be read ({type(error).__name__}).", remedy=remedy) from None
    os.environ.update(read_assignments(text, name=str(path)))


def read_assignments(text: str, *, name: str) -> dict[str, str]:
    """Read the NAME=VALUE lines of a text as a shell does, with quotes, comments and `export`.

    Raises:
        Rejected: A line is something else; the error names its number and nothing of it, since it may be a secret.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = [""]
        words = words[1:] if words[:1] == ["export"] else words
        match = ASSIGNMENT.fullmatch(words[0]) if len(words) == 1 else None
        if match:
            found[match["name"]] = match["value"]
        elif words:
            raise Rejected(f"Line {number} of {name} is not NAME=VALUE.", remedy="Quote a value that holds spaces.")
    return found


def required_id(*names: str, environment: Mapping[str, str]) -> UUID:
    """Return the id that the first of these variables holds that is set.

    Raises:
        ConfigurationError: None is set, or it is no id.
    """
    name = next((name for name in names if environment.get(name)), names[0])
    value = environment.get(name, "")
    try:
        return UUID(value)
    except ValueError:
        fault = f"is not an ID: '{value}'" if value else "is missing"
        also = f" or {', '.join(names[1:])}" if names[1:] else ""
        raise ConfigurationError(names[0], fault=fault, remedy=f"Set it{also} to the GUID.") from None
