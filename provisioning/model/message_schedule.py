"""Which messages a person's row wants, and when: computed from the ledger alone, each time anew. Pure.

What is planned is decided again when its time has come, by the same rules: a person who registered, was called off or
whose first day moved gets nothing that was planned for the person they were.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from provisioning.model.deadline import DeadlineRules, deadline_of
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.newcomer_messages import SETTLED, Audience, Mark, MessageKind, MessageState, OutboxMessage

REGISTERED = frozenset({EnrollmentState.REGISTERED, EnrollmentState.DONE})
TO_INVITED = frozenset(
    {
        MessageKind.INVITATION,
        MessageKind.REMINDER,
        MessageKind.LAST_REMINDER,
        MessageKind.PASS_READY,
        MessageKind.ESCALATION,
    }
)
# What cannot wait for the newcomer's morning, since it is for people who are at work.
AUDIENCES = {
    MessageKind.PASS_READY: Audience.MANAGER,
    MessageKind.UNEXPECTED_REGISTRATION: Audience.HELPDESK,
}
REGISTERED_ALREADY = "The person has registered."
NOT_COMING = "The person is not coming."
KEPT_OUT = "The person is no longer invited."
RENEWED = "The person was invited again, or the invitation was taken back."
FORGOTTEN = "The ledger no longer knows the person."
SWITCHED_OFF = "Messages of this kind are switched off."
EXPECTED = "The registration is no longer unexpected."
NOT_REGISTERED = "The person is no longer registered."
MOVED = "The day that the message was for has been postponed."
TOO_LATE = "A later message is due already."
STALE = timedelta(days=14)  # after its day nobody is told any more that a person is overdue


@dataclass(frozen=True)
class ScheduleRules:
    """What schedules are made by.

    Args:
        kinds: The kinds of message that are sent at all.
        deadline: What deadlines are computed by.
        reminder_every: How many working days there are between an invitation and its reminders.
        most_reminders: How many of them there are at most, besides the last one.
        helpdesk_after: How many working days after the manager the helpdesk hears of a person who is overdue.
    """

    kinds: Collection[MessageKind]
    deadline: DeadlineRules
    reminder_every: int = 5
    most_reminders: int = 3
    helpdesk_after: int = 2


@dataclass(frozen=True)
class Wanted:
    """A message that a person's row wants.

    Args:
        kind: What it is about.
        occurrence: As its row in the outbox has it.
        audience: Who gets it.
        day: Not before this day in the person's zone; None for as soon as people are at work.
    """

    kind: MessageKind
    occurrence: str
    audience: Audience = Audience.NEWCOMER
    day: date | None = None

    @property
    def mark(self) -> Mark:
        """What it has in common with its rows in the outbox."""
        return self.kind, self.occurrence


@dataclass(frozen=True)
class WakeDecision:
    """What is to become of a planned message.

    Args:
        drop: Why it is not wanted any more, as a sentence; None if it is.
        day: Not before this day in the person's zone.
    """

    drop: str | None = None
    day: date | None = None


def occurrence_of(moment: datetime) -> str:
    """Return what tells one invitation, or one registration, from the next."""
    return f"{moment:%Y%m%dT%H%M%S}"


def schedule(person: Person, rules: ScheduleRules) -> tuple[Wanted, ...]:
    """Return every message that a person's row wants, in the order of their days; those of the past, too."""
    if person.state is EnrollmentState.INVITED and person.invited_at is not None:
        wanted = invited_schedule(person, person.invited_at, rules)
    elif person.state in REGISTERED and person.invited_at is not None:
        wanted = (Wanted(MessageKind.THANK_YOU, occurrence_of(person.invited_at)),)
    elif person.state is EnrollmentState.UNEXPECTED and person.registered_at is not None:
        occurrence = occurrence_of(person.registered_at)
        wanted = (Wanted(MessageKind.UNEXPECTED_REGISTRATION, occurrence, Audience.HELPDESK),)
    else:
        wanted = ()
    return tuple(item for item in wanted if item.kind in rules.kinds)


