"""How a figure is printed: one JSON line each.

bench        what was measured
n            how often, or of how many
ours         the figure, with its `unit`
baseline     what it is compared with, measured in the same run, and their `ratio`
lower_bound  what no way of doing it can fall below
note         what one should know to read it
"""

import json
import statistics


def report(
    bench: str,
    n: int,
    ours: float,
    unit: str,
    *,
    baseline: float | None = None,
    lower_bound: float | None = None,
    note: str = "",
) -> None:
    """Print one line."""
    line: dict[str, object] = {"bench": bench, "n": n, "ours": round(ours, 2), "unit": unit}
    if baseline is not None:
        line |= {"baseline": round(baseline, 2), "ratio": float(f"{ours / baseline:.3g}")}
    if lower_bound is not None:
        line["lower_bound"] = lower_bound
    print(json.dumps(line | ({"note": note} if note else {})), flush=True)


def report_percentiles(bench: str, seconds: list[float]) -> None:
    """p50 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    report(f"{bench}_p50", len(seconds), cuts[49] * 1000, "ms")
    report(f"{bench}_p99", len(seconds), cuts[98] * 1000, "ms")
