"""What the product imports is declared, so that a new version of one package cannot take another one away."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [ROOT / "function_app.py", *sorted(ROOT.glob("provisioning/**/*.py")), *sorted(ROOT.glob("landing/**/*.py"))]
OURS = {"provisioning", "landing", "function_app"}
FOR_TYPES_ONLY = {"_typeshed"}
OPTIONAL = {"shtab", "segno"}  # the extras `completion` and `letter`
PARTS = {"pydantic_core": "pydantic", "pydantic-core": "pydantic"}  # pinned by the other to one version
NAMESPACES = {"azure": ("azure.core", "azure.data.tables", "azure.functions", "azure.identity", "azure.storage.queue")}


installed = cache(packages_distributions)  # reads the list of files of every package


def imported_modules() -> set[str]:
    """Every module that the product imports, at the top or while it runs."""
    found: set[str] = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    tops = {module.partition(".")[0] for module in found}
    return found if tops - OURS else set()


def distribution_of(module: str) -> str:
    """The package on PyPI that holds a module."""
    top = module.partition(".")[0]
    for name in NAMESPACES.get(top, ()):
        if f"{module}.".startswith(f"{name}."):
            return name.replace(".", "-")
    (name, *_) = installed()[top]
    return PARTS.get(name.lower(), name.lower())


def declared() -> set[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return {re.split(r"[<>=\[]", line)[0].strip().lower() for line in lines if line and not line.startswith("#")}


def test_every_import_is_declared_and_everything_declared_is_imported() -> None:
    known = set(sys.stdlib_module_names) | OURS | FOR_TYPES_ONLY | OPTIONAL
    used = {distribution_of(module) for module in imported_modules() if module.partition(".")[0] not in known}
    assert used - declared() == set(), "imported, and not in requirements.txt"
    # tzdata is what zoneinfo reads by itself.
    assert declared() - used == {"tzdata"}, "in requirements.txt, and imported nowhere"


@pytest.mark.parametrize("line", (ROOT / "requirements.txt").read_text().splitlines())
def test_every_requirement_is_a_range(line: str) -> None:
    assert line.startswith("#") or re.fullmatch(r"[a-z0-9-]+>=[\d.]+,<\d+", line), line
