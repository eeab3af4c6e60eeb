"""The paragraph, whatever the facts: never empty, one paragraph, always with a next step and somebody to take it."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from provisioning.model.hires import Kind
from provisioning.model.person_status import Facts, Outcome, Standing, Unasked
from provisioning.store.ledger import Announcement, Person, State
from provisioning.support.explanation import OFFICES, POLICIES, STATES, as_json, explain
from provisioning.support.next_step import RULES, Who, next_step

IDS = st.uuids().map(str)
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.none() | st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
SENTENCES = st.none() | st.text(max_size=40)
PEOPLE = st.builds(
    Person,
    object_id=IDS,
    state=st.sampled_from([state for state in State if state is not State.MATCHED]),
    employee_id=st.none() | st.just("1187"),
    start_date=DAYS,
    added_by_us=st.booleans(),
    invited_at=st.none() | MOMENTS,
    registered_at=st.none() | MOMENTS,
    seen_at=st.none() | MOMENTS,
    checked_at=st.none() | MOMENTS,
    methods=st.sampled_from([(), ("phone",), ("fido2", "phone")]),
    reason=SENTENCES,
    remedy=SENTENCES,
)
ANNOUNCEMENTS = st.builds(
    Announcement,
    employee_id=st.just("1187"),
    source=st.just("bamboohr"),
    event_id=st.just("e-1"),
    kind=st.sampled_from(Kind),
    start_date=DAYS,
    occurred_at=MOMENTS,
    state=st.sampled_from([State.PENDING, State.MATCHED, State.PARKED, State.LEFT]),
    object_id=st.none() | IDS,
    reason=SENTENCES,
    remedy=SENTENCES,
)
PARTS = st.none() | st.booleans() | st.just(Unasked("Microsoft Graph answered 403."))
FACTS = st.builds(
    Facts,
    at=MOMENTS,
    person=st.none() | PEOPLE,
    announcement=st.none() | ANNOUNCEMENTS,
    namesakes=st.just(()) | st.lists(IDS, min_size=2, max_size=3).map(tuple),
    opens_at=st.none() | MOMENTS,
    group_id=st.none() | IDS,
    standing=st.builds(Standing, member=PARTS, assigned=PARTS, policy=st.none() | st.sampled_from(Outcome)),
    sweep_stopped=st.booleans(),
)


@given(FACTS)
def test_whatever_is_known_makes_one_paragraph_that_ends_with_the_next_step(facts: Facts) -> None:
    paragraph, step = explain(facts), next_step(facts)
    assert len(paragraph) > 40
    assert paragraph.splitlines() == [paragraph]
    assert f"Next, {OFFICES[step.who]}" in paragraph
    assert step.what.strip()
    assert paragraph.endswith(" ".join(step.what.split()))


@given(FACTS)
def test_a_program_is_told_the_same(facts: Facts) -> None:
    content = as_json(facts)
    step = next_step(facts)
    assert (content["state"], content["why"]) == (str(facts.state), explain(facts))
    assert content["next"] == {"who": step.who, "what": step.what, "at": step.at.isoformat() if step.at else None}


@given(FACTS)
def test_what_hr_ended_is_over_and_who_is_registered_is_done_else(facts: Facts) -> None:
    if facts.announcement is not None and facts.announcement.kind.ends:
        assert facts.state in (State.LEFT, State.PARKED)
    elif facts.person is not None and facts.person.state is State.REGISTERED:
        assert facts.state is State.REGISTERED
    elif facts.person is None and facts.namesakes:
        assert facts.state is State.PARKED


@given(FACTS)
def test_nobody_is_sent_to_the_page_while_something_stands_before_it(facts: Facts) -> None:
    stuck = facts.group_id is None or facts.standing.member is False or facts.standing.policy is Outcome.OFF
    if facts.state is State.INVITED and stuck:
        assert next_step(facts).who is Who.IDENTITY_ADMIN


@given(FACTS)
def test_a_time_is_given_only_for_what_the_product_does_and_lies_ahead(facts: Facts) -> None:
    step = next_step(facts)
    if step.at is not None:
        assert step.who is Who.PRODUCT
        assert step.at > facts.at


def test_every_state_outcome_and_office_has_its_words() -> None:
    assert set(RULES) == set(STATES) == set(State)
    assert set(POLICIES) == set(Outcome)
    assert set(OFFICES) == set(Who)
