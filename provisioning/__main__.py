"""`python -m provisioning COMMAND`: what an operator does by hand, with the same settings as the app."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from provisioning.cli import health, source, tenant, why
from provisioning.cli import replay as redrive
from provisioning.cli.arguments import FAULT, INTERRUPTED, Parser, print_error
from provisioning.errors import ProductError, TransientError
from provisioning.log import quiet

COMMANDS = (tenant, why, health, redrive, source)


def parser() -> Parser:
    """Of all sub-commands."""
    whole = Parser(prog="python -m provisioning", description=__doc__)
    whole.add_argument("--verbose", action="store_true", help="also log what it does, on stderr; ids only")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_parser(commands)
    return whole


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code. An error is a sentence on stderr."""
    given = parser().parse_args(argv)
    # A command tells by itself what goes wrong; nobody should read it twice.
    logging.basicConfig(level=logging.INFO if given.verbose else logging.CRITICAL, format="%(message)s")
    if given.verbose:
        quiet()
    try:
        return int(asyncio.run(given.run(given)))
    except TransientError as error:
        print_error(f"{error} Nothing is lost: check the setting and the network, and run the command again.")
        return FAULT
    except ProductError as error:
        print_error(str(error))
        return FAULT
    except ModuleNotFoundError as error:
        print_error(
            f"The package {error.name} is not installed. Use the environment requirements.txt was installed into."
        )
        return FAULT
    except KeyboardInterrupt:
        print_error("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes stdout once more when it ends
        return FAULT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
