"""No pass stands anywhere in clear: not in a table, a queue, a log line or what front answers, whatever goes wrong."""

import base64
import json
import logging
import os
from typing import Any

import pytest

from provisioning.log import quiet
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.store.storage import QUEUES, TABLES
from tests.integration.conftest import World
from tests.integration.handover import BROWSER_KEY, Handover, claim_for, set_manager

KNOWN = int(os.environ.get("KNOWN_PASSES", "50"))  # how many are made and looked for
SPOILED = KNOWN // 10  # whose box nobody could be given: storage fails once they are made
HANDED_OVER = KNOWN - SPOILED  # one after the other, each read by its manager


@pytest.fixture(autouse=True)
def passes_are_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    request.getfixturevalue("ready")
    monkeypatch.setenv("PASSES", "true")
    monkeypatch.setenv("PASSES_PER_HOUR", "1000")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


async def everything_stored(world: World) -> str:
    """Every row of every table and every message of every queue, as text."""
    storage, found = world.services.storage, []
    for name in TABLES:
        async for row in storage.table(name).list_entities():
            found.append(json.dumps(dict(row), default=str))
    for name in (*QUEUES, *(f"{name}-poison" for name in QUEUES)):
        for message in await storage.queue(name).peek_messages(max_messages=32):
            found.append(str(message.content))
    return "\n".join(found)


def hidden_in(text: str, code: str) -> bool:
    """Whether a pass can be read in a text, as it is or as Base64 that begins anywhere."""
    shifted = [base64.b64encode(b"\0" * shift + code.encode()).decode()[4 if shift else 0 : -4] for shift in range(3)]
    return code in text or any(part in text for part in shifted if len(part) > 6)


async def test_known_passes_stand_nowhere(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    quiet()  # as the product runs: what other packages say below a warning goes nowhere
    ready.tenant.settings = ready.tenant.settings.changed({"tapLength": 16})  # no code is a part of an id by chance
    manager_id = await ready.add_user()
    people = [await ready.add_user(employeeId=str(number)) for number in range(HANDED_OVER + SPOILED)]
    for number, person_id in enumerate(people):
        await ready.people.save(Person(person_id, EnrollmentState.INVITED, employee_id=str(number)))
    answers: list[str] = []
    codes: list[str] = []
    for number, person_id in enumerate(people):
        await set_manager(ready, person_id, manager_id)
        handover = Handover(ready, person_id, manager_id, await claim_for(ready, person_id, manager_id=manager_id))
        if number < HANDED_OVER:
            codes.append(await read_pass(handover, answers))
        else:
            codes.append(await spoil_pass(handover))
    assert len(set(codes)) == HANDED_OVER + SPOILED
    assert codes == [ready.tenant.passes[person_id]["temporaryAccessPass"] for person_id in people]
    lines = "\n".join(record.getMessage() + str(record.exc_info or "") for record in caplog.records)
    places = {"storage": await everything_stored(ready), "logs": lines, "answers": "\n".join(answers)}
    assert all(len(text) > 10_000 for text in places.values()), "there must be something to look through"
    assert [(name, code) for name, text in places.items() for code in codes if hidden_in(text, code)] == []


async def read_pass(handover: Handover, answers: list[str]) -> str:
    """Have a pass made and read it, keeping what front answered."""
    request_id = await handover.ask()
    await handover.work()
    found = await handover.look(request_id)
    answers.append(json.dumps(found))
    await handover.step(step="shown", request=request_id)
    await handover.work()
    return BROWSER_KEY.open(found["box"], request_id=request_id)


async def spoil_pass(handover: Handover) -> str:
    """Have a pass made whose outcome cannot be written: the error must not say it either."""
    passes: Any = handover.world.services.passes.__class__
    await handover.ask()
    kept = passes.save_outcome

    async def fail(self: object, outcome: object) -> None:
        raise RuntimeError(f"storage is away: {outcome!r}")

    passes.save_outcome = fail
    try:
        await handover.work()
    except RuntimeError:
        logging.getLogger("host").exception("a function failed")
    finally:
        passes.save_outcome = kept
    return str(handover.passes[0]["temporaryAccessPass"])


def test_the_search_finds_what_is_there() -> None:
    for shift in range(6):
        text = base64.b64encode(b"x" * shift + b"abcdefghjkmnpqrs" + b"y" * shift).decode()
        assert hidden_in(f'{{"box": "{text}"}}', "abcdefghjkmnpqrs"), shift
    assert hidden_in("the pass abcdefgh", "abcdefgh")
    assert not hidden_in("the pass", "abcdefgh")
