"""What of this repository is deployed, and what of it each kind of app needs from PyPI."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """The package cannot be built; the message says why and what to do."""


FILES = ("function_app.py", "host.json")
FOLDERS = ("landing", "provisioning")
LEFT_OUT = frozenset({"provisioning/cli", "provisioning/__main__.py"})  # the command line runs from a checkout
REQUIREMENTS = "requirements.txt"
COMMAND_LINE_ONLY = frozenset({"rich"})

# Settings that name a file or folder of the customer's own, "as its path in the package".
OWN_PATHS = ("HR_PROFILES_DIR", "LOGO_FILE", "PAGE_LOGO_FILE", "PAGE_TEXTS_FILE")

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


def own_files(environment: Mapping[str, str], *, root: Path = ROOT) -> Iterator[Path]:
    """Yield the customer's own files that the settings name: profiles, logos, texts of the page.

    Args:
        environment: Where the settings are; azd hands its values to a hook.
        root: Of this repository, which the paths start at.

    Raises:
        BuildError: A setting names what is not in this repository, so that it would not be in the package either.
    """
    for name in OWN_PATHS:
        value = environment.get(name, "").strip()
        if not value:
            continue
        path = (root / value).resolve()
        if not (path.is_relative_to(root.resolve()) and path.exists()):
            raise BuildError(
                f"{name} names {value}, which is not in this folder. Put it there, or correct the setting."
            )
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file())


def copy_product(target: Path, own: Iterable[Path] = ()) -> None:
    """Copy the product into a package, and the customer's own files."""
    for path in (*product_files(), *own):
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
