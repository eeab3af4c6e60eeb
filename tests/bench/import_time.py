"""What function_app.py adds to the import of azure.functions, which every Python app pays."""

import statistics
import sys

from tests.bench.figures import report
from tests.bench.processes import output_of

FRESH_PROCESSES = 9


async def run() -> None:
    """Both, each in fresh processes."""
    baseline, ours = import_seconds("azure.functions"), import_seconds("function_app")
    report("import_function_app", FRESH_PROCESSES, ours * 1000, "ms", baseline=baseline * 1000)


def import_seconds(module: str) -> float:
    """Median seconds of an import in a fresh process."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    runs = [float(output_of([sys.executable, "-c", code])) for _ in range(FRESH_PROCESSES)]
    return statistics.median(runs)
