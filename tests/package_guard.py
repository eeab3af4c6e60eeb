"""Lets tests run against a built package: what is deployed is imported from there, or not at all.

`PACKAGE=build/package/worker pytest -p tests.package_guard tests/integration` runs whole test files; `confine` does the
same for a script. The tests' own packages (pytest, the stand-ins) come from the environment, as ever.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SITE_PACKAGES = ".python_packages/lib/site-packages"
# Where the package has them not, nothing may import them.
LEFT_OUT = frozenset({"rich", "httpx", "kiota_abstractions", "kiota_http", "msgraph", "msgraph_core"})
COMMAND_LINE = "provisioning.cli"


class PackageOnly(DistributionFinder):
    """Finds what a package holds there, and nowhere else.

    Args:
        folder: The package.
    """

    def __init__(self, folder: Path) -> None:
        self.places = (str(folder / SITE_PACKAGES), str(folder))
        self.names = LEFT_OUT | {path.name.split(".")[0] for place in self.places for path in Path(place).iterdir()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of the package; None for what is none of its business.

        Raises:
            ModuleNotFoundError: It should be in the package and is not.
        """
        if fullname.partition(".")[0] not in self.names:
            return None
        inside = self.places if path is None else [item for item in path if item.startswith(self.places[1])]
        spec = PathFinder.find_spec(fullname, list(inside), target)
        if spec is None:
            raise ModuleNotFoundError(f"The package lacks {fullname}.", name=fullname)
        return spec

    def find_distributions(self, context: DistributionFinder.Context | None = None) -> Iterable[Distribution]:
        """Find a distribution's metadata, which some packages read when they are imported."""
        wanted = DistributionFinder.Context(name=context.name if context else None, path=[self.places[0]])
        return MetadataPathFinder.find_distributions(wanted)


def confine(folder: Path) -> None:
    """Import what is deployed from this package alone, from now on."""
    sys.meta_path.insert(0, PackageOnly(folder.resolve()))


if PACKAGE := os.environ.get("PACKAGE"):
    confine(Path(PACKAGE))


def pytest_ignore_collect(collection_path: Path, config: "pytest.Config") -> bool | None:
    """Leave out the tests of the command line, which is not deployed."""
    about = collection_path.suffix == ".py" and COMMAND_LINE in collection_path.read_text(encoding="utf-8")
    return True if about and collection_path.name.startswith("test_") else None


def pytest_sessionfinish(session: "pytest.Session") -> None:
    """Fail the run where something of the package was imported from elsewhere after all."""
    finder = next(item for item in sys.meta_path if isinstance(item, PackageOnly))
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name.partition(".")[0] in finder.names and not file.startswith(finder.places[1]):
            session.exitstatus = 1
            sys.stderr.write(f"{name} came from {file}, not from the package.\n")
