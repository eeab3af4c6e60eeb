"""Which modules of msgraph-sdk the product can reach: 16,700 are installed, and a few hundred are used.

The generated builders import their neighbors inside the property or method that needs them. So the walk follows what a
module imports when it is loaded, and what a function imports if the product's code names that function. It reads
sources and runs nothing: it is right for whichever version of the SDK is installed. The integration tests run against
the package that comes of it, and a test compares it with what they import.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

GRAPH_SDK = "msgraph"
# What kiota calls by itself when it sends a request. Not get_field_deserializers and its kin: answers are read as
# bytes, never as models (provisioning/graph/client.py), and those would reach nearly everything.
CALLED_BY_KIOTA = frozenset({"serialize"})
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def reachable_modules(site_packages: Path, sources: Iterable[Path]) -> set[Path]:
    """Return the files of msgraph-sdk that the product can load.

    Args:
        site_packages: Where msgraph-sdk is installed.
        sources: Every source file of the product.
    """
    names, queue = set(CALLED_BY_KIOTA), [GRAPH_SDK]
    for source in sources:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        names |= names_in(tree)
        queue += [module for node in ast.walk(tree) for module in imported(node, package="")]
    found: set[Path] = set()
    while queue:
        for file in files_of(site_packages, queue.pop()):
            if file not in found:
                found.add(file)
                queue += imports_of(file, site_packages, names)
    return found


def names_in(tree: ast.AST) -> set[str]:
    """Return every name that code mentions: of attributes, of variables, and in text, which getattr may take."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)
    return found


def files_of(site_packages: Path, module: str) -> Iterator[Path]:
    """Yield the files that are loaded for a module: its own, and those of the packages it is in."""
    parts = module.split(".")
    if parts[0] != GRAPH_SDK:
        return
    for length in range(1, len(parts) + 1):
        path = site_packages.joinpath(*parts[:length])
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if is_file(file):
                yield file


@cache
def is_file(path: Path) -> bool:
    """Whether a file is there; the same packages are asked about thousands of times."""
    return path.is_file()


def imports_of(file: Path, site_packages: Path, names: set[str]) -> list[str]:
    """Return what is imported when a file is loaded, and by those of its functions that are named."""
    relative = file.relative_to(site_packages).with_suffix("")
    package = ".".join(relative.parts[:-1])
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [module for node in executed(tree, names) for module in imported(node, package=package)]


def executed(node: ast.AST, names: set[str]) -> Iterator[ast.AST]:
    """Yield the statements that run when a module is loaded, and those of the functions that are named."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function) and not (child.name in names or child.name.startswith("__")):
            continue
        if isinstance(child, ast.If) and mentions_type_checking(child.test):
            continue
        yield child
        yield from executed(child, names)


def mentions_type_checking(test: ast.expr) -> bool:
    """Whether a condition holds for type checkers only."""
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def imported(node: ast.AST, *, package: str) -> Iterator[str]:
    """Yield the modules that a statement may import; a name that is none does no harm."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)
