"""The paragraph, whatever the facts: never empty, one paragraph, always with a next step and a person to take it."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from provisioning.model.finish_reasons import Who
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.model.person_status import PersonInEntra, PersonStatus, PolicyEffect, Unavailable
from provisioning.support.explanation import ACTOR_NAMES, POLICIES, STATES, explain
from provisioning.support.explanation_json import as_json
from provisioning.support.next_step import RULES, next_step

IDS = st.uuids().map(str)
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.none() | st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
SENTENCES = st.none() | st.text(max_size=40)
PEOPLE = st.builds(
    Person,
    object_id=IDS,
    state=st.sampled_from([state for state in EnrollmentState if state is not EnrollmentState.MATCHED]),
    employee_id=st.none() | st.just("1187"),
    start_date=DAYS,
    added_by_product=st.booleans(),
    invited_at=st.none() | MOMENTS,
    registered_at=st.none() | MOMENTS,
    seen_at=st.none() | MOMENTS,
    checked_at=st.none() | MOMENTS,
    methods=st.sampled_from([(), ("phone",), ("fido2", "phone")]),
    reason=SENTENCES,
    remedy=SENTENCES,
)
HIRE_RECORDS = st.builds(
    HireRecord,
    employee_id=st.just("1187"),
    source=st.just("bamboohr"),
    event_id=st.just("e-1"),
    kind=st.sampled_from(HireEventType),
    start_date=DAYS,
    occurred_at=MOMENTS,
    state=st.sampled_from(
        [EnrollmentState.PENDING, EnrollmentState.MATCHED, EnrollmentState.PARKED, EnrollmentState.LEFT]
    ),
    object_id=st.none() | IDS,
    reason=SENTENCES,
    remedy=SENTENCES,
)
PARTS = st.none() | st.booleans() | st.just(Unavailable("Microsoft Graph answered 403."))
FACTS = st.builds(
    PersonStatus,
    at=MOMENTS,
    person=st.none() | PEOPLE,
    hire_record=st.none() | HIRE_RECORDS,
    namesakes=st.just(()) | st.lists(IDS, min_size=2, max_size=3).map(tuple),
    opens_at=st.none() | MOMENTS,
    group_id=st.none() | IDS,
    standing=st.builds(PersonInEntra, member=PARTS, assigned=PARTS, policy=st.none() | st.sampled_from(PolicyEffect)),
    sweep_stopped=st.booleans(),
)


@given(FACTS)
def test_whatever_is_known_makes_one_paragraph_that_ends_with_the_next_step(facts: PersonStatus) -> None:
    paragraph, step = explain(facts), next_step(facts)
    assert len(paragraph) > 40
    assert paragraph.splitlines() == [paragraph]
    assert f"Next, {ACTOR_NAMES[step.who]}" in paragraph
    assert step.what.strip()
    assert paragraph.endswith(" ".join(step.what.split()))


@given(FACTS)
def test_a_program_is_told_the_same(facts: PersonStatus) -> None:
    content = as_json(facts)
    step = next_step(facts)
    assert (content["state"], content["why"]) == (str(facts.state), explain(facts))
    assert content["next"] == {"who": step.who, "what": step.what, "at": step.at.isoformat() if step.at else None}


@given(FACTS)
def test_what_hr_ended_is_over_and_who_is_registered_is_done_else(facts: PersonStatus) -> None:
    if facts.hire_record is not None and facts.hire_record.kind.ends:
        assert facts.state in (EnrollmentState.LEFT, EnrollmentState.PARKED)
    elif facts.person is not None and facts.person.state is EnrollmentState.REGISTERED:
        assert facts.state is EnrollmentState.REGISTERED
    elif facts.person is None and facts.namesakes:
        assert facts.state is EnrollmentState.PARKED


@given(FACTS)
def test_nobody_is_sent_to_the_page_while_something_stands_before_it(facts: PersonStatus) -> None:
    stuck = facts.group_id is None or facts.standing.member is False or facts.standing.policy is PolicyEffect.OFF
    if facts.state is EnrollmentState.INVITED and stuck:
        assert next_step(facts).who is Who.IDENTITY_ADMIN


@given(FACTS)
def test_a_time_is_given_only_for_what_the_product_does_and_lies_ahead(facts: PersonStatus) -> None:
    step = next_step(facts)
    if step.at is not None:
        assert step.who is Who.PRODUCT
        assert step.at > facts.at


def test_every_state_outcome_and_office_has_its_words() -> None:
    assert set(RULES) == set(STATES) == set(EnrollmentState)
    assert set(POLICIES) == set(PolicyEffect)
    assert set(ACTOR_NAMES) == set(Who)
