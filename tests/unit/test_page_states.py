"""What the page says, from what is known: one state for each situation, and nothing that is not known."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from landing.assets import STATIC
from landing.page import STATUS, state_page
from landing.rendering import environment
from landing.settings import PageSettings
from landing.states import FRESH, LASTING, PATIENCE, PageState, Visit, decide
from landing.visits import RequestedChecks, read_visit, visit_number
from provisioning.http import Request
from provisioning.model.ledger import EnrollmentState
from tests.gallery import CASES, KNOWN, NOW, PHONE, PHONE_ENDS, READY, ROW, VISIT, site_in
from tests.support import TENANT_ID

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("state", PageState)
def test_every_state_follows_from_something(state: PageState) -> None:
    known, visit = CASES[state]
    assert decide(known, visit) is state


def test_every_state_has_a_template_and_no_template_is_left_over() -> None:
    names = {name for name in environment().list_templates() if name.startswith("states/")}
    assert names == {f"states/{state}.html" for state in PageState}


def test_coming_back_from_registering_never_says_not_done_yet() -> None:
    """A newcomer registers at Microsoft, comes back, and the ledger still holds the check of before."""
    before = replace(ROW, checked_at=NOW - timedelta(seconds=1))
    assert decide(replace(KNOWN, person=before), VISIT) is PageState.CHECKING
    assert decide(replace(KNOWN, person=replace(ROW, checked_at=NOW)), VISIT) is PageState.MISSING


@pytest.mark.parametrize("person", [None, ROW, replace(PHONE, checked_at=NOW - MINUTE)])
def test_a_check_that_does_not_come_ends_in_advice_not_in_endless_waiting(person: object) -> None:
    row = replace(person, checked_at=NOW - MINUTE) if person is not None else None  # type: ignore[type-var]
    known = replace(KNOWN, person=row)  # type: ignore[arg-type]
    just = Visit(began=NOW - PATIENCE + timedelta(milliseconds=1), now=NOW)
    assert decide(known, just) is PageState.CHECKING
    assert decide(known, Visit(began=NOW - PATIENCE, now=NOW)) is PageState.SLOW


def test_good_news_of_a_moment_ago_needs_no_second_look() -> None:
    fresh = replace(READY, checked_at=NOW - FRESH + timedelta(seconds=1))
    assert decide(replace(KNOWN, person=fresh), VISIT) is PageState.READY
    stale = replace(READY, checked_at=NOW - FRESH)
    assert decide(replace(KNOWN, person=stale), VISIT) is PageState.CHECKING


@pytest.mark.parametrize("row", [PHONE, replace(READY, unexpected="Registered before the invitation.")])
def test_other_news_is_looked_at_again_at_every_visit(row: object) -> None:
    """A person adds a passkey to a phone number within the minute: the old word must not come back."""
    known = replace(KNOWN, person=replace(row, checked_at=NOW - timedelta(seconds=5)))  # type: ignore[type-var, arg-type]
    assert decide(known, VISIT) is PageState.CHECKING


def test_a_phone_number_ends_on_the_day_and_not_before() -> None:
    """concept-sms-voice-retirement, 2026-07-29: from 1 February 2027, unless there is a provider of one's own."""
    known = replace(KNOWN, person=PHONE)
    assert decide(replace(known, today=PHONE_ENDS - timedelta(days=1)), VISIT) is PageState.READY_PHONE
    assert decide(replace(known, today=PHONE_ENDS), VISIT) is PageState.PHONE_ENDED
    assert decide(replace(known, phone_ends=None, today=date(2028, 1, 1)), VISIT) is PageState.READY
    both = replace(PHONE, methods=("fido2", "phone"))
    assert decide(replace(known, person=both, today=PHONE_ENDS), VISIT) is PageState.READY


def test_no_word_of_a_pass_where_none_is_known() -> None:
    """A pilot's password sign-in, with the policy in report-only: the person never had a pass."""
    assert decide(KNOWN, VISIT) is PageState.MISSING
    ended = replace(ROW, pass_ends=NOW)
    assert decide(replace(KNOWN, person=ended), VISIT) is PageState.MISSING


