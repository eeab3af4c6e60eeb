"""What people ask for on the board, decided again here from what is there: front only passes it on.

Front cannot prove who asked: an attacker who takes it over can ask in anybody's name. So a request counts only for what
is there now, nobody acknowledges their own registration, and an hour takes no more than so many. Each is logged with
who asked, whatever became of it.
"""

from dataclasses import replace

from provisioning.log import EventLog
from provisioning.model.board_actions import (
    ACTIONS_PER_HOUR,
    MOST_RELEASED,
    Acknowledgment,
    BrakeRelease,
    registration_digest,
)
from provisioning.model.ledger import Person, employee_key, person_key
from provisioning.model.messages import SeenMessage
from provisioning.model.sweep import brake_of
from provisioning.people.context import PeopleContext
from provisioning.people.methods import acknowledged, look

log = EventLog(__name__)


async def act(message: SeenMessage, *, context: PeopleContext, allowed: bool) -> None:
    """Do what a person asked for on the board, if it still holds.

    Args:
        message: With one action.
        context: What the people role works with.
        allowed: Whether this deployment takes actions of the board.

    Raises:
        NotReady: The same person, or a sweep, is being worked on.
        TransientError: Graph or storage is unwell.
    """
    actor = str(message.object_id)
    if not allowed:
        refusal: str | None = "BOARD_ACTIONS is not set"
    elif message.acknowledge is not None:
        refusal = await acknowledge(message.acknowledge, actor=actor, context=context)
    else:
        refusal = await release(message.release, actor=actor, context=context) if message.release else None
    if refusal is not None:
        object_id = str(message.acknowledge.object_id) if message.acknowledge else None
        log.warning("board_action_refused", actor=actor, object=object_id, reason=refusal)


async def acknowledge(wanted: Acknowledgment, *, actor: str, context: PeopleContext) -> str | None:
    """Write down that a registration is the person's own, if Graph shows the very one that was on the page.

    Returns:
        Why not; None if it was done.
    """
    object_id = str(wanted.object_id)
    if object_id == actor:
        return "nobody acknowledges their own registration"
    known = await context.ledger.person(object_id)
    name = employee_key(known.employee_id) if known is not None and known.employee_id else person_key(object_id)
    async with context.sweep_state.leases.hold(name, holder=f"board of {actor}") as lease:
        context = replace(context, lease=lease)
        known = await context.ledger.person(object_id)
        if known is None or not is_the_one_shown(known, wanted):
            return "the registration is not the one that was shown"
        found = await look(object_id, known=known, context=context)
        if found is None or not is_the_one_shown(found, wanted):
            return "the registration is not the one that was shown any more"
        if not await context.sweep_state.count_action(most=ACTIONS_PER_HOUR):
            return f"{ACTIONS_PER_HOUR} actions were taken within this hour"
        until = found.checked_at or context.now()
        saved = await context.save(acknowledged(found, now=until, by=actor))
    log.info("registration_acknowledged", object=object_id, actor=actor, state=saved.state)
    return None


def is_the_one_shown(person: Person, wanted: Acknowledgment) -> bool:
    """Tell whether a person has the unexpected registration that is meant."""
    return person.unexpected is not None and registration_digest(person) == wanted.registration


async def release(wanted: BrakeRelease, *, actor: str, context: PeopleContext) -> str | None:
    """Let the next sweep change as many people as the last one would have, if that is what was on the page.

    Returns:
        Why not; None if it was done.
    """
    async with context.sweep_state.leases.hold("sweep", holder=f"board of {actor}"):
        brake = brake_of(await context.ledger.last_sweep())
        if brake is None:
            return "no sweep is stopped by its limits"
        if (brake.people, brake.since) != (wanted.people, wanted.since):
            return "the stop of the sweep is not the one that was shown"
        if brake.people > MOST_RELEASED:
            return f"more than {MOST_RELEASED} people are for the command line"
        waiting = await context.sweep_state.released()
        if waiting is not None and waiting.number >= brake.people:
            return "the sweep is released already"
        if not await context.sweep_state.count_action(most=ACTIONS_PER_HOUR):
            return f"{ACTIONS_PER_HOUR} actions were taken within this hour"
        await context.sweep_state.release(brake.people, by=actor)
    log.info("sweep_released", actor=actor, people=brake.people)
    return None
