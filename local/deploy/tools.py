"""The command line tools of Azure, asked as processes; where one is missing it is said, not guessed."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

SECONDS = 120


def is_single(environment: Mapping[str, str]) -> bool:
    """Tell whether one app is to run everything, for trying out."""
    return environment.get("SINGLE_APP", "").lower() == "true"


class ToolError(Exception):
    """A tool is missing, refused, or gave no answer; the message says which and why."""


class Refused(ToolError):
    """A tool ran and ended with an error.

    Args:
        command: What was asked.
        words: What it said, in one line.
    """

    def __init__(self, command: str, words: str) -> None:
        super().__init__(f"{command} failed: {words.rstrip('.')}.")
        self.words = words

    @property
    def not_found(self) -> bool:
        """Whether the thing that was asked for is not there."""
        return "ResourceNotFound" in self.words or "Not Found" in self.words


def ask(tool: str, *arguments: str) -> Any:
    """Run a tool and return its JSON; None where it prints nothing.

    Raises:
        ToolError: It is not installed, failed, or printed something else.
    """
    program = shutil.which(tool)
    if program is None:
        raise ToolError(f"{tool} is not installed.")
    named = f"{tool} {' '.join(arguments[:2])}"
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ToolError(f"{named} did not answer within {SECONDS} seconds.") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Refused(named, lines[0][:300])
    try:
        return json.loads(done.stdout) if done.stdout.strip() else None
    except ValueError:
        raise ToolError(f"{named} printed no JSON.") from None


def graph(path: str, *, root: str) -> Any:
    """Ask Microsoft Graph as the account that is signed in to the Azure CLI.

    Args:
        path: After the version.
        root: Such as https://graph.microsoft.com.
    """
    return ask("az", "rest", "--method", "get", "--url", f"{root}/v1.0/{path}", "--resource", root)
