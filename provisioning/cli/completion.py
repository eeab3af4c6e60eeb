"""`completion`: a script that lets a shell complete commands and options."""

import argparse
from typing import TYPE_CHECKING

from provisioning.cli.arguments import SAME, as_sentence, epilog, print_text

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands

SHELLS = ("bash", "zsh")
EXAMPLES = (
    "mfa-preenroll completion bash > ~/.local/share/bash-completion/completions/mfa-preenroll",
    'mfa-preenroll completion zsh > "${fpath[1]}/_mfa-preenroll"',
)


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "print a script that completes commands and options"
    parser = commands.add_parser("completion", help=purpose, description=as_sentence(purpose), epilog=epilog(EXAMPLES))
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=run, parser=parser)


async def run(given: argparse.Namespace) -> int:
    """Print the script.

    Raises:
        ModuleNotFoundError: The package shtab is not installed.
    """
    import shtab

    from provisioning.cli.main import SCRIPT, new_parser

    print_text(shtab.complete(new_parser(SCRIPT), given.shell))
    return SAME
