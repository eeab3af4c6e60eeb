"""What it costs to read everybody for a sweep: processor time against msgraph-sdk's typed answers, and memory.

The tenant answers from a process of its own; each reading is a fresh process, whose figures alone count.
"""

import json
import sys
from dataclasses import dataclass
from typing import Literal

from tests.bench.figures import report
from tests.bench.processes import output_of
from tests.bench.tenant import running_tenant

PEOPLE = 100_000
MANY = 1_000_000
TYPED_PEOPLE = 5_000  # typed, 100,000 people take a quarter of an hour
MOST_MEMORY = 150  # MiB


@dataclass(frozen=True)
class Reading:
    """What one process said of itself."""

    people: int
    cpu_seconds: float
    peak_mib: float


async def run() -> None:
    """Processor seconds for 100,000 people, and peak memory for 100,000 and a million."""
    typed = reading("typed", people=TYPED_PEOPLE)
    ours = reading("ours", people=PEOPLE)
    report(
        "read_users",
        PEOPLE,
        ours.cpu_seconds,
        "CPU seconds",
        baseline=typed.cpu_seconds * PEOPLE / TYPED_PEOPLE,
        note=f"users/delta, 200 a page; baseline: msgraph-sdk's typed answers, {TYPED_PEOPLE} people, scaled",
    )
    for people, peak in ((PEOPLE, ours.peak_mib), (MANY, reading("ours", people=MANY).peak_mib)):
        if peak > MOST_MEMORY:
            raise RuntimeError(f"Reading {people} people took {peak:.0f} MiB, more than {MOST_MEMORY}.")
        report("read_users_memory", people, peak, "MiB", note="peak of the whole process")


def reading(way: Literal["ours", "typed"], *, people: int) -> Reading:
    """Read everybody in a fresh process."""
    with running_tenant(users=people) as url:
        command = [sys.executable, "-m", "tests.bench.read_users_client", url, way]
        output = output_of(command)
    result = Reading(**json.loads(output))
    if result.people < people:
        raise RuntimeError(f"Only {result.people} of {people} people were read.")
    return result
