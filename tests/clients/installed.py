"""The command lines, installed below `.local/clients`."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".local/clients"
AZURE_CLI, MICROSOFT_365_CLI = "2.91.0", "11.11.0"
GRAPH_CLIENT, MSAL_NODE = "3.0.7", "7.2.3"
AZ = FOLDER / "azure-cli/bin/az"
M365 = FOLDER / "m365/node_modules/.bin/m365"
JAVASCRIPT = FOLDER / "js"


def install(name: str) -> None:
    """Install a client unless it is there."""
    installers = {"azure-cli": install_azure_cli, "m365": install_microsoft_365_cli, "javascript": install_javascript}
    if name in installers:
        installers[name]()


def install_azure_cli() -> None:
    if AZ.exists():
        return
    print(f"clients: installing azure-cli {AZURE_CLI} (some minutes, once)")
    folder = FOLDER / "azure-cli"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"azure-cli=={AZURE_CLI}"], check=True)


def install_microsoft_365_cli() -> None:
    if not M365.exists():
        print(f"clients: installing the Microsoft 365 CLI {MICROSOFT_365_CLI} (a minute or two, once)")
        install_from_npm(FOLDER / "m365", f"@pnp/cli-microsoft365@{MICROSOFT_365_CLI}")


def install_javascript() -> None:
    if not (JAVASCRIPT / "node_modules/@azure/msal-node").exists():
        print(f"clients: installing microsoft-graph-client {GRAPH_CLIENT} and msal-node {MSAL_NODE}")
        packages = (f"@microsoft/microsoft-graph-client@{GRAPH_CLIENT}", f"@azure/msal-node@{MSAL_NODE}")
        install_from_npm(JAVASCRIPT, *packages)


def install_from_npm(folder: Path, *packages: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", *packages], cwd=folder, check=True)
