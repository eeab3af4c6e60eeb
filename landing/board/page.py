"""GET /board: for people who hold the app role Enrollment.Read. It reads two tables, and asks Graph nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from landing.board.selection import Selection, read_selection
from landing.board.table import csv_response
from landing.board.view import bars_of, cohorts_of, stages_of_funnel, timeline
from landing.brand import load_brand
from landing.configuration import own_tenant_id, page_settings
from landing.languages import load_language
from landing.principal import Principal, read_principal
from landing.rendering import Site, board_look, page_response, render
from landing.view import common_values, own_host, who_is
from provisioning.errors import Rejected, TransientError
from provisioning.http import Request, Response
from provisioning.model.board import READER, BoardEntry, Summary
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.services import Services
from provisioning.settings import BoardSettings
from provisioning.store.board_rows import BoardRows, list_key
from provisioning.store.ledger import Ledger

HERE = "/board"
ON_A_PAGE = 200  # people
ROWS_AT_ONCE = 10
MOST_IN_A_FILE = 20_000  # people
NO_ROLE = "You are signed in, and you do not hold the role that this board needs."
ASK = f"Ask an identity admin to assign you the app role {READER} of this enterprise app, then sign out and in again."
OFF = "There is no board in this deployment."


@dataclass(frozen=True)
class Board:
    """What a board page is made with."""

    request: Request
    site: Site
    principal: Principal
    rows: BoardRows
    ledger: Ledger
    summary: Summary
    selection: Selection


async def show_board(request: Request, *, services: Services) -> Response:
    """Answer with the board, a list of people, one person, or a file.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    site = english_site()
    if not services.settings(BoardSettings).board:
        return refusal(site, request, 404, OFF, "Set BOARD to true in the apps front and people.")
    principal = read_principal(request.headers, auth_enabled=site.settings.auth_enabled, tenant_id=own_tenant_id())
    if not isinstance(principal, Principal):
        return refusal(site, request, 401, "Nobody of this organization is signed in.", "Sign in, and open it again.")
    if READER not in principal.roles:
        return refusal(site, request, 403, NO_ROLE, ASK, who=principal)
    try:
        return await answer(request, site, principal, services=services)
    except TransientError as error:
        return refusal(site, request, 503, str(error), "Try again in a minute.", who=principal)
    except Rejected as error:
        return refusal(site, request, 400, error.reason, error.remedy, who=principal)


async def answer(request: Request, site: Site, principal: Principal, *, services: Services) -> Response:
    """Answer a reader of the board."""
    selection = read_selection(request)
    tenant_id = services.tenant_id
    rows = BoardRows(services.storage, tenant_id=tenant_id)
    summary = await rows.summary()
    if summary is None:
        text = "The board has not been made yet: that happens every quarter of an hour."
        return refusal(site, request, 503, text, "Come back then.", who=principal)
    board = Board(request, site, principal, rows, services.ledger, summary, selection)
    if request.query.get("person"):
        return await one_person_page(board, request.query["person"])
    if request.query.get("format") == "csv":
        return await people_file(board)
    return await people_page(board) if not selection.empty else summary_page(board)


def summary_page(board: Board) -> Response:
    """Return the first page: cohorts, funnel, registrations, and who is left out."""
    summary = board.summary
    values = {
        "cohorts": cohorts_of(summary.counts),
        "bars": bars_of(summary),
        "stages": stages_of_funnel(summary),
        "reasons": summary.reasons,
        "sources": sorted({count.source for count in summary.counts}),
    }
    return board_page(board, "summary", values)


async def people_page(board: Board) -> Response:
    """Return a page with a list of people."""
    people, following = await matching_people(board, most=ON_A_PAGE)
    values = {
        "people": people,
        "following": board.selection.link(begin=following) if following else None,
        "file": f"{board.selection.link()}&format=csv",
    }
    return board_page(board, "people", values)


async def people_file(board: Board) -> Response:
    """Return everybody who is selected, as a file.

    Raises:
        Rejected: They are too many.
    """
    people, following = await matching_people(board, most=MOST_IN_A_FILE)
    if following is not None:
        reason = f"These are more than {MOST_IN_A_FILE} people, which is more than one file holds."
        raise Rejected(reason, remedy="Select a cohort or a state first.")
    return csv_response(people, name=f"enrollment-{board.summary.at:%Y-%m-%d}")


async def matching_people(board: Board, *, most: int) -> tuple[list[BoardEntry], str | None]:
    """Return people of the selection, at least `most` if there are so many, and where the next page begins."""
    selection, found = board.selection, list[BoardEntry]()
    for week, state in selection.cells(board.summary):
        low, high = list_key(week, state), f"{list_key(week, state)}:"
        if selection.begin is not None and selection.begin >= high:
            continue
        begin: str | None = max(low, selection.begin or low)
        while begin is not None:
            if len(found) >= most:
                return found, begin
            page = await board.rows.people(low=begin, high=high, rows=ROWS_AT_ONCE)
            found += [entry for entry in page.entries if selection.admits(entry, board.summary)]
            begin = page.following
    return found, None


async def one_person_page(board: Board, name: str) -> Response:
    """Return the page of one person, by object id or employee id, as the ledger has them now.

    Raises:
        Rejected: The ledger does not know them.
    """
    person, record = await find_rows(board.ledger, name)
    row: Person | HireRecord | None = person or record
    if row is None:
        raise Rejected("The ledger knows no such person.", remedy="Look in the directory, or ask an identity admin.")
    values = {
        "person": row,
        "methods": person.methods if person else (),
        "reason": person.unexpected if person and person.state is EnrollmentState.UNEXPECTED else row.reason,
        "events": timeline(person, record),
    }
    return board_page(board, "person", values)


async def find_rows(ledger: Ledger, name: str) -> tuple[Person | None, HireRecord | None]:
    """Return the rows of an object id or an employee id, as far as they are there."""
    try:
        person = await ledger.person(str(UUID(name)))
    except ValueError:
        record = await ledger.hire_record(name[:200])
        return (await ledger.person(record.object_id) if record and record.object_id else None), record
    announced_as = person and (person.announced_as or person.employee_id)
    return person, await ledger.hire_record(announced_as) if announced_as else None


def english_site() -> Site:
    """Return the site in English: the board speaks no other language yet."""
    settings = page_settings()
    return Site(settings, load_brand(settings), load_language("en"), None)


def board_page(board: Board, name: str, values: Mapping[str, object]) -> Response:
    """Render one of the board's pages."""
    shared = {
        **common_values(own_host(board.request), path=HERE),
        "who": who_is(board.principal),
        "selection": board.selection,
        "at": f"{board.summary.at:%Y-%m-%d %H:%M} UTC",
    }
    look = board_look(board.site.settings)
    body = render(f"board/{name}.html", board.site, look=look, values=shared | dict(values))
    return page_response(200, body, board.site, look=look)


def refusal(
    site: Site, request: Request, status: int, reason: str, remedy: str, *, who: Principal | None = None
) -> Response:
    """Render why there is nothing to see."""
    look = board_look(site.settings)
    values = {**common_values(own_host(request), path=HERE), "who": who_is(who), "reason": reason, "remedy": remedy}
    return page_response(status, render("board/refused.html", site, look=look, values=values), site, look=look)
