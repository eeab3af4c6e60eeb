"""`forecast`: who can finish the registration, who needs a pass, and who would be turned away. It changes nothing."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.cli.arguments import as_sentence, epilog
from provisioning.cli.credentials import MANAGED_IDENTITY, add_credential, chosen
from provisioning.cli.forecast_table import show_forecast
from provisioning.cli.session import signed_in
from provisioning.errors import Rejected

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.graph.client import Graph
    from provisioning.services import Services
    from provisioning.tenant.forecast.candidates import FirstDays

EXAMPLES = (
    "forecast --cohort 2026-12-01",
    "forecast --cohort 2026-W49 --new-laptop",
    "forecast --file ids.csv --csv answers.csv",
    "forecast --enforce --json",
    "forecast --enforce --board",
)
EXIT_CODES = (
    "0 everyone can finish, some perhaps with a pass; 2 at least one person cannot, or it is not known; 1 an error"
)


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "show who can finish the registration, who needs a pass, and who would be turned away and why"
    end = epilog(EXAMPLES, exit_codes=EXIT_CODES)
    parser = commands.add_parser("forecast", help=purpose, description=as_sentence(purpose), epilog=end)
    people = parser.add_mutually_exclusive_group(required=True)
    people.add_argument(
        "--cohort",
        type=cohort,
        metavar="DAY",
        help="people who start on this day (2026-12-01) or in this week (2026-W49)",
    )
    people.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="a file with one person per line: an object ID, an employee ID, or a user principal name",
    )
    people.add_argument("--enforce", action="store_true", help="everyone the policy covers once it is in force")
    parser.add_argument(
        "--new-laptop",
        action="store_true",
        help="assume that they set up a laptop first, which uses up a one-time pass",
    )
    parser.add_argument("--board", action="store_true", help="also show the numbers on the board, without anyone's ID")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="print one JSON document to stdout, with a row for each person"
    )
    form.add_argument("--csv", metavar="FILE", help="also write a row for each person as CSV; use - for stdout instead")
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


def cohort(text: str) -> "FirstDays":
    """Parse the days of a cohort."""
    from provisioning.tenant.forecast.candidates import read_first_days

    try:
        return read_first_days(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is neither a day such as 2026-12-01 nor a week such as 2026-W49"
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
        remedy = "Name a text file with one ID per line."
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
