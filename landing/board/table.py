"""The board's people as CSV (RFC 4180), which a spreadsheet opens without running anything."""

import csv
import io
from collections.abc import Iterable

from provisioning.http import Response
from provisioning.model.board import BoardEntry
from provisioning.name_encryption import NameKeys

MEDIA_TYPE = "text/csv; charset=utf-8"
COLUMNS = (
    "employeeId",
    "objectId",
    "state",
    "department",
    "firstDay",
    "week",
    "source",
    "invited",
    "registered",
    "reason",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute (owasp.org, CSV Injection)


def csv_response(entries: Iterable[BoardEntry], *, name: str, names: NameKeys | None = None) -> Response:
    """Return people as a file to be saved.

    Args:
        entries: The people.
        name: Of the file.
        names: Opens their names, which are in the file then.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((*COLUMNS, "name") if names else COLUMNS)
    for entry in entries:
        values = values_of_entry(entry)
        writer.writerow([safe(value) for value in ((*values, names.open(entry.sealed_name)) if names else values)])
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, text.getvalue().encode("utf-8-sig"), media_type=MEDIA_TYPE, headers=headers)


def values_of_entry(entry: BoardEntry) -> tuple[object, ...]:
    """Return a person's values in the order of COLUMNS."""
    return (
        entry.employee_id,
        entry.object_id,
        entry.state,
        entry.department,
        entry.first_day,
        entry.week,
        entry.source,
        entry.invited,
        entry.registered,
        entry.reason,
    )


def safe(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
