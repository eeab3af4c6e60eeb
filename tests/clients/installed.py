"""The command lines, installed below `.local/clients`."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".local/clients"
AZURE_CLI, MICROSOFT_365_CLI = "2.91.0", "11.11.0"
AZ = FOLDER / "azure-cli/bin/az"
M365 = FOLDER / "m365/node_modules/.bin/m365"


def install(name: str) -> None:
    """Install a client unless it is there."""
    {"azure-cli": install_azure_cli, "m365": install_microsoft_365_cli}[name]()


def install_azure_cli() -> None:
    if AZ.exists():
        return
    print(f"clients: installing azure-cli {AZURE_CLI} (some minutes, once)")
    folder = FOLDER / "azure-cli"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"azure-cli=={AZURE_CLI}"], check=True)


def install_microsoft_365_cli() -> None:
    if M365.exists():
        return
    print(f"clients: installing the Microsoft 365 CLI {MICROSOFT_365_CLI} (a minute or two, once)")
    folder = FOLDER / "m365"
    folder.mkdir(parents=True, exist_ok=True)
    package = f"@pnp/cli-microsoft365@{MICROSOFT_365_CLI}"
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", package], cwd=folder, check=True)
