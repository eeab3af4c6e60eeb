"""Why a person is not done, from facts alone: one paragraph for people, the same as fields for programs.

The paragraph holds ids, dates and sentences of this product: no name, no address, no text that Graph or HR wrote.
"""

from collections.abc import Iterator
from datetime import date, datetime

from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import Who
from provisioning.model.ledger import EnrollmentState
from provisioning.model.person_status import GuardEffect, PersonStatus, PolicyEffect
from provisioning.support.message_words import describe_deadline, describe_messages
from provisioning.support.next_step import next_step

ACTOR_NAMES = {
    Who.HR: "HR",
    Who.IDENTITY_ADMIN: "the identity admin",
    Who.PERSON: "the person",
    Who.PRODUCT: "this product",
    Who.NOBODY: "nobody",
}
STATES = {
    EnrollmentState.PENDING: "is pending: HR announced them, but no account has been found",
    EnrollmentState.WAITING: "is waiting for the day of the invitation",
    EnrollmentState.INVITED: "is invited, but no second factor has been seen yet",
    EnrollmentState.REGISTERED: "is registered: done",
    EnrollmentState.UNEXPECTED: "has a second factor that may belong to another person, and nobody has acknowledged it",
    EnrollmentState.DONE: "registered long ago, is done, and has left the group again",
    EnrollmentState.LEFT: "has left, or is not coming",
    EnrollmentState.PARKED: "is parked: a person must decide",
    EnrollmentState.MATCHED: "is matched with an account that the ledger does not track yet",
}
POLICIES = {
    PolicyEffect.ASKED: "The policy would ask them for MFA there.",
    PolicyEffect.ASKED_BY_OTHERS: "Our policy would not ask them there, but another enabled policy would ask for MFA.",
    PolicyEffect.REPORT_ONLY: "The policy covers them but is report-only: it asks nobody.",
    PolicyEffect.OFF: "The policy is off: it asks nobody.",
    PolicyEffect.BREAK_GLASS: "The policy excludes them as an emergency account, which is never asked.",
    PolicyEffect.EXCLUDED: "The policy excludes this account by its ID.",
    PolicyEffect.NOT_COVERED: "The policy does not cover this account.",
    PolicyEffect.BLOCKED: "An enabled policy blocks their sign-in there.",
    PolicyEffect.MISSING: "This product's policy does not exist.",
    PolicyEffect.GONE: "Entra no longer knows the account.",
}


# MicrosoftDocs/windows-itpro-docs, PR #9976; the sentence is Microsoft's.
WEB_SIGN_IN = (
    "No working pass is known. Until they have one, Windows' web sign-in answers AADSTS130506, 'Access Pass must be "
    "used for Web Sign In'."
)


def explain(facts: PersonStatus) -> str:
    """Return the paragraph: what is known, then the next step."""
    step = next_step(facts)
    sentences = [
        *describe_person(facts),
        *describe_hr_event(facts),
        *window(facts),
        *describe_deadline(facts),
        *describe_messages(facts),
        *standing(facts),
        *methods(facts),
    ]
    when = f" on {moment(step.at)}" if step.at else ""
    return " ".join(" ".join([*sentences, f"Next, {ACTOR_NAMES[step.who]}{when}: {step.what}"]).split())


def moment(value: datetime) -> str:
    """Write a point in time as it stands in a sentence."""
    return f"{value:%Y-%m-%d %H:%M} UTC"


def describe_person(facts: PersonStatus) -> Iterator[str]:
    """Yield the person's id and state, and the reason that the ledger holds."""
    names = [f"object {facts.object_id}"] if facts.object_id else []
    names += [f"employee {facts.employee_id}"] if facts.employee_id else []
    subject = ", ".join(names) or "a person"
    yield f"{subject[0].upper()}{subject[1:]} {describe_state(facts)}."
    if facts.namesakes:
        yield f"Several accounts in the ledger have this employee ID: {', '.join(facts.namesakes)}."
    reason, _ = facts.parked_because
    if facts.state is EnrollmentState.PARKED and reason:
        yield reason


def describe_state(facts: PersonStatus) -> str:
    """Return the state in words; that no account was found is said only where one was looked for."""
    announced = facts.hire_record
    if facts.state is EnrollmentState.PENDING and announced is not None and announced.lookup_error is not None:
        since = announced.lookup_failing_since
        when = f" since {moment(since)}" if since is not None else ""
        reason = announced.lookup_error.rstrip(".")
        return f"is pending: HR announced them, but the account has not been looked up yet: {reason}{when}"
    return STATES[facts.state]


