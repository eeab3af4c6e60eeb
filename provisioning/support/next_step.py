"""The next step for a person, and who can take it. The first rule that applies decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import Who
from provisioning.model.ledger import EnrollmentState
from provisioning.model.person_status import PersonStatus, PolicyEffect
from provisioning.people.methods import ASK_THEM
from provisioning.settings import PHONE_ENDS


@dataclass(frozen=True)
class NextStep:
    """What happens next.

    Args:
        who: Who can do it.
        what: A sentence.
        at: When, where the product does it by itself at a known time.
    """

    who: Who
    what: str
    at: datetime | None = None


POLICY_STEPS = {
    PolicyEffect.REPORT_ONLY: "Turn the policy on (python -m provisioning enable).",
    PolicyEffect.OFF: "Turn the policy on (python -m provisioning enable).",
    PolicyEffect.MISSING: "Create the policy (python -m provisioning apply), and then turn it on (enable).",
    PolicyEffect.BREAK_GLASS: "Leave an emergency account as it is. If this is not one, correct BREAK_GLASS_USER_IDS "
    "and apply.",
    PolicyEffect.EXCLUDED: (
        "Remove the account from the policy's exclusions, or have the person register in another way."
    ),
    PolicyEffect.NOT_COVERED: "If something changed in the last few minutes, ask again first; otherwise, find out "
    "which group, role, or condition of the policy leaves out this account.",
    PolicyEffect.BLOCKED: "Use Entra's sign-in logs to find the policy that blocks them, and correct it.",
}
SHOWN_EVERYWHERE = timedelta(minutes=15)  # the longest replication reported (msgraph-bicep-types#193)
OPEN_THE_PAGE = "Open the page from My Apps or by its address, sign in, and register a passkey or the Authenticator."


def next_step(facts: PersonStatus) -> NextStep:
    """Return the one step that gets the person on; a registration that may be another's comes first."""
    if facts.person is not None and facts.person.unexpected:
        return admin(ASK_THEM)
    return RULES[facts.state](facts)


def admin(what: str) -> NextStep:
    """Something for the identity admin."""
    return NextStep(Who.IDENTITY_ADMIN, what)


def when_left(facts: PersonStatus) -> NextStep:
    """They are not coming, or not any more."""
    if facts.standing.member is True and facts.person is not None and facts.person.added_by_product:
        return NextStep(Who.PRODUCT, "Take them out of the group as soon as HR's message is processed.")
    if facts.standing.member is True:
        return admin("Take them out of the group if they should not be in it; this product did not add them.")
    return NextStep(Who.NOBODY, "Nothing is left to do; if they come back, a new hire from HR starts over.")


def when_registered(facts: PersonStatus) -> NextStep:
    """They have a second factor."""
    if facts.person is not None and facts.person.phone_only:
        return NextStep(
            Who.PERSON, f"Register a passkey or the Authenticator before calls and texts end on {PHONE_ENDS}."
        )
    return NextStep(Who.NOBODY, "Nothing is left to do.")


def when_parked(facts: PersonStatus) -> NextStep:
    """Return the step when an admin must decide; the row says what."""
    if facts.namesakes:
        return admin("Leave the employee ID on one of these accounts, and ask again with an object ID.")
    _, remedy = facts.parked_because
    known_to_hr = facts.employee_id is not None
    who = Who.IDENTITY_ADMIN if known_to_hr else Who.HR
    unsaid = "Check the account and correct what is wrong with it; the next sweep looks again."
    return NextStep(who, (remedy or "").strip() or unsaid)


def when_pending(facts: PersonStatus) -> NextStep:
    """HR announced them, and Entra has no account."""
    if facts.group_id is None:
        return not_set_up()
    if facts.person is not None:
        return at_next_sweep(facts, "Match them with their account.")
    if facts.hire_record is not None and facts.hire_record.lookup_error is not None:
        return NextStep(Who.PRODUCT, "Look for the account again as soon as Microsoft Graph answers.")
    return admin(
        "Create the account with exactly this employee ID, unless it is on its way; the next sweep finds it by itself."
    )


def when_waiting(facts: PersonStatus) -> NextStep:
    """Return the step while the window is not open, or the sweep has not come by since it opened."""
    if facts.standing.gone:
        return account_is_gone()
    if facts.group_id is None:
        return not_set_up()
    if facts.open:
        return at_next_sweep(facts, "Add them to the group.")
    return NextStep(Who.PRODUCT, "Add them to the group with the first sweep after that time.", at=facts.opens_at)


