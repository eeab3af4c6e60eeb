"""Why a person stands where they stand, as JSON for programs."""

from datetime import date

from provisioning.model.finish import Finish
from provisioning.model.ledger import EnrollmentState
from provisioning.model.person_status import GuardEffect, PersonStatus, PolicyEffect, Unavailable
from provisioning.support.explanation import explain, start_date
from provisioning.support.message_words import message_as_json
from provisioning.support.next_step import next_step


def as_json(facts: PersonStatus) -> dict[str, object]:
    """Return the answer for a program: the same, field by field; null is what is not known."""
    step, person, announced, now = next_step(facts), facts.person, facts.hire_record, facts.standing
    reason, remedy = facts.parked_because if facts.state is EnrollmentState.PARKED else (None, None)
    return {
        "objectId": facts.object_id,
        "employeeId": facts.employee_id,
        "state": str(facts.state),
        "why": explain(facts),
        "next": {"who": str(step.who), "what": step.what, "at": written(step.at)},
        "reason": reason,
        "remedy": remedy,
        "hr": None
        if announced is None
        else {
            "kind": str(announced.kind),
            "source": announced.source,
            "eventId": announced.event_id,
            "at": written(announced.occurred_at),
        },
        "window": {"startDate": written(start_date(facts)), "opensAt": written(facts.opens_at), "open": facts.open},
        "deadline": {"day": written(facts.deadline), "timeliness": str(facts.timeliness)},
        "messages": [message_as_json(message) for message in facts.messages],
        "group": {"id": facts.group_id, "member": describe_asking(now.member)},
        "assigned": describe_asking(now.assigned),
        "policy": describe_asking(now.policy),
        "registration": describe_asking(now.registration),
        "finish": describe_finish(now.finish),
        "unexpected": person.unexpected if person is not None else None,
        "methods": list(person.methods) if person is not None and person.checked_at is not None else None,
        "unknownMethods": list(person.unknown_methods) if person is not None else [],
        **{
            name: written(getattr(person, field, None))
            for name, field in (
                ("checkedAt", "checked_at"),
                ("invitedAt", "invited_at"),
                ("takenOutAt", "taken_out_at"),
                ("seenAt", "seen_at"),
                ("registeredAt", "registered_at"),
            )
        },
        "accounts": list(facts.namesakes),
        "notAsked": now.unasked,
        "askedAt": written(facts.at),
    }


def describe_finish(finish: Finish | None) -> dict[str, object] | None:
    """Return whether they can finish, for a program."""
    return None if finish is None else finish.as_json()


def describe_asking(part: bool | PolicyEffect | GuardEffect | Unavailable | None) -> bool | str | None:
    """Return the part that was found; None if it was not asked for."""
    return None if part is None or isinstance(part, Unavailable) else part


def written(value: date | None) -> str | None:
    """Write a day or a point in time for a program."""
    return value.isoformat() if value is not None else None
