"""`make bench`, or `python -m tests.bench [NAME...]`: figures as JSON lines, which `figures.py` explains.

A name may have a number of people behind a colon, where the benchmark takes one: `messages:1000`.
"""

import asyncio
import importlib
import sys
from collections.abc import Sequence

# A module each, with `run`.
BENCHMARKS = (
    "import_time",
    "command_line",
    "page_bytes",
    "landing",
    "board",
    "webhook",
    "read_users",
    "add_members",
    "quiet_sweep",
    "forecast",
    "messages",
    "passes",
    "storm",
)


def main(names: Sequence[str]) -> int:
    """Run all benchmarks or those named; returns the exit code."""
    unknown = sorted({name.partition(":")[0] for name in names} - set(BENCHMARKS))
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    for wanted in names or BENCHMARKS:
        name, _, number = wanted.partition(":")
        run = importlib.import_module(f"tests.bench.{name}").run
        asyncio.run(run(int(number)) if number else run())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