def test_an_unexpected_registration_is_never_ready() -> None:
    """The page once told an attacker who registered in a newcomer's place "You are ready"."""
    for row in (READY, PHONE, replace(READY, state=EnrollmentState.LEFT)):
        known = replace(KNOWN, person=replace(row, unexpected="Registered before the invitation."))
        assert decide(known, VISIT) is PageState.UNEXPECTED


def test_who_left_or_was_never_invited_gets_no_invitation_by_this_page() -> None:
    for row in (
        replace(ROW, state=EnrollmentState.LEFT),
        replace(ROW, state=EnrollmentState.PARKED, invited_at=None),
        replace(ROW, state=EnrollmentState.PENDING, invited_at=None),
    ):
        assert decide(replace(KNOWN, person=row), VISIT) is PageState.NOT_INVITED


def test_an_external_person_is_told_so_before_anything_is_looked_up() -> None:
    known, _ = CASES[PageState.EXTERNAL]
    assert decide(replace(known, reached=False, person=None), VISIT) is PageState.EXTERNAL


def test_only_who_is_not_ours_gets_an_error_status() -> None:
    assert STATUS == {PageState.SIGNED_OUT: 401, PageState.WRONG_TENANT: 403}
    assert set(STATUS) <= LASTING


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("", 0),
        ("x", 0),
        ("-1", 0),
        ("1e9", 0),
        ("٣", 0),
        ("9" * 30, 0),
        ("0", 0),
        (str(int((NOW + MINUTE).timestamp() * 1000)), 0),
        (str(int((NOW - timedelta(hours=2)).timestamp() * 1000)), 0),
        (str(int((NOW - MINUTE).timestamp() * 1000)), 60),
    ],
)
def test_a_visit_is_what_the_address_says_if_that_can_be(text: str, age: float) -> None:
    visit = read_visit(Request(query={"visit": text}), now=NOW)
    assert visit == Visit(began=NOW - timedelta(seconds=age), now=NOW)


def test_a_visit_comes_back_as_it_went_or_later_by_less_than_a_millisecond() -> None:
    began = NOW + timedelta(microseconds=1)
    number = visit_number(Visit(began=began, now=began))
    again = read_visit(Request(query={"visit": str(number)}), now=NOW + MINUTE)
    assert timedelta(0) <= again.began - began < timedelta(milliseconds=1)


def test_a_check_under_way_is_not_asked_for_again_for_thirty_seconds() -> None:
    """Thirty reloads once made 127 requests to Graph and ten put-offs."""
    checks = RequestedChecks()
    checks.note("a", now=NOW)
    for seconds, under_way in ((0, True), (29, True), (30, False)):
        assert checks.is_under_way("a", person=None, now=NOW + timedelta(seconds=seconds)) is under_way
    assert not checks.is_under_way("b", person=None, now=NOW)
    made = replace(ROW, checked_at=NOW + timedelta(seconds=1))
    assert not checks.is_under_way("a", person=made, now=NOW + timedelta(seconds=2)), "it is not under way any more"


def test_the_memory_of_checks_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landing.visits.MOST_REMEMBERED", 3)
    checks = RequestedChecks()
    for name in "abcd":
        checks.note(name, now=NOW)
    assert list(checks.asked) == ["b", "c", "d"]


@pytest.mark.pitfall("I10")
def test_the_script_sends_nobody_anywhere() -> None:
    """Azure/static-web-apps#1228: endless sign-ins, where a page that a sign-in leads to asks for another one."""
    script = (STATIC / "page.js").read_text(encoding="utf-8")
    for word in ("location", "/.auth/", "http-equiv", "eval", "innerHTML"):
        assert word not in script


def test_a_method_that_this_version_does_not_know_does_not_count_and_is_shown() -> None:
    """Nobody is called ready by it, and nobody is told that there is nothing."""
    known = replace(KNOWN, person=replace(ROW, unknown_methods=("newKind",)))
    assert decide(known, VISIT) is PageState.MISSING
    site = site_in("en", settings=PageSettings())
    page = state_page(PageState.MISSING, Request(), site, known, VISIT, tenant_id=UUID(TENANT_ID)).body.decode()
    assert "What we found at our last check" in page
    assert "<span>Another method</span>" in page
