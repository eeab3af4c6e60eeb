"""Profiles as files: read, checked, and a fault named with its file and line."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from provisioning.errors import ConfigurationError
from provisioning.webhooks.sources.profile_schema import Profile

LARGEST = 64 * 1024  # bytes
REMEDY = "Correct it, and check again with python -m provisioning sources check."
AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
ASSIGNMENT = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")


class ProfileFault(ConfigurationError):
    """A profile that cannot be used. Its text goes to strangers too, so it names the file but not where files are.

    Args:
        path: The file.
        line: Where in it, from 1.
        fault: What is wrong.
    """

    def __init__(self, path: Path, *, line: int, fault: str) -> None:
        text = f"has a profile with a fault: {path.name}:{line}: {fault}"
        super().__init__("HR_PROFILES_DIR", fault=text, remedy=REMEDY)
        self.path = path
        self.line = line
        self.fault = fault

    @property
    def located(self) -> str:
        """For the admin: the whole path and the line, then what is wrong."""
        return f"{self.path}:{self.line}: {self.fault}. {self.remedy}"


def load_profile(path: Path) -> Profile:
    """Return a profile; read it again only when the file changed.

    Raises:
        ProfileFault: It cannot be read, is no TOML, or says what no profile can.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise ProfileFault(path, line=1, fault=f"cannot be read ({type(error).__name__})") from None
    return read_profile(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def read_profile(path: Path, changed: int, size: int) -> Profile:
    """Read a profile; the time of the change (ns) and the size (bytes) are the cache's key."""
    if size > LARGEST:
        raise ProfileFault(path, line=1, fault="is larger than 64 KiB")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileFault(path, line=1, fault=f"cannot be read ({type(error).__name__})") from None
    return parse_profile(text, path=path)


def parse_profile(text: str, *, path: Path) -> Profile:
    """Parse a profile from its text.

    Raises:
        ProfileFault: It is no TOML, or says what no profile can.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileFault(path, line=toml_line(error, text), fault=AT_LINE.sub("", str(error)).strip()) from None
    except RecursionError:
        raise ProfileFault(path, line=1, fault="is nested too deeply") from None
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = tuple(str(part) for part in first["loc"])
        raise ProfileFault(path, line=line_of(text, where), fault=sentence(where, first)) from None


def toml_line(error: tomllib.TOMLDecodeError, text: str) -> int:
    """Return the line of a syntax error; the last one if the file just ends."""
    found = AT_LINE.search(str(error))
    return int(found[1]) if found else max(1, len(text.splitlines()))


def sentence(where: tuple[str, ...], error: Any) -> str:
    """Describe a fault in words."""
    key = ".".join(where)
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] == "extra_forbidden":
        return f"{key} is not a key that profiles have"
    message = error["msg"].removeprefix("Value error, ")
    return (
        f"{key or 'the profile'}: {message}" if error["type"] != "value_error" else f"{key or 'the profile'} {message}"
    )


def line_of(text: str, where: tuple[str, ...]) -> int:
    """Return the line of a key, or of the nearest table around it; 1 if nothing of it stands there."""
    best, best_line = 0, 1
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := TABLE.fullmatch(line):
            table = keys_of(header[1])
            path = table
        elif assignment := ASSIGNMENT.match(line):
            path = (*table, *keys_of(assignment[1]))
        else:
            continue
        depth = len(path)
        if depth > best and where[:depth] == path:
            best, best_line = depth, number
    return best_line


def keys_of(dotted: str) -> tuple[str, ...]:
    """Split a TOML key into its parts, quoted or not."""
    try:
        content: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    parts = []
    while isinstance(content, dict):
        ((part, content),) = content.items()
        parts.append(part)
    return tuple(parts)