def describe_hr_event(facts: PersonStatus) -> Iterator[str]:
    """Yield the last word of HR."""
    announced = facts.hire_record
    if announced is None:
        yield "HR has announced nobody with this ID."
        return
    kind = str(announced.kind).replace("_", " ")
    yield f"HR last said '{kind}' through {announced.source}, on {moment(announced.occurred_at)}."


def window(facts: PersonStatus) -> Iterator[str]:
    """When the invitation goes out, as long as that is open, and when it went out."""
    first_day = start_date(facts)
    if facts.person is not None and facts.person.invited_at is not None:
        by = "" if facts.person.added_by_product else "; they were in the group before"
        yield f"They were invited on {moment(facts.person.invited_at)}{by}."
        if facts.person.taken_out_at is not None:
            yield f"They were found taken out of the group by hand on {moment(facts.person.taken_out_at)}."
    elif facts.state in (
        EnrollmentState.PENDING,
        EnrollmentState.WAITING,
        EnrollmentState.MATCHED,
        EnrollmentState.PARKED,
    ):
        if facts.opens_at is None:
            yield "No first day is known, so nothing holds the invitation back."
        else:
            tense = "opened" if facts.open else "opens"
            yield f"The first day is {first_day}, so the invitation period {tense} on {moment(facts.opens_at)}."


def start_date(facts: PersonStatus) -> date | None:
    """Return the first day, as HR has it, else as it was read from Entra."""
    announced = facts.hire_record.start_date if facts.hire_record is not None else None
    return announced or (facts.person.start_date if facts.person is not None else None)


def standing(facts: PersonStatus) -> Iterator[str]:
    """Yield the person's standing in the tenant now, and what could not be asked."""
    now = facts.standing
    if facts.group_id is None:
        yield "The tenant has not been set up."
    if isinstance(now.member, bool):
        yield f"They are {'' if now.member else 'not '}in the enrollment group {facts.group_id} now."
    if isinstance(now.assigned, bool):
        yield f"The group is {'' if now.assigned else 'not '}assigned to the application."
    if now.policy is PolicyEffect.NOT_COVERED and now.member is False:
        yield "The policy does not cover people outside the group."
    elif isinstance(now.policy, PolicyEffect):
        yield POLICIES[now.policy]
    yield from guarding(facts)
    yield from finishing(facts)
    told: set[str] = set()
    for part, reason in now.unasked.items():
        yield f"The {part} could not be checked{': ' + reason if reason not in told else ' either.'}"
        told.add(reason)


def guarding(facts: PersonStatus) -> Iterator[str]:
    """Yield whether registering a method in the person's name takes more than a password."""
    guard, asked = facts.standing.registration, facts.standing.policy is PolicyEffect.ASKED
    if guard is GuardEffect.FREE:
        both = "The policy asks them for MFA, and nothing" if asked else "Nothing"
        yield f"{both} guards their registration: anyone who has their password can register a method in their place."
    elif guard is GuardEffect.BLOCKED:
        yield "A policy in force blocks them from registering a method."
    elif guard is GuardEffect.GUARDED:
        yield "A policy in force asks them for more than a password before they register a method."


def finishing(facts: PersonStatus) -> Iterator[str]:
    """Yield whether they can finish, unless a sentence before says the same."""
    finish = facts.standing.finish
    if finish is None or finish.answer is Answer.CAN:
        return
    if finish.answer is Answer.WITH_A_PASS:
        yield f"They can finish with a Temporary Access Pass. {finish.why}"
        if not facts.has_live_pass:
            yield WEB_SIGN_IN
    elif finish.answer is Answer.CANNOT:
        policies = f" (policy {', '.join(finish.policy_ids)})" if finish.policy_ids else ""
        yield f"They cannot finish from a phone at home{policies}. {finish.why}"
    else:
        yield finish.why


def methods(facts: PersonStatus) -> Iterator[str]:
    """Yield the registered methods, as far as they were looked at."""
    person = facts.person
    if person is None:
        return
    if person.checked_at is None:
        yield "Their methods have not been checked yet; that happens when they open the page."
        return
    if person.seen_at is not None and person.registered_at is None:
        yield f"They opened the page on {moment(person.seen_at)}."
    found = ", ".join(person.methods) or "no second factor"
    since = f", the oldest since {moment(person.registered_at)}" if person.methods and person.registered_at else ""
    yield f"Their methods on {moment(person.checked_at)}: {found}{since}."
    if person.unknown_methods:
        unknown = ", ".join(person.unknown_methods)
        yield f"They have methods of a kind that this version does not know, which do not count: {unknown}."
    if person.unexpected:
        yield f"Unexpected registration: {person.unexpected}"
