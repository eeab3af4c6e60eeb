"""What of this repository is deployed, and what of it each kind of app needs from PyPI."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("function_app.py", "host.json")
FOLDERS = ("landing", "provisioning")
LEFT_OUT = frozenset({"provisioning/cli", "provisioning/__main__.py"})  # the command line runs from a checkout
REQUIREMENTS = "requirements.txt"
COMMAND_LINE_ONLY = frozenset({"rich"})

# azd and the Functions tools leave __pycache__ out where there is no such file (azd: pkg/project/project_utils.go).
IGNORE_FILE = "# Everything in this folder is deployed, the compiled files in __pycache__ included.\n"


@dataclass(frozen=True)
class Flavor:
    """A kind of app.

    Attributes:
        name: Of its folder.
        without: Requirements that its functions never import.
    """

    name: str
    without: frozenset[str] = COMMAND_LINE_ONLY


# Front holds no Graph permission and never reaches Graph (pyproject.toml, import contracts), so it carries no client.
GRAPH_CLIENT = frozenset(
    {
        "httpx",
        "microsoft-kiota-abstractions",
        "microsoft-kiota-authentication-azure",
        "microsoft-kiota-http",
        "msgraph-core",
        "msgraph-sdk",
    }
)
FRONT = Flavor("front", COMMAND_LINE_ONLY | GRAPH_CLIENT)
WORKER = Flavor("worker")
FLAVORS: Mapping[str, Flavor] = {flavor.name: flavor for flavor in (FRONT, WORKER)}


def product_files() -> Iterator[Path]:
    """Yield the product's files that are deployed, in order."""
    yield from (ROOT / name for name in FILES)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and is_deployed(path):
                yield path


def is_deployed(path: Path) -> bool:
    """Whether a file of the product is deployed: not the command line, a document, or what Python compiled here."""
    relative = path.relative_to(ROOT)
    above = {relative.as_posix(), *(parent.as_posix() for parent in relative.parents)}
    return "__pycache__" not in relative.parts and path.suffix not in (".md", ".pyc") and not above & LEFT_OUT


def copy_product(target: Path) -> None:
    """Copy the product into a package."""
    for path in product_files():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (target / ".funcignore").write_text(IGNORE_FILE, encoding="utf-8")


def requirements_of(flavor: Flavor) -> list[str]:
    """Return the lines of requirements.txt that a kind of app needs."""
    lines = (ROOT / REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    wanted = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [line for line in wanted if name_of(line) not in flavor.without]


def name_of(requirement: str) -> str:
    """Return the name of a requirement, without its range."""
    return requirement.partition(";")[0].partition(">")[0].partition("=")[0].partition("[")[0].strip().lower()
