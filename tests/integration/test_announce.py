"""What several events about one person come to, whatever their order."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from provisioning.model.hires import HireEvent, HireEventType
from provisioning.model.ledger import HireRecord
from provisioning.people.merge_events import REMEMBERED, merge

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = date(2026, 12, 1)


def event(
    kind: HireEventType = HireEventType.HIRE, *, minute: int = 0, start: date | None = None, unverified: bool = False
) -> HireEvent:
    """One event of one person."""
    at = NOON + timedelta(minutes=minute)
    return HireEvent(
        "bamboohr", f"{kind}:{minute}:{start}:{unverified}", kind, "1187", start, at, unverified=unverified
    )


def merged(*events: HireEvent) -> HireRecord:
    """What they come to, in this order."""
    known = None
    for one in events:
        known = merge(known, one)
    assert known is not None
    return known


events = st.builds(
    event,
    st.sampled_from(HireEventType),
    minute=st.integers(0, 5),
    start=st.none() | st.dates(DAY, DAY + timedelta(days=2)),
    unverified=st.booleans(),
)


@given(st.lists(events, min_size=1, max_size=REMEMBERED // 2), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(told: list[HireEvent], random: object) -> None:
    shuffled = told * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merged(*shuffled) == merged(*told)


def test_a_created_event_and_the_updated_one_after_it_keep_the_first_day() -> None:
    """BambooHR sends both, and the second one may say less."""
    assert merged(event(start=DAY), event(HireEventType.START_DATE_CHANGED, minute=1)).start_date == DAY


def test_the_newest_first_day_counts_even_if_it_comes_first() -> None:
    moved = event(HireEventType.START_DATE_CHANGED, minute=1, start=DAY + timedelta(days=9))
    assert merged(moved, event(start=DAY)).start_date == DAY + timedelta(days=9)


def test_a_first_day_from_before_the_end_does_not_hold_after_a_rehire() -> None:
    rehired = merged(
        event(start=DAY), event(HireEventType.TERMINATED, minute=1), event(HireEventType.REHIRED, minute=2)
    )
    assert (rehired.kind, rehired.start_date) == (HireEventType.REHIRED, None)


def test_a_hint_moves_nobodys_first_day() -> None:
    assert merged(event(start=DAY), event(minute=1, start=date(2020, 1, 1), unverified=True)).start_date == DAY


def test_an_event_that_comes_again_is_the_same_object() -> None:
    """A retry that is stamped with the time of receipt must not overrule the cancellation between."""
    hired, cancelled = event(), event(HireEventType.CANCELLED, minute=1)
    again = HireEvent(hired.source, hired.event_id, hired.kind, "1187", None, NOON + timedelta(hours=1))
    known = merged(hired, cancelled)
    assert merge(known, again) is known
