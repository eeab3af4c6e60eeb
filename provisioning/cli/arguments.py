"""What all sub-commands share: the parser, exit codes, and words on stderr."""

import argparse
import difflib
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction["Parser"]  # argparse has no public name for what add_subparsers returns

SAME = 0  # nothing to change, or done without a change, or verified
FAULT = 1  # an error, a refusal, a failed verification, something that blocks
CHANGES = 2  # a plan that would change something, or an operation that did
INTERRUPTED = 130  # Ctrl-C, as shells say it

SHORTEST_OPTION = 3  # characters of "--x"; what is shorter resembles everything


class Parser(argparse.ArgumentParser):
    """A parser that ends with 1 on bad arguments: argparse's own 2 would tell a pipeline that something changed.

    Every sub-command's parser is one, so that --verbose and --env-file may stand anywhere.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options)
        anywhere = self.add_argument_group("with every command")
        anywhere.add_argument(
            "--verbose",
            action="store_true",
            default=argparse.SUPPRESS,
            help="also log what it does to stderr, with IDs only",
        )
        anywhere.add_argument(
            "--env-file",
            type=Path,
            metavar="FILE",
            default=argparse.SUPPRESS,
            help="read settings from NAME=VALUE lines, which take precedence over the environment",
        )

    def error(self, message: str) -> NoReturn:
        """Report what is wrong, with the nearest right word, and exit."""
        if message.startswith("the following arguments are required: ") and message.endswith(("COMMAND", "ACTION")):
            self.print_help(sys.stderr)
        else:
            self.print_usage(sys.stderr)
        unknown = re.match(r"unrecognized arguments: (--[\w-]+)", message)
        hint = nearest(unknown[1], options_of(self)) if unknown else ""
        self.exit(FAULT, f"{self.prog}: {message}{hint}\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Name the nearest choice; argparse of Python 3.14 does so by itself."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            if "maybe you meant" not in (error.message or ""):
                error.message = f"{error.message}{nearest(str(value), map(str, action.choices or ()))}"
            raise


def as_sentence(purpose: str) -> str:
    """Return a sub-command's purpose as its description: abbreviations and names keep their capitals."""
    return f"{purpose[0].upper()}{purpose[1:]}."


def nearest(word: str, known: "Iterator[str]") -> str:
    """Return a question that names the known word a mistyped one resembles; empty where none does."""
    found = difflib.get_close_matches(word, [name for name in known if len(name) >= SHORTEST_OPTION], n=1)
    return f". Did you mean {found[0]}?" if found else ""


def options_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Return the options of a parser and of its sub-commands."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from options_of(command)


def epilog(examples: Sequence[str] = (), *, exit_codes: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Return the end of a command's help: examples, exit codes, and what it reads from the environment."""
    parts = []
    if examples:
        parts.append("examples:\n" + "\n".join(f"  {example}" for example in examples))
    if exit_codes:
        parts.append("exit codes:\n" + textwrap.indent(textwrap.fill(exit_codes, 98), "  "))
    if environment:
        lines = (f"  {name:<25} {meaning}" for name, meaning in environment.items())
        parts.append("environment:\n" + "\n".join(lines))
    return "\n\n".join(parts)


def print_error(sentence: str) -> None:
    """Print a sentence on stderr, away from what a program reads."""
    sys.stderr.write(f"{clean(sentence)}\n")
    sys.stderr.flush()


def print_text(text: str) -> None:
    """Print lines for a person. A reader that went away is met here, not when Python ends."""
    sys.stdout.write(f"{clean(text)}\n")
    sys.stdout.flush()


def print_json(content: object) -> None:
    """Print one JSON document for a program."""
    sys.stdout.write(f"{json.dumps(content, ensure_ascii=False, indent=2)}\n")
    sys.stdout.flush()


def clean(text: str) -> str:
    """Return the text without control characters, so that an object's name cannot drive the terminal."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def confirmed(question: str) -> bool:
    """Ask a person; without one, the answer is no."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def object_id(text: str) -> str:
    """Parse an id."""
    try:
        return str(UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not an ID; give a GUID") from None
