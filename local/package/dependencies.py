"""Puts what the product needs from PyPI into a package: built for Azure by pip, or as it is installed here."""

import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

from local.package.graph_modules import GRAPH_SDK, reachable_modules
from local.package.product import BuildError

# Debian 12 of Azure's image has glibc 2.36; where a wheel for the older platform exists, either will do.
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
UNUSED_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h", ".pyc"})
UNUSED_FOLDERS = frozenset({"bin", "__pycache__", "tests"})
# What only OpenTelemetry's own SDK reads (kiota reads its API and the names of attributes), a debugger, and what builds
# extensions from C declarations: cryptography, which asks for cffi, loads its compiled part alone.
UNUSED_PARTS = (
    ("opentelemetry", "sdk"),
    ("opentelemetry", "semconv", "_incubating"),
    ("werkzeug", "debug"),
    ("cffi",),
    ("pycparser",),
)
UNUSED_RECORDS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})


@dataclass(frozen=True)
class Target:
    """What a package is built for.

    Attributes:
        python: Minor version, such as 3.13.
        here: Whether what is installed in this environment is copied, instead of downloaded.
    """

    python: str
    here: bool = False

    def environment(self) -> Mapping[str, str]:
        """Return what markers of requirements are compared with."""
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "os_name": "posix",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "platform_machine": "x86_64",
        }


def own_python() -> str:
    """Return the minor version of the Python that runs this."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def install_dependencies(
    requirements: Sequence[str], site_packages: Path, *, target: Target, sources: Sequence[Path]
) -> None:
    """Put requirements and all they require into a folder, without what is never read at run time.

    Args:
        requirements: Lines of requirements.txt.
        site_packages: A folder that is not there yet.
        target: For what, and from where.
        sources: The product's own, which tell what of msgraph-sdk they reach.

    Raises:
        BuildError: One cannot be had, or one is missing that this Python did not ask for.
    """
    site_packages.mkdir(parents=True)
    if target.here:
        copy_installed(requirements, site_packages, target=target, sources=sources)
    else:
        download(requirements, site_packages, target=target)
        tidy(site_packages, used_files(site_packages, sources))
    missing = sorted(unmet(requirements, site_packages, target=target))
    if missing:
        # pip compares markers such as python_version with the Python that runs it, not with --python-version.
        reason = f"The package lacks {', '.join(missing)}, which Python {target.python} needs."
        raise BuildError(f"{reason} Build it with Python {target.python}.")


def download(requirements: Sequence[str], site_packages: Path, *, target: Target) -> None:
    """Download wheels for Azure's platform, whatever this machine is; nothing is compiled.

    Raises:
        BuildError: pip could not.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += [f"--platform={platform}" for platform in PLATFORMS]
    command += [f"--python-version={target.python}", "--implementation=cp", "--only-binary=:all:"]
    done = subprocess.run([*command, f"--target={site_packages}", *requirements], capture_output=True, text=True)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        raise BuildError(f"pip could not install the requirements for Python {target.python}: {reason}")


def copy_installed(
    requirements: Sequence[str], site_packages: Path, *, target: Target, sources: Sequence[Path]
) -> None:
    """Copy what is installed here, which must be of the same Python.

    Raises:
        BuildError: A requirement is not installed, or this is another Python.
    """
    if own_python() != target.python:
        raise BuildError(f"This is Python {own_python()}; what is installed here is not for {target.python}.")
    for distribution in closure(requirements, target=target):
        used = used_files(Path(str(distribution.locate_file(""))), sources)
        for file in distribution.files or ():
            source = Path(str(distribution.locate_file(file)))
            if ".." not in file.parts and used(Path(*file.parts)) and source.is_file():
                copy = site_packages.joinpath(*file.parts)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)


def closure(requirements: Sequence[str], *, target: Target) -> list[importlib.metadata.Distribution]:
    """Return the installed distributions that the requirements need, with what those need.

    Raises:
        BuildError: One is not installed.
    """
    found: dict[str, importlib.metadata.Distribution] = {}
    queue: list[tuple[Any, frozenset[str]]] = [(Requirement(line), frozenset()) for line in requirements]
    while queue:
        requirement, extras = queue.pop()
        name = canonicalize_name(requirement.name)
        if name in found and requirement.extras <= extras:
            continue
        try:
            distribution = importlib.metadata.distribution(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            raise BuildError(f"{requirement.name} is not installed here. Run make setup.") from None
        found[name] = distribution
        wanted = needed_by(distribution.requires or (), extras=frozenset(requirement.extras), target=target)
        queue += [(item, extras) for item in wanted if canonicalize_name(item.name) not in found]
    return [found[name] for name in sorted(found)]


def needed_by(lines: Sequence[str], *, extras: frozenset[str], target: Target) -> Iterator[Any]:
    """Yield the requirements that hold for the target and these extras."""
    for line in lines:
        requirement = Requirement(line)
        marker, environment = requirement.marker, target.environment()
        if marker is None or any(marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras)):
            yield requirement


def unmet(requirements: Sequence[str], site_packages: Path, *, target: Target) -> set[str]:
    """Return the requirements that are not in a folder, as the target's Python would ask for them."""
    installed = {
        canonicalize_name(item.metadata["Name"]): item
        for item in importlib.metadata.distributions(path=[str(site_packages)])
    }
    wanted = {canonicalize_name(Requirement(line).name) for line in requirements}
    for item in installed.values():
        needed = needed_by(item.requires or (), extras=frozenset(), target=target)
        wanted |= {canonicalize_name(requirement.name) for requirement in needed}
    return {str(name) for name in wanted - installed.keys()}


def used_files(site_packages: Path, sources: Sequence[Path]) -> Callable[[Path], bool]:
    """Return a question: is this file, named from site-packages, read at run time?

    No stub is, no source in C, no test, no record of pip's, and of msgraph-sdk only what the product can reach. That
    is worked out when it is first asked for: front has no msgraph-sdk.
    """

    @cache
    def reachable() -> set[Path]:
        return {path.relative_to(site_packages) for path in reachable_modules(site_packages, sources)}

    def used(path: Path) -> bool:
        if path.suffix in UNUSED_SUFFIXES or UNUSED_FOLDERS & set(path.parts) or path.name in UNUSED_RECORDS:
            return False
        if any(path.parts[: len(part)] == part for part in UNUSED_PARTS):
            return False
        return path.parts[0] != GRAPH_SDK or path in reachable()

    return used


def tidy(site_packages: Path, used: Callable[[Path], bool]) -> None:
    """Delete what is never read at run time, and the folders that it leaves empty."""
    for path in sorted(site_packages.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not used(path.relative_to(site_packages)):
            path.unlink()
