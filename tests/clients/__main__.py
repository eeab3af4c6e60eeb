"""`python -m tests.clients`: runs command lines and SDKs against the stand-in and prints what passed.

They are azure-cli, the Microsoft 365 CLI, the JavaScript client with msal-node, and msgraph-sdk. What is not in this
project's own environment is installed below `.local/clients`. The rest happens in a private network and mount
namespace, where Microsoft's names lead to 127.0.0.1, so it needs Linux but no administrator. Nothing leaves the
machine but the downloads.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.clients import azure_cli, microsoft_365_cli
from tests.clients.installed import JAVASCRIPT, install
from tests.clients.namespace import enter_private_network
from tests.clients.runner import Runner, report
from tests.clients.tenant import serve

ROOT = Path(__file__).parents[2]
INSIDE = "--inside"
SCENARIOS: dict[str, Callable[[Runner], None]] = {
    "azure-cli": azure_cli.run,
    "m365": microsoft_365_cli.run,
    "javascript": lambda run: run.script("node", str(Path(__file__).with_name("graph_client.mjs")), folder=JAVASCRIPT),
    "msgraph-sdk": lambda run: run.script(sys.executable, "-m", "tests.clients.python_sdk", folder=ROOT),
}


def main(argv: list[str]) -> int:
    """Install, enter the namespace, run. Returns the exit code: 1 when a command failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("clients", nargs="*", choices=[*SCENARIOS, []], help="which to run; all without a name")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    names = options.clients or list(SCENARIOS)
    if options.inside:
        return run_inside(names)
    if shutil.which("unshare") is None:
        print("make clients needs unshare (util-linux), which gives a process a hosts file of its own.")
        return 1
    for name in names:
        install(name)
    command = ["unshare", "--map-root-user", "--mount", "--net", sys.executable, "-m", "tests.clients", *names, INSIDE]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ), check=False).returncode


def run_inside(names: list[str]) -> int:
    """Serve the tenant under Microsoft's names and run every command of the clients."""
    enter_private_network()
    with serve(ROOT) as tenant:
        runs = [Runner(name, tenant) for name in names]
        for run in runs:
            SCENARIOS[run.client](run)
    return report(runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
