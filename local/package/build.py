"""`python -m local package`: the folders that azd deploys, and the same as archives.

Needs nothing but Python and pip, since azd runs it from a hook in an environment of its own. It builds once: a second
call with the same sources returns at once. A package is built beside the old one and then takes its place.
"""

import argparse
import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.package.archive import compile_all, files_in, find_python, write_zip
from local.package.dependencies import Target, install_dependencies
from local.package.product import (
    FLAVORS,
    REQUIREMENTS,
    ROOT,
    BuildError,
    Flavor,
    copy_product,
    own_files,
    product_files,
    requirements_of,
)

AZURE_PYTHON = "3.13"  # infra/app/function-app.bicep
OUTPUT = ROOT / "build/package"
SITE_PACKAGES = Path(".python_packages/lib/site-packages")  # where the Functions host looks (python-build-options)
LARGEST_ZIP = 25 * 1000 * 1000  # bytes
LARGEST_FOLDER = 90 * 1000 * 1000  # bytes
MEGABYTE = 1000 * 1000


@dataclass(frozen=True)
class Package:
    """A built package.

    Attributes:
        folder: What azd deploys.
        archive: The same, packed.
        files: How many there are.
        unpacked: Their size in bytes.
        zipped: The archive's size in bytes.
        compiled: Whether it holds byte code.
    """

    folder: Path
    archive: Path
    files: int
    unpacked: int
    zipped: int
    compiled: bool


def build(flavor: Flavor, *, target: Target, output: Path = OUTPUT, own: Sequence[Path] = ()) -> Package:
    """Build one package, unless the one that is there is of the same sources.

    Args:
        flavor: For which kind of app.
        target: For which Python, and whether to download.
        output: Where the folder and the archive are put.
        own: The customer's own files.

    Raises:
        BuildError: It cannot be built, or it became too large.
    """
    folder, archive, stamp = output / flavor.name, output / f"{flavor.name}.zip", output / f".{flavor.name}.inputs"
    inputs = digest_of_inputs(flavor, target, own)
    if not (folder.is_dir() and archive.is_file() and stamp.is_file() and stamp.read_text() == inputs):
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output, prefix=f".{flavor.name}-") as scratch:
            made, packed = Path(scratch) / "package", Path(scratch) / "package.zip"
            fill(made, flavor, target=target, own=own)
            python = find_python(target.python)
            if python is not None:
                compile_all(made, python=python)
            write_zip(made, packed)
            check_size(measured(made, packed))
            stamp.unlink(missing_ok=True)
            put_in_place(made, folder, aside=Path(scratch) / "old")
            packed.replace(archive)
            stamp.write_text(inputs)
    return measured(folder, archive)


def fill(folder: Path, flavor: Flavor, *, target: Target, own: Sequence[Path] = ()) -> None:
    """Put the product and its requirements into a folder that is not there yet.

    Raises:
        BuildError: A requirement cannot be had.
    """
    copy_product(folder, own)
    sources = [path for path in product_files() if path.suffix == ".py"]
    install_dependencies(requirements_of(flavor), folder / SITE_PACKAGES, target=target, sources=sources)


def put_in_place(made: Path, folder: Path, *, aside: Path) -> None:
    """Let a folder take the place of another; a reader finds one of them whole."""
    if folder.exists():
        folder.replace(aside)
    made.replace(folder)
    shutil.rmtree(aside, ignore_errors=True)


def digest_of_inputs(flavor: Flavor, target: Target, own: Sequence[Path] = ()) -> str:
    """Return a digest of all that a package is made of, but for newer versions on PyPI within the ranges."""
    digest = hashlib.sha256(f"{flavor} {target} {find_python(target.python) is not None}".encode())
    for path in (*product_files(), *own, ROOT / REQUIREMENTS, *sorted(Path(__file__).parent.glob("*.py"))):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def measured(folder: Path, archive: Path) -> Package:
    """Return a package with its figures."""
    files = list(files_in(folder))
    compiled = any(path.suffix == ".pyc" for path in files)
    unpacked = sum(path.stat().st_size for path in files)
    return Package(folder, archive, len(files), unpacked, archive.stat().st_size, compiled)


def check_size(package: Package) -> None:
    """Check that a cold start need not unpack more than it must.

    Raises:
        BuildError: It is too large.
    """
    if package.zipped > LARGEST_ZIP or package.unpacked > LARGEST_FOLDER:
        sizes = f"{package.zipped / MEGABYTE:.1f} MB packed, {package.unpacked / MEGABYTE:.1f} MB unpacked"
        raise BuildError(f"The package is too large: {sizes}. Look at what a new requirement brings with it.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m local package`."""
    parser.add_argument("flavors", nargs="*", metavar="FLAVOR", help=f"{' or '.join(FLAVORS)}; both unless told")
    parser.add_argument("--python", default=AZURE_PYTHON, metavar="VERSION", help=f"{AZURE_PYTHON} is Azure's")
    parser.add_argument("--here", action="store_true", help="copy what is installed here instead of downloading")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FOLDER", help="build/package unless told")


def main(argv: Sequence[str]) -> int:
    """Build what the arguments name; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local package", description="Build what is deployed to Azure.")
    add_arguments(parser)
    return run(parser.parse_args(argv))


def run(given: argparse.Namespace) -> int:
    """Build what the arguments name; returns the exit code."""
    unknown = [name for name in given.flavors if name not in FLAVORS]
    if unknown:
        print(f"There is no package {unknown[0]}. There are {' and '.join(FLAVORS)}.")
        return 1
    target = Target(given.python, here=given.here)
    try:
        own = list(own_files(os.environ))
        for name in given.flavors or FLAVORS:
            print(describe(build(FLAVORS[name], target=target, output=given.output, own=own), target))
    except BuildError as error:
        print(f"package: {error}")
        return 1
    return 0


def describe(package: Package, target: Target) -> str:
    """Return a line about a package."""
    sizes = f"{package.zipped / MEGABYTE:.1f} MB packed, {package.unpacked / MEGABYTE:.1f} MB unpacked"
    compiled = "compiled" if package.compiled else f"NOT compiled: there is no Python {target.python} here"
    return f"{package.folder}: for Python {target.python}, {package.files} files, {sizes}, {compiled}"
