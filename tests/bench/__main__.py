"""`make bench`, or `python -m tests.bench [NAME...]`: figures as JSON lines, which `figures.py` explains."""

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
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        asyncio.run(importlib.import_module(f"tests.bench.{name}").run())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
