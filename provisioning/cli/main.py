"""The command line as a whole: its parser, what an error becomes, and the console script."""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from provisioning import __version__
from provisioning.cli import (
    bootstrap,
    completion,
    forecast,
    health,
    messages,
    operations,
    passes,
    people,
    replay,
    smoke,
    source,
    sweep,
    tenant,
)
from provisioning.cli.arguments import FAULT, INTERRUPTED, Parser, epilog, print_error
from provisioning.cli.environment import load_env_file
from provisioning.errors import ProductError, SettingsError, TransientError
from provisioning.log import quiet

SCRIPT = "mfa-preenroll"
MODULE = "python -m provisioning"
COMMANDS = (
    bootstrap,
    tenant,
    operations,
    people,
    forecast,
    messages,
    passes,
    sweep,
    health,
    replay,
    smoke,
    source,
    completion,
)
DESCRIPTION = "Provision the tenant's objects, and inspect and repair what the app does, using the app's settings."
COLLECT_AFTER = (
    100_000  # new objects; Python's 700 would look for garbage all through the imports, a tenth of a command
)
EXAMPLES = {
    "{prog} plan": "what apply would change, and what that means for people",
    "{prog} apply --plan-id 0123456789abcdef": "exactly what that plan shows",
    "{prog} people show 1187": "why this employee is not done",
    "{prog} health --env-file .local/env": "against the local stack, after `make up`",
}
INSTALL = "Use the environment that requirements.txt was installed into; completion also needs: pip install shtab"
ENVIRONMENT = {
    "TENANT_ID": "the Entra tenant",
    "AzureWebJobsStorage...": "the storage account, by connection string or service addresses",
    "TENANT_CLIENT_ID, ...": "the tenant role's settings; docs/configuration.md lists every setting",
    "IDENTITY_ENDPOINT": "if it is set, --credential defaults to managed-identity, otherwise to az",
    "NO_COLOR": "any value turns off colors",
}


def new_parser(prog: str = MODULE) -> Parser:
    """Make the parser of all sub-commands."""
    shown = {example.format(prog=prog): meaning for example, meaning in EXAMPLES.items()}
    examples = [f"{example:<{max(map(len, shown))}}  # {meaning}" for example, meaning in shown.items()]
    whole = Parser(prog=prog, description=DESCRIPTION, epilog=epilog(examples, environment=ENVIRONMENT))
    whole.set_defaults(verbose=False, env_file=None)
    whole.add_argument("--version", action="version", version=f"{SCRIPT} {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for module in COMMANDS:
        module.add_parser(commands)
    return whole


def main(argv: Sequence[str], *, prog: str = MODULE) -> int:
    """Run one command; returns its exit code. An error is a sentence on stderr."""
    given = new_parser(prog).parse_args(argv)
    # A command reports by itself what goes wrong; a log line would say it twice.
    logging.basicConfig(level=logging.INFO if given.verbose else logging.CRITICAL, format="%(message)s")
    if given.verbose:
        quiet()
    try:
        if given.env_file is not None:
            load_env_file(given.env_file)
        return int(asyncio.run(given.run(given)))
    except TransientError as error:
        print_error(f"{error} Nothing is lost: check the setting and the network, and run the command again.")
        return FAULT
    except SettingsError as error:
        print_error("\n".join(map(str, error.faults)))
        return FAULT
    except ProductError as error:
        print_error(error.in_full)
        return FAULT
    except ModuleNotFoundError as error:
        print_error(f"The package {error.name} is not installed. {INSTALL}")
        return FAULT
    except KeyboardInterrupt:
        print_error("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes stdout once more when it ends
        return FAULT


def run_script() -> int:
    """Run the command line as the console script; returns the exit code."""
    gc.set_threshold(COLLECT_AFTER)
    return main(sys.argv[1:], prog=MODULE if Path(sys.argv[0]).name == "__main__.py" else SCRIPT)
