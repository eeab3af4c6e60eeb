"""What all sub-commands share: exit codes, bad arguments, and words on stderr."""

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction["Parser"]  # argparse has no public name for what add_subparsers returns

SAME = 0  # nothing to change, or done without a change, or verified
FAULT = 1  # an error, a refusal, a failed verification, something that blocks
CHANGES = 2  # a plan that would change something, or an operation that did
INTERRUPTED = 130  # Ctrl-C, as shells say it


class Parser(argparse.ArgumentParser):
    """Bad arguments end with 1: argparse's own 2 would tell a pipeline that something changed."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        self.print_usage(sys.stderr)
        self.exit(FAULT, f"{self.prog}: {message}\n")


def print_error(sentence: str) -> None:
    """Say something to the person, away from what a program may read."""
    sys.stderr.write(f"{clean(sentence)}\n")
    sys.stderr.flush()


def clean(text: str) -> str:
    """Without control characters: what a tenant's objects are called must not drive somebody's terminal."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}" for character in text
    )