def when_invited(facts: PersonStatus) -> NextStep:
    """They were added to the group; whatever stands between them and the page comes first."""
    standing = facts.standing
    if standing.gone:
        return account_is_gone()
    if facts.group_id is None:
        return not_set_up()
    if standing.member is False:
        back = (
            "Put them back into the group: they were taken out by hand. If that was intended, ask HR to cancel the "
            "hire."
        )
        invited_at = facts.person.invited_at if facts.person is not None else None
        if invited_at is not None and facts.at - invited_at < SHOWN_EVERYWHERE:
            return admin(
                "Ask again in a few minutes: Entra may not show the addition everywhere yet. If nothing changes: "
                f"{back}"
            )
        return admin(back)
    obstacle = obstacle_of(facts)
    if obstacle is not None and standing.policy is PolicyEffect.BLOCKED:  # which knows the policy
        return obstacle
    if isinstance(standing.policy, PolicyEffect) and standing.policy in POLICY_STEPS:
        return admin(POLICY_STEPS[standing.policy])
    if standing.assigned is False:
        return admin("Assign the group to the application, so that they see its tile (python -m provisioning apply).")
    if obstacle is not None:
        return obstacle
    doubt = "As far as could be checked: " if standing.unasked else ""
    return NextStep(Who.PERSON, doubt + OPEN_THE_PAGE)


def obstacle_of(facts: PersonStatus) -> NextStep | None:
    """Return who can take away what keeps a person from finishing; None where nothing does that is known."""
    finish = facts.standing.finish
    if finish is None or finish.answer in (Answer.CAN, Answer.UNKNOWN):
        return None
    if finish.answer is Answer.WITH_A_PASS and facts.has_live_pass:
        return None
    return NextStep(finish.who, finish.remedy)


def when_matched(facts: PersonStatus) -> NextStep:
    """Return the step when the account was found and has no row of its own yet."""
    return at_next_sweep(facts, "Decide when they are invited.")


def when_unexpected(facts: PersonStatus) -> NextStep:
    """Their second factor may be another person's. `next_step` says the same before it looks at the state."""
    return admin(ASK_THEM)


def when_done(facts: PersonStatus) -> NextStep:
    """They registered long ago."""
    if facts.standing.member is True:
        return admin("Take them out of the group if they should not be in it: this product already did so once.")
    return NextStep(Who.NOBODY, "Nothing is left to do.")


def at_next_sweep(facts: PersonStatus, what: str) -> NextStep:
    """Return what the next sweep does, unless sweeps are stopped."""
    if facts.sweep_stopped:
        return admin(
            "Check who is new in Entra: the last sweep would have changed more people than its limits allow "
            "(SWEEP_MAX_CHANGES, SWEEP_MAX_PERCENT), so it stopped. 'python -m provisioning sweep --show' shows them, "
            "and 'sweep --allow N' lets the next sweep do it once."
        )
    if facts.sweep_failing is not None:
        since = f" since {facts.sweep_failing_since:%Y-%m-%d %H:%M} UTC" if facts.sweep_failing_since else ""
        reason = facts.sweep_failing.rstrip(".")
        return NextStep(
            Who.PRODUCT, f"{what.removesuffix('.')} with the next sweep that succeeds; sweeps fail{since}: {reason}."
        )
    return NextStep(Who.PRODUCT, f"{what.removesuffix('.')} with the next sweep.")


def account_is_gone() -> NextStep:
    """Return the step when the account of a row is gone."""
    return admin("Restore the account if it was deleted by mistake; otherwise, ask HR to cancel the hire.")


def not_set_up() -> NextStep:
    """Before the first apply."""
    return admin("Set up the tenant first (python -m provisioning apply).")


RULES: dict[EnrollmentState, Callable[[PersonStatus], NextStep]] = {
    EnrollmentState.LEFT: when_left,
    EnrollmentState.REGISTERED: when_registered,
    EnrollmentState.PARKED: when_parked,
    EnrollmentState.PENDING: when_pending,
    EnrollmentState.WAITING: when_waiting,
    EnrollmentState.INVITED: when_invited,
    EnrollmentState.MATCHED: when_matched,
    EnrollmentState.UNEXPECTED: when_unexpected,
    EnrollmentState.DONE: when_done,
}
