"""GET /board: for people who hold an app role of the board. It reads two tables, and asks Graph nothing.

POST /board asks for what only the role Enrollment.Act may (`actions.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from landing.board.actions import ActionAsked, brake_panel, may_act, read_asked, take_action
from landing.board.forecast import forecast_panels
from landing.board.person import person_values
from landing.board.selection import Selection, read_selection
from landing.board.table import csv_response
from landing.board.view import bars_of, cohorts_of, stages_of_funnel
from landing.brand import load_brand
from landing.languages import load_language
from landing.principal import Principal, visitor_of
from landing.remote_logo import page_settings
from landing.rendering import Site, board_look, page_response, render
from landing.settings import PageSettings
from landing.view import common_values, own_host, who_is
from provisioning.board_settings import BoardSettings
from provisioning.errors import ConfigurationError, Rejected, TransientError
from provisioning.http import Request, Response
from provisioning.model.board import READER, BoardEntry, Summary
from provisioning.model.board_actions import ACTOR
from provisioning.name_encryption import NameKeys, load_name_keys
from provisioning.services import Services
from provisioning.store.board_rows import BoardRows, list_key

HERE = "/board"
ON_A_PAGE = 200  # people
OF_A_DEPARTMENT = 100  # people on a page; they are spread over more rows, each a request of its own
ROWS_AT_ONCE = 10
MOST_IN_A_FILE = 20_000  # people
NO_ROLE = "You are signed in, but you do not hold the role that this page requires."
ASK = "Ask an identity admin to assign you the app role {role} of this enterprise app, then sign out and in again."
NOTHING_TO_DO = "The board of this deployment is read-only: the setting BOARD_ACTIONS is off."
OFF = "There is no board in this deployment."


@dataclass(frozen=True)
class Board:
    """What a board page is made with."""

    request: Request
    site: Site
    principal: Principal
    rows: BoardRows
    services: Services
    summary: Summary
    selection: Selection
    asked: ActionAsked | None
    names: NameKeys | None

    @property
    def may_act(self) -> bool:
        """Whether the reader gets forms."""
        return may_act(self.principal, services=self.services)


async def show_board(request: Request, *, services: Services) -> Response:
    """Answer with the board, a list of people, one person, or a file; or take what a form asks for.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    site = english_site(await page_settings(services))
    settings = services.settings(BoardSettings)
    if not settings.board:
        return refusal(site, request, 404, OFF, "Set BOARD to true in the apps front and people.")
    principal = visitor_of(request, site.settings)
    if not isinstance(principal, Principal):
        return refusal(
            site, request, 401, "No member of this organization is signed in.", "Sign in and open the page again."
        )
    role = ACTOR if request.method == "POST" else READER
    if principal.roles.isdisjoint({role, ACTOR} if settings.takes_actions else {role}):
        return refusal(site, request, 403, NO_ROLE, ASK.format(role=role), who=principal)
    try:
        if request.method == "POST":
            return await answer_form(request, site, principal, services=services)
        return await answer(request, site, principal, services=services)
    except TransientError as error:
        return refusal(site, request, 503, str(error), "Try again in a minute.", who=principal)
    except Rejected as error:
        status = 503 if isinstance(error, ConfigurationError) else 400
        return refusal(site, request, status, error.reason, error.remedy, who=principal)


async def answer_form(request: Request, site: Site, principal: Principal, *, services: Services) -> Response:
    """Answer a form of a holder of the role Enrollment.Act."""
    if not may_act(principal, services=services):
        external = "People who sign in at another organization can only read the board."
        reason = external if principal.external else NOTHING_TO_DO
        return refusal(site, request, 403, reason, "Ask an identity admin.", who=principal)
    return await take_action(request, principal, services=services)


async def answer(request: Request, site: Site, principal: Principal, *, services: Services) -> Response:
    """Answer a reader of the board."""
    selection = read_selection(request)
    tenant_id = services.tenant_id
    rows = BoardRows(services.storage, tenant_id=tenant_id)
    summary = await rows.summary()
    if summary is None:
        text = "The board has not been made yet. A timer makes it."
        return refusal(site, request, 503, text, "Try again in a quarter of an hour.", who=principal)
    asked = read_asked(request, now=services.now())
    names = load_name_keys()
    board = Board(request, site, principal, rows, services, summary, selection, asked, names)
    if request.query.get("person"):
        values = await person_values(services.ledger, request.query["person"], names=names)
        return board_page(board, "person", values)
    if request.query.get("format") == "csv":
        return await people_file(board)
    return await people_page(board) if not selection.empty else await summary_page(board)


async def summary_page(board: Board) -> Response:
    """Return the first page: cohorts, funnel, registrations, who is left out, and whether the sweep is stopped."""
    summary = board.summary
    values = {
        "stopped": await brake_panel(board.services),
        "forecasts": await forecast_panels(board.services),
        "cohorts": cohorts_of(summary.counts),
        "bars": bars_of(summary),
        "stages": stages_of_funnel(summary),
        "reasons": summary.reasons,
        "sources": sorted({count.source for count in summary.counts}),
        "departments": summary.departments,
    }
    return board_page(board, "summary", values)


async def people_page(board: Board) -> Response:
    """Return a page with a list of people."""
    most = ON_A_PAGE if board.selection.department is None else OF_A_DEPARTMENT
    people, following = await matching_people(board, most=most)
    values = {
        "people": [(entry, board.names.open(entry.sealed_name) if board.names else None) for entry in people],
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
        reason = f"The selection has more than {MOST_IN_A_FILE} people, which is more than one file holds."
        raise Rejected(reason, remedy="Select a cohort or a state first.")
    return csv_response(people, name=f"enrollment-{board.summary.at:%Y-%m-%d}", names=board.names)


async def matching_people(board: Board, *, most: int) -> tuple[list[BoardEntry], str | None]:
    """Return people of the selection, at least `most` if there are so many, and where the next page begins."""
    if board.selection.department is not None:
        return await people_of_department(board, board.selection.department, most=most)
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


async def people_of_department(board: Board, department: str, *, most: int) -> tuple[list[BoardEntry], str | None]:
    """Return the same for a selection with a department; only the rows that hold any of its people are read."""
    selection, found = board.selection, list[BoardEntry]()
    lists = {list_key(week, state) for week, state in selection.cells(board.summary)}
    keys = sorted(
        key
        for key in await board.rows.lists_of(department)
        if key >= (selection.begin or "") and key.startswith(tuple(lists))
    )
    for start in range(0, len(keys), ROWS_AT_ONCE):
        if len(found) >= most:
            return found, keys[start]
        people = await board.rows.people_in(keys[start : start + ROWS_AT_ONCE])
        found += [entry for entry in people if selection.admits(entry, board.summary)]
    return found, None


def english_site(settings: PageSettings) -> Site:
    """Return the site in English: the board speaks no other language yet."""
    return Site(settings, load_brand(settings), load_language("en"), None)


def board_page(board: Board, name: str, values: Mapping[str, object]) -> Response:
    """Render one of the board's pages."""
    shared = {
        **common_values(own_host(board.request), path=HERE),
        "who": who_is(board.principal),
        "selection": board.selection,
        "acting": board.may_act,
        "named": board.names is not None,
        "asked": board.asked,
        "me": board.principal.object_id,
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