def invited_schedule(person: Person, invited_at: datetime, rules: ScheduleRules) -> tuple[Wanted, ...]:
    """Return what a person who was invited hears until they register, and who hears of it when they do not."""
    occurrence, days = occurrence_of(invited_at), rules.deadline.days
    deadline = deadline_of(person, rules.deadline)
    last = days.add(deadline, -1) if deadline is not None else None
    invited_on = invited_at.date()
    wanted = [Wanted(MessageKind.INVITATION, occurrence)]
    for number in range(1, rules.most_reminders + 1):
        day = days.add(invited_on, number * rules.reminder_every)
        if last is None or day < last:
            wanted.append(Wanted(MessageKind.REMINDER, f"{occurrence}-{number}", day=day))
    if deadline is not None and last is not None:
        until = f"{occurrence}-{deadline:%Y%m%d}"  # a deadline that moves is another one
        if last > invited_on:
            wanted.append(Wanted(MessageKind.LAST_REMINDER, until, day=last))
        overdue = days.add(deadline, 1)
        wanted.append(Wanted(MessageKind.ESCALATION, f"{until}-1", Audience.MANAGER, overdue))
        later = days.add(overdue, rules.helpdesk_after)
        wanted.append(Wanted(MessageKind.ESCALATION, f"{until}-2", Audience.HELPDESK, later))
    return tuple(wanted)


def decide_again(message: OutboxMessage, person: Person | None, rules: ScheduleRules, *, today: date) -> WakeDecision:
    """Decide about a planned message whose time has come.

    Args:
        message: As the outbox has it.
        person: The ledger's row as it is now.
        rules: What schedules are made by.
        today: In the person's zone.
    """
    why_not = unwanted(message, person, rules)
    if why_not is not None or person is None:
        return WakeDecision(drop=why_not or FORGOTTEN)
    if message.kind is MessageKind.PASS_READY:
        return WakeDecision()
    wanted = schedule(person, rules)
    found = next((item for item in wanted if item.mark == message.mark), None)
    if found is None:
        return WakeDecision(drop=MOVED)
    if found.day is not None and overtaken(found, wanted, today=today):
        return WakeDecision(drop=TOO_LATE)
    return WakeDecision(day=found.day)


def unwanted(message: OutboxMessage, person: Person | None, rules: ScheduleRules) -> str | None:
    """Return why a message is not wanted any more, as far as the person's state tells; None if it may be."""
    if message.kind not in rules.kinds:
        return SWITCHED_OFF
    if person is None:
        return FORGOTTEN
    if message.kind is MessageKind.THANK_YOU:
        return None if person.state in REGISTERED else NOT_REGISTERED
    if message.kind is MessageKind.UNEXPECTED_REGISTRATION:
        return None if person.state is EnrollmentState.UNEXPECTED else EXPECTED
    if person.state is EnrollmentState.INVITED and person.invited_at is not None:
        same = message.kind is MessageKind.PASS_READY or message.occurrence.startswith(occurrence_of(person.invited_at))
        return None if same else RENEWED
    if person.state in REGISTERED:
        return REGISTERED_ALREADY
    return NOT_COMING if person.state is EnrollmentState.LEFT else KEPT_OUT


def overtaken(item: Wanted, wanted: Collection[Wanted], *, today: date) -> bool:
    """Return whether a later message is due as well, so that this one would come too late and too often."""
    if item.day is None:
        return False
    if item.kind is MessageKind.ESCALATION:
        return today - item.day > STALE
    return any(other.day is not None and item.day < other.day <= today for other in wanted)


def next_wanted(
    person: Person, known: Mapping[Mark, MessageState], rules: ScheduleRules, *, today: date
) -> list[Wanted]:
    """Return what is to be planned now: what can go at once, and the first message ahead unless one is planned already.

    What the past has missed is not made up for, or a person would hear twice on one day; only who is overdue is told.

    Args:
        person: The ledger's row.
        known: What became of the messages that the outbox has of the person.
        rules: What schedules are made by.
        today: The day in any zone; a day more or less is decided when the message's time has come.
    """
    wanted = schedule(person, rules)
    left = [item for item in wanted if item.mark not in known]
    at_once = [item for item in left if item.day is None]
    if any(item.day is not None and known.get(item.mark, MessageState.DROPPED) not in SETTLED for item in wanted):
        return at_once
    ahead = [item for item in left if item.day is not None and lies_ahead(item, item.day, today=today)]
    return at_once + ahead[:1]


def lies_ahead(item: Wanted, day: date, *, today: date) -> bool:
    """Return whether a message may still be planned for its day."""
    if item.kind is MessageKind.ESCALATION:
        return today - day <= STALE
    return day > today
