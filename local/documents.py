"""`python -m local documents` writes the documents that are made from the code. A test compares them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from pydantic.fields import FieldInfo

from local import openapi
from local.permissions_document import permissions
from local.roles import ROLES
from local.stack import ROOT
from local.stack_info import (
    BOARD_SCHEDULE,
    MESSAGES_SCHEDULE,
    PASSES_CLEANUP_SCHEDULE,
    SWEEP_SCHEDULE,
    WATCH_SCHEDULE,
)
from local.translations import languages_document
from local.workbook import workbook
from provisioning.settings import AppSettings

HEAD = """# Configuration

<!-- Made by `make documents` from the settings classes that local/roles.py lists. Change the descriptions there. -->

Every Function App reads its app settings. `infra/main.bicep` writes them, and `azd env set NAME VALUE` changes those
that `infra/main.parameters.json` names. The command line reads the same names from the environment or an `--env-file`.
A missing or invalid setting is reported by the functions that need it; the others keep running.

"""
# Read by the host or by a name that depends on the source, so in no class of settings.
ELSEWHERE: Mapping[str, tuple[str, str, str, str]] = {
    "HR_SECRET_<SOURCE>": (
        "front",
        "",
        "",
        "the secret an HR system proves itself with, such as `HR_SECRET_BAMBOOHR`; two, separated by a comma, while "
        "one is being replaced",
    ),
    "HR_ID_ATTRIBUTE_<SOURCE>": (
        "front, people",
        "",
        "`employeeId`, `extensionAttribute1` to `extensionAttribute15`",
        "the property of an account in which Entra keeps the HR system's own IDs",
    ),
    "HR_HEADER_<SOURCE>": (
        "front",
        "the property that its profile names",
        "",
        "the header that an HR system with a fixed header sends its secret in",
    ),
    "HR_FIELDS_<SOURCE>": (
        "front",
        "",
        "`THEIRS=OURS`, separated by commas",
        "what your HR system calls fields whose names its admin can choose",
    ),
    "OUTGOING_URL_<NAME>": ("people", "", "an https address", "the address to which a system's events are posted"),
    "OUTGOING_SECRET_<NAME>": (
        "people",
        "",
        "`whsec_` and Base64",
        "the secret that a system's events are signed with; two, separated by a comma, while one is being replaced",
    ),
    "SWEEP_SCHEDULE": ("people", f"`{SWEEP_SCHEDULE}`", "NCRONTAB, six fields", "the times at which the sweep runs"),
    "BOARD_SCHEDULE": (
        "people",
        f"`{BOARD_SCHEDULE}`",
        "NCRONTAB, six fields",
        "the times at which the board is rebuilt, if there is one",
    ),
    "MESSAGES_SCHEDULE": (
        "people",
        f"`{MESSAGES_SCHEDULE}`",
        "NCRONTAB, six fields",
        "the times at which due messages are sent, if there are any",
    ),
    "PASSES_CLEANUP_SCHEDULE": (
        "passes",
        f"`{PASSES_CLEANUP_SCHEDULE}`",
        "NCRONTAB, six fields",
        "the times at which the app passes deletes what is older than `RETENTION_DAYS`",
    ),
    "WATCH_SCHEDULE": (
        "tenant",
        f"`{WATCH_SCHEDULE}`",
        "NCRONTAB, six fields",
        "the times at which the tenant app checks whether its policies are as they should be",
    ),
}


def configuration() -> str:
    """The text of docs/configuration.md: a table of every setting, with who reads it and what it may be."""
    rows: dict[str, tuple[str, str, str, str]] = {}
    for role, kinds in ROLES.items():
        for name, field in dict(fields_of(kinds)).items():  # a class can be another's base, and both are listed
            roles = f"{rows[name][0]}, {role}" if name in rows else role
            rows[name] = (roles, default_of(field), values_of(field), str(field.description))
    rows |= ELSEWHERE
    lines = ["| setting | read by | default | values | set it to |", "|---|---|---|---|---|"]
    for name, (roles, default, values, description) in rows.items():
        read_by = "all" if roles == ", ".join(ROLES) else roles
        lines.append(f"| `{name}` | {read_by} | {default} | {values} | {description} |")
    return HEAD + "\n".join(lines) + "\n"


def fields_of(kinds: Sequence[type[AppSettings]]) -> Iterator[tuple[str, FieldInfo]]:
    """The settings of these classes by their names in the environment."""
    for kind in kinds:
        for field in kind.model_fields.values():
            yield str(field.validation_alias), field


def default_of(field: FieldInfo) -> str:
    """What holds where a setting is not set."""
    if field.is_required():
        return "**required**"
    if isinstance(field.default, Path):
        return "a picture of its own"
    if field.default is None or field.default == ():
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def values_of(field: FieldInfo) -> str:
    """Which values a setting takes."""
    limits = {name: getattr(item, name) for item in field.metadata for name in ("ge", "le") if hasattr(item, name)}
    if limits:
        return f"{limits['ge']} to {limits['le']}" if "le" in limits else f"{limits['ge']} or more"
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(field.annotation))
    return next((words for kind, words in WORDS.items() if mentions(field.annotation, kind)), "")


WORDS: Mapping[Any, str] = {bool: "`true`, `false`", UUID: "GUID"}


def mentions(annotation: Any, kind: Any) -> bool:
    """Whether a type is another, or holds it."""
    return annotation is kind or any(mentions(inner, kind) for inner in get_args(annotation))


DOCUMENTS = {
    "docs/configuration.md": configuration,
    "docs/languages.md": languages_document,
    "docs/openapi.json": openapi.document,
    "docs/permissions.md": permissions,
    "infra/monitoring/workbook.json": workbook,
}


def main(argv: Sequence[str]) -> int:
    """Write every document; returns the exit code."""
    for path, make in DOCUMENTS.items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(make(), encoding="utf-8")
        print(path)
    return 0
