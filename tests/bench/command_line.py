"""`apply` as a process, from nothing and with nothing to do: seconds of clock and processor, imports included.

Real storage (Azurite), the tenant in a process of its own. An apply from nothing waits for Conditional Access, which
takes one request a second.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from local.stack import ROOT, Stack, StackOptions
from local.stack_info import inherited
from tests.bench.figures import report

RUNS = 5


@dataclass(frozen=True)
class Cost:
    """What a process took, in seconds."""

    clock: float
    processor: float


async def run() -> None:
    """Measure; of several runs the least counts, since other work on the machine only adds to it."""
    async with Stack.start(StackOptions(users=0)) as stack:
        environment = {**inherited(), **stack.info.app_settings()}
        found = {
            "from_nothing": [measure(environment, "apply")],
            "nothing_to_do": [measure(environment, "apply") for _ in range(RUNS)],
        }
    for name, costs in found.items():
        report(f"apply_{name}_clock", len(costs), min(cost.clock for cost in costs), "s")
        report(f"apply_{name}_processor", len(costs), min(cost.processor for cost in costs), "s")


def measure(environment: Mapping[str, str], *arguments: str) -> Cost:
    """Run a command in a fresh process.

    Raises:
        RuntimeError: It failed.
    """
    before, started = os.times(), time.monotonic()
    command = [sys.executable, "-m", "provisioning", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    clock, after = time.monotonic() - started, os.times()
    if done.returncode not in (0, 2):
        raise RuntimeError(f"{' '.join(arguments)} ended with exit code {done.returncode}; its own words are above.")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(clock, spent)
