"""The workbook of infra/monitoring, made of the saved queries beside it: `python -m local documents` writes it."""

import json
from pathlib import Path

QUERIES = Path(__file__).parents[1] / "infra/monitoring/queries"
# In this order, with how each is drawn.
SHOWN = {
    "funnel": "barchart",
    "sweeps": "table",
    "messages": "table",
    "message-runs": "table",
    "graph-throttling": "table",
    "webhook-answers": "piechart",
    "webhook-latency": "linechart",
    "refusals": "table",
    "passes": "table",
    "operations": "table",
}
INTRODUCTION = (
    "People by ID only: neither names nor addresses are logged. What to do about an alert: docs/operations.md. "
    "Whether a single person is done: `python -m provisioning people show ID`."
)


def head_of(text: str, key: str) -> str:
    """What the comment `// key: ...` at the top of a query says."""
    line = next(line for line in text.splitlines() if line.startswith(f"// {key}: "))
    return line.removeprefix(f"// {key}: ")


def item_of(name: str, drawing: str) -> dict[str, object]:
    """One query of the workbook (KqlItem/1.0, type 3)."""
    text = (QUERIES / f"{name}.kql").read_text(encoding="utf-8")
    content = {
        "version": "KqlItem/1.0",
        "title": head_of(text, "title"),
        "query": text,
        "size": 0,
        "timeContext": {"durationMs": 604_800_000},
        "timeContextFromParameter": "TimeRange",
        "queryType": 0,
        "resourceType": "microsoft.operationalinsights/workspaces",
        "crossComponentResources": [f"{{{{{app}}}}}" for app in head_of(text, "apps").split(", ")],
        "visualization": drawing,
    }
    return {"type": 3, "name": name, "content": content}


def time_range() -> dict[str, object]:
    """The parameter that says which days are shown (KqlParameterItem/1.0, type 9)."""
    days = [86_400_000, 604_800_000, 2_592_000_000]
    parameter = {
        "id": "0b5c7b8e-6b0f-4f6e-9a53-2f0f5b1f7c11",
        "version": "KqlParameterItem/1.0",
        "name": "TimeRange",
        "label": "Time",
        "type": 4,
        "isRequired": True,
        "value": {"durationMs": 604_800_000},
        "typeSettings": {"selectableValues": [{"durationMs": day} for day in days]},
    }
    content = {"version": "KqlParameterItem/1.0", "parameters": [parameter], "style": "pills", "queryType": 0}
    return {"type": 9, "name": "time", "content": content}


def workbook() -> str:
    """The text of infra/monitoring/workbook.json; {{front}} and its like become the workspaces' resource ids."""
    introduction = {"type": 1, "name": "introduction", "content": {"json": INTRODUCTION}}
    items = [introduction, time_range(), *(item_of(name, drawing) for name, drawing in SHOWN.items())]
    notebook = {
        "version": "Notebook/1.0",
        "items": items,
        "fallbackResourceIds": ["{{people}}"],
        "isLocked": False,
    }
    return json.dumps(notebook, indent=2) + "\n"
