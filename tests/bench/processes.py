"""Fresh processes that measure themselves."""

import subprocess
from collections.abc import Sequence

from local.stack import ROOT


def output_of(command: Sequence[str]) -> str:
    """Run a command and return what it prints.

    Raises:
        RuntimeError: It failed. What it wrote to stderr has been shown.
    """
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {done.returncode}; its own words are above.")
    return done.stdout
