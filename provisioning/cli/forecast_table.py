"""A forecast as a table, as CSV and as words."""

import csv
import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from provisioning.cli.arguments import CHANGES, SAME, clean, print_error, print_json, print_text
from provisioning.errors import Rejected
from provisioning.model.public_json import public_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioning.tenant.forecast.rows import Forecast, ForecastRow

ANSWERS: Mapping[str, str] = {
    "can": "can finish by themselves",
    "with_a_pass": "can finish with a pass",
    "cannot": "cannot finish",
    "unknown": "not known",
}
# The columns of a row, for CSV and JSON. Ids and words of this product only: no name, no address.
COLUMNS = (
    "objectId",
    "employeeId",
    "line",
    "answer",
    "reasons",
    "who",
    "policyIds",
    "missing",
    "atWorst",
    "onManagedDevice",
    "methods",
    "licensed",
    "phoneOnly",
    "why",
    "remedy",
)


def show_forecast(found: "Forecast", *, as_json: bool, csv_file: str | None) -> int:
    """Print a forecast and write its rows; returns the exit code."""
    rows = [forecast_row(row) for row in found.rows]
    if as_json:
        print_json(
            {
                "people": len(rows),
                "answers": answers(found),
                "reasons": reasons(found),
                "campaign": None if found.campaign is None else public_json(found.campaign),
                "rows": rows,
            }
        )
    elif csv_file == "-":
        write_rows(sys.stdout, rows)
        sys.stdout.flush()
    else:
        if csv_file is not None:
            with opened(csv_file) as file:
                write_rows(file, rows)
        print_text("\n".join(table(found)))
    if found.refused is not None:
        print_error(f"What-If was not asked: {found.refused} Run the command with an account that has Policy.Read.All.")
    found_answers = answers(found)
    return CHANGES if found_answers["cannot"] or found_answers["unknown"] else SAME


def write_rows(file: IO[str], rows: "Sequence[Mapping[str, Any]]") -> None:
    """Write rows as CSV, a list as one field with spaces between."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([csv_field(row[name]) for name in COLUMNS] for row in rows)


def csv_field(value: Any) -> str:
    """Return a value for CSV; one that a spreadsheet would take for a formula is kept from that."""
    if value is None:
        return ""
    text = " ".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def forecast_row(row: "ForecastRow") -> dict[str, Any]:
    """Return one person for a program."""
    finish, candidate = row.finish, row.candidate
    return {
        "objectId": candidate.object_id,
        "employeeId": candidate.employee_id,
        "line": candidate.line,
        **finish.as_json(),
        "onManagedDevice": None if finish.on_managed_device is None else str(finish.on_managed_device),
        "methods": None if row.methods is None else sorted(row.methods),
        "licensed": row.licensed,
        "phoneOnly": finish.phone_only,
        "why": finish.why,
        "remedy": finish.remedy,
    }


def answers(found: "Forecast") -> dict[str, int]:
    """Return how many people have which answer."""
    from provisioning.model.finish import count_answers

    return {str(answer): count for answer, count in count_answers(row.finish for row in found.rows).items()}


def reasons(found: "Forecast") -> list[dict[str, Any]]:
    """Return how many people have which answer for which reason, what is missing included."""
    return [
        {"answer": str(answer), "reason": str(reason), "people": count}
        for (answer, reason), count in found.counts().items()
    ]


def table(found: "Forecast") -> "Iterator[str]":
    """Yield the lines for a terminal: each answer, and below it each reason with what to do."""
    from provisioning.model.finish_reasons import EXPLANATIONS, MISSING_WORDS, Reason

    shown = ""
    for (answer, reason), count in found.counts().items():
        if answer != shown:
            shown = answer
            yield f"{answers(found)[answer]:>6}  {ANSWERS[answer]}"
        if isinstance(reason, Reason):
            words = EXPLANATIONS[reason]
            yield clean(f"{count:>14}  {reason}: {words.text} {words.remedy}")
        else:
            yield clean(f"{count:>14}  {reason}: {MISSING_WORDS[reason]} could not be read")
    campaign = found.campaign
    if campaign is not None and campaign.on:
        methods = " and ".join(campaign.methods) or "no method"
        yield clean(
            f"The tenant's registration campaign (state {campaign.state}) asks for {methods} after a sign-in with MFA, "
            "and may appear together with an invitation."
        )
    yield f"{len(found.rows)} people of {found.kinds} kinds; What-If was asked about one of each kind."


@contextmanager
def opened(name: str) -> "Iterator[IO[str]]":
    """Open a file for rows.

    Raises:
        Rejected: It cannot be written.
    """
    try:
        with Path(name).open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        remedy = "Name a file in a directory that you may write to."
        raise Rejected(f"The file {name} cannot be written ({type(error).__name__}).", remedy=remedy) from None
