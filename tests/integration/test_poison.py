"""What the host gave up on is kept, counted and put back."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from provisioning.cli.arguments import CHANGES, FAULT, SAME
from provisioning.cli.main import new_parser
from provisioning.model.hires import HireEvent, HireEventType
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.messages import HireMessage, SeenMessage, TenantMessage
from provisioning.model.operation import Mode
from provisioning.people.triggers import on_hire, on_seen
from provisioning.store.inbox import inbox_key
from provisioning.store.poison import KINDS, count_poison, peek_poison, replay
from provisioning.support.stuck_work import stuck
from tests.integration.conftest import World

OBJECT_ID = "00000000-0000-4000-8000-000000000001"

ROOT = Path(__file__).resolve().parents[2]


async def poison(world: World, text: str | None = None) -> None:
    """Move the queued hire to the poison queue, as the host does, or put a text there."""
    queue = world.services.storage.queue("hires")
    target = world.services.storage.queue("hires-poison")
    if text is not None:
        await target.send_message(text)
        return
    async for message in queue.receive_messages():
        await target.send_message(message.content)
        await queue.delete_message(message)


@pytest.fixture
async def clean(ready: World) -> World:
    return ready


async def test_a_hire_the_host_gave_up_on_is_enrolled_after_all(clean: World) -> None:
    mia = await clean.add_user(employeeId="1187")
    await clean.send_hire("1187")
    await poison(clean)
    await poison(clean, "not ours")
    assert await count_poison(clean.services.storage, "hires") == 2
    done = await replay(clean.services.storage, "hires")
    assert (done.replayed, done.unreadable) == (1, 1)
    await clean.work()
    assert clean.members() == {mia}
    assert await count_poison(clean.services.storage, "hires") == 1, "what nobody can read is kept"


async def test_without_a_poison_queue_there_is_nothing_to_do(world: World) -> None:
    assert await count_poison(world.services.storage, "seen") == 0
    assert (await replay(world.services.storage, "seen")).replayed == 0


@pytest.mark.parametrize("text", ['{"employee_id": "1187"}', "not JSON 1187", "", "[]"])
async def test_a_message_nobody_can_read_is_kept_at_the_first_look(
    clean: World, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """Case G2: the host gave it five tries and five errors, each of which said that it was kept already."""
    await on_hire(text, services=clean.services, message_id="m-1")
    (found,) = await peek_poison(clean.services.storage, "hires")
    assert found.work is None
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert '"message": "m-1"' in line
    assert "1187" not in line, "what it holds must not reach a log"


async def test_a_message_of_another_tenant_is_kept_and_not_worked_on(clean: World) -> None:
    """Case S22: after the setting or the storage account was moved, it enrolled in the wrong tenant."""
    mia = await clean.add_user(employeeId="1187")
    message = SeenMessage.model_validate({"tenant_id": str(uuid4()), "object_id": mia})
    await on_seen(message.model_dump_json(), services=clean.services)
    assert await clean.people.person(mia) is None
    assert await count_poison(clean.services.storage, "seen") == 1


async def test_one_message_is_discarded_by_its_id(clean: World) -> None:
    """A message that no version wrote lay there for ever, and health stayed unhealthy."""
    for text in ("not ours", "not ours either"):
        await poison(clean, text)
    first, second = await peek_poison(clean.services.storage, "hires")
    assert await run("replay", "hires", "--discard", first.message_id) == FAULT, "nobody said yes"
    assert await run("replay", "seen", "--discard", first.message_id, "--yes") == FAULT, "it is on another queue"
    assert await run("replay", "--discard", first.message_id, "--yes") == SAME
    assert await count_poison(clean.services.storage, "hires") == 1
    assert second.message_id != first.message_id


async def test_a_discarded_message_takes_its_inbox_row_along(clean: World) -> None:
    """Otherwise the sweep would queue it again, and health would show for ever that it was given up."""
    event = HireEvent("standard-webhooks", "1", HireEventType.HIRE, "1187", None, clean.clock())
    key = inbox_key(clean.clock(), new_id="row")
    text = HireMessage.of(event, tenant_id=UUID(clean.tenant_id), inbox=key).model_dump_json()
    await clean.services.inbox.add(key, text)
    await poison(clean, text)
    (message,) = await peek_poison(clean.services.storage, "hires")
    assert await run("replay", "hires", "--discard", message.message_id, "--yes") == SAME
    later = clean.clock() + timedelta(days=1)
    assert [row async for row in clean.services.inbox.left_behind(now=later, after=timedelta(0))] == []


async def test_the_exit_code_says_that_something_is_left(clean: World) -> None:
    await poison(clean, "not ours")
    assert await run("replay", "hires") == CHANGES


async def run(*arguments: str) -> int:
    """Run a command on the storage account that the environment names."""
    given = new_parser().parse_args(arguments)
    return int(await given.run(given))


async def listed(world: World, *queues: str) -> list[str]:
    return [line async for line in stuck(queues or tuple(KINDS), services=world.services)]


async def test_a_list_shows_what_each_message_is_about_and_changes_nothing(clean: World) -> None:
    await clean.send_hire("1187", event_id="e-0")
    await clean.work()
    await clean.services.storage.queue("hires").clear_messages()
    await clean.send_hire("1187", event_id="e-1")
    await poison(clean)
    await poison(clean, "Mia Berg <mia@example.com>")
    clean.clock.advance(hours=3)
    for _ in range(6):
        lines = await listed(clean, "hires")
    assert lines[0] == "hires: 2 in hires-poison"
    assert lines[1].startswith("  hire of employee 1187, source standard-webhooks, event e-1, message ")
    assert lines[1].endswith("h ago; the ledger says pending")
    assert lines[2].startswith("  not a message of this product: message ")
    assert "mia" not in "".join(lines).casefold(), "a text that may hold anything is not shown"
    queue = clean.services.storage.queue("hires-poison")
    counts = [message.dequeue_count async for message in queue.receive_messages()]
    assert counts == [1, 1], "looked at six times, taken once"


async def test_a_list_says_what_an_operation_keeps_as_its_reason(clean: World) -> None:
    operation = await clean.operate(Mode.REMOVE)
    assert operation.detail
    target = clean.services.storage.queue("tenant-poison")
    for operation_id in (operation.operation_id, str(uuid4())):
        message = TenantMessage.model_validate({"tenant_id": clean.tenant_id, "operation_id": operation_id})
        await target.send_message(message.model_dump_json())
    lines = await listed(clean, "tenant")
    await target.clear_messages()
    assert f": remove, {operation.state}: {operation.detail}" in lines[1]
    assert lines[2].endswith("this operation no longer exists")


async def test_a_list_of_more_than_the_service_shows_says_so(clean: World) -> None:
    for _ in range(34):
        await poison(clean, "x")
    lines = await listed(clean, "hires")
    assert (lines[0], lines[33]) == ("hires: 34 in hires-poison", "  and 2 more, which the service does not show now")


async def test_a_list_names_everybody_who_is_parked_with_reason_and_remedy(clean: World) -> None:
    guest = await clean.add_user(employeeId="1", userType="Guest")
    twins = [await clean.add_user(employeeId="2"), await clean.add_user(employeeId="2")]
    for employee_id in ("1", "2"):
        await clean.send_hire(employee_id)
    await clean.work()
    lines = await listed(clean, "seen")
    start = lines.index("parked: 2")
    assert all(object_id in lines[start + 1] for object_id in ("employee 2", *twins))
    assert lines[start + 2].startswith(f"  object {guest}, employee 1: The account is a guest")
    assert lines[start + 2].endswith("Invite a member account.")
    assert lines[start + 3 :] == ["unexpected registration: 0"]


async def test_a_list_names_whose_registration_looks_like_anothers(clean: World) -> None:
    await clean.people.save(Person(OBJECT_ID, EnrollmentState.REGISTERED, unexpected="It came too early."))
    lines = await listed(clean, "seen")
    start = lines.index("unexpected registration: 1")
    assert lines[start + 1].startswith(f"  object {OBJECT_ID}: It came too early. Ask the person")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["replay", "--list"], 0, "parked: 0"),
        (["replay", "--list", "--dry-run"], 1, "not allowed with argument"),
        (["replay", "--dry-run"], 0, "tenant: 0 in tenant-poison"),
        (["replay", "tenant"], 0, "tenant: 0 put back"),
        (["replay", "orders"], 1, "the queues are hires, seen, outgoing, passes, tenant"),
        ([], 1, "COMMAND"),
    ],
)
async def test_the_command_line(world: World, arguments: list[str], code: int, text: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "provisioning", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: ASYNC221
    assert done.returncode == code
    assert text in done.stdout + done.stderr


async def test_the_command_line_without_settings_says_which(world: World) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AzureWebJobs")}
    command = [sys.executable, "-W", "ignore", "-m", "provisioning", "replay"]
    done = subprocess.run(  # noqa: ASYNC221
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The setting AzureWebJobsStorage is missing.")
    assert "Traceback" not in done.stderr
