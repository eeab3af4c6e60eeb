"""`forecast`: who can finish the registration, who needs a pass, and who would be turned away. It changes nothing."""

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from provisioning.cli.arguments import CHANGES, SAME, clean, epilog, print_error, print_json, print_text
from provisioning.cli.credentials import MANAGED_IDENTITY, add_credential, chosen
from provisioning.cli.session import signed_in
from provisioning.errors import Rejected
from provisioning.model.public_json import public_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioning.cli.arguments import Commands
    from provisioning.graph.client import Graph
    from provisioning.services import Services
    from provisioning.tenant.forecast.candidates import FirstDays
    from provisioning.tenant.forecast.forecast import Forecast, ForecastRow

EXAMPLES = (
    "forecast --cohort 2026-12-01",
    "forecast --cohort 2026-W49 --new-laptop",
    "forecast --file ids.csv --csv answers.csv",
    "forecast --enforce --json",
    "forecast --enforce --board",
)
EXIT_CODES = "0 everybody can finish, some of them with a pass; 2 somebody cannot, or it is not known; 1 an error"
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
ANSWERS: Mapping[str, str] = {
    "can": "can finish by themselves",
    "with_a_pass": "can finish with a pass",
    "cannot": "cannot finish",
    "unknown": "not known",
}


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "tell who can finish the registration, who needs a pass, and who would be turned away and why"
    end = epilog(EXAMPLES, exit_codes=EXIT_CODES)
    parser = commands.add_parser("forecast", help=purpose, description=f"{purpose.capitalize()}.", epilog=end)
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument(
        "--cohort", type=cohort, metavar="DAY", help="who begins on this day (2026-12-01) or in this week (2026-W49)"
    )
    whom.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="whom the lines name: an object id, an employee id or a user principal name each",
    )
    whom.add_argument("--enforce", action="store_true", help="everybody whom the policy covers, once it is in force")
    parser.add_argument(
        "--new-laptop", action="store_true", help="they set up a laptop first, which uses up a one-time pass"
    )
    parser.add_argument("--board", action="store_true", help="also show the numbers on the board, nobody's id")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as one JSON document on stdout, with a row for each person")
    form.add_argument("--csv", metavar="FILE", help="also a row for each person as CSV; - for stdout instead")
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


def cohort(text: str) -> "FirstDays":
    """Parse the days of a cohort."""
    from provisioning.tenant.forecast.candidates import read_first_days

    try:
        return read_first_days(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no day such as 2026-12-01 and no week such as 2026-W49"
        ) from None


async def run(given: argparse.Namespace) -> int:
    """Make the forecast and show it.

    Raises:
        ProductError: Graph or storage is away or refuses it, a setting is missing, or the file cannot be read.
    """
    from provisioning.tenant.forecast.kept import keep_forecast
    from provisioning.tenant.forecast.rehearsal import Rehearsal, rehearse

    asked = Rehearsal(
        cohort=given.cohort,
        lines=None if given.file is None else read_lines(given.file),
        enforcement=given.enforce,
        new_laptop=given.new_laptop,
    )
    async with signed_in(given) as services:
        found = await rehearse(asked, services=services, methods_graph=methods_graph(given, services))
        if given.board:
            await keep_forecast(found, asked, services=services)
    return show_forecast(found, as_json=given.json, csv_file=given.csv)


def read_lines(path: Path) -> list[str]:
    """Read a text file.

    Raises:
        Rejected: It is none.
    """
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Name a text file with one id in each line."
        raise Rejected(f"The file {path} cannot be read ({type(error).__name__}).", remedy=remedy) from None


def methods_graph(given: argparse.Namespace, services: "Services") -> "Graph | None":
    """Return Graph as the people identity, which may see methods, where managed identities are what we work as."""
    from provisioning.errors import ConfigurationError
    from provisioning.people_settings import PeopleSettings

    if chosen(given) != MANAGED_IDENTITY or given.client_id is not None:
        return None
    try:
        client_id = services.settings(PeopleSettings).client_id
    except ConfigurationError:
        return None
    from azure.identity.aio import ManagedIdentityCredential

    services.graphs[client_id] = graph = services.graph_as(ManagedIdentityCredential(client_id=client_id))
    return graph


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
        print_error(f"What-If was not asked: {found.refused} Ask as somebody with Policy.Read.All.")
    found_answers = answers(found)
    return CHANGES if found_answers["cannot"] or found_answers["unknown"] else SAME


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
    from provisioning.model.finish import EXPLANATIONS, MISSING_WORDS, Reason

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
            "and may meet an invitation."
        )
    yield f"{len(found.rows)} people of {found.kinds} kinds; What-If was asked about one of each kind."
