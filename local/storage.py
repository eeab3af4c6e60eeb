"""Azurite, Microsoft's storage emulator."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.npm import NpmPackage, find_node, install_package
from local.processes import Child, answers, start, wait_until

# The last version that runs on Node 20; 3.36 and later want newer ones.
AZURITE = NpmPackage("azurite", "3.35.0", title="Azurite", main="dist/src/azurite.js")
START_SECONDS = 60
ACCOUNT = "devstoreaccount1"
# Azurite's published development key, the same on every machine.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class StoragePorts:
    """The ports of the three services."""

    blob: int
    queue: int
    table: int

    @property
    def connection_string(self) -> str:
        return self.connection_to(ACCOUNT)

    def connection_to(self, account: str) -> str:
        """Return the connection string of one of Azurite's storage accounts; all of them have the same key."""
        endpoints = {"Blob": self.blob, "Queue": self.queue, "Table": self.table}
        addresses = "".join(f"{name}Endpoint=http://127.0.0.1:{port}/{account};" for name, port in endpoints.items())
        return f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={ACCOUNT_KEY};{addresses}"


def install(folder: Path) -> Path:
    """Install Azurite below `folder` unless that version is there; returns its start script.

    Raises StartError when npm fails, with npm's own last lines.
    """
    return install_package(AZURITE, folder) / AZURITE.main


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
    from provisioning.store import creation, storage

    account = storage.connect(connection_string)
    try:
        await creation.create_queues_and_tables(account)
    finally:
        await account.close()


async def wait_for_azurite(child: Child, *, ports: StoragePorts) -> None:
    async def ready() -> bool:
        return all([await answers(port) for port in vars(ports).values()])

    await wait_until(child, ready, seconds=START_SECONDS)
