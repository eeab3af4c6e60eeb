"""What the host gave up on is kept, counted and put back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.errors import Refused
from provisioning.store.poison import count, redrive
from provisioning.store.storage import create_queue
from tests.product.conftest import World

ROOT = Path(__file__).resolve().parents[2]


async def poison(world: World, text: str | None = None) -> None:
    """Move the queued hire to the poison queue, as the host does, or put a text there."""
    queue = world.services.storage.queue("hires")
    target = world.services.storage.queue("hires-poison")
    await create_queue(target)
    if text is not None:
        await target.send_message(text)
        return
    async for message in queue.receive_messages():
        await target.send_message(message.content)
        await queue.delete_message(message)


@pytest.fixture
async def clean(ready: World) -> World:
    queue = ready.services.storage.queue("hires-poison")
    await create_queue(queue)
    await queue.clear_messages()
    return ready


async def test_a_hire_the_host_gave_up_on_is_enrolled_after_all(clean: World) -> None:
    mia = await clean.add_user(employeeId="1187")
    await clean.send_hire("1187")
    await poison(clean)
    await poison(clean, "not ours")
    assert await count(clean.services.storage, "hires") == 2
    done = await redrive(clean.services.storage, "hires")
    assert (done.replayed, done.unreadable) == (1, 1)
    await clean.work()
    assert clean.members() == {mia}
    assert await count(clean.services.storage, "hires") == 1, "what nobody can read is kept"


async def test_without_a_poison_queue_there_is_nothing_to_do(world: World) -> None:
    assert await count(world.services.storage, "seen") == 0
    assert (await redrive(world.services.storage, "seen")).replayed == 0


async def test_a_message_nobody_can_read_is_raised_so_that_the_host_keeps_it(clean: World) -> None:
    await clean.services.storage.queue("hires").send_message('{"employee_id": "1187"}')
    with pytest.raises(Refused, match="kept in hires-poison") as caught:
        await clean.work()
    assert "1187" not in str(caught.value), "what it holds must not reach a log"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["redrive", "--dry-run"], 0, "tenant: 0 in tenant-poison"),
        (["redrive", "tenant"], 0, "tenant: 0 put back"),
        (["redrive", "orders"], 1, "the queues are hires, seen, tenant"),
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
    command = [sys.executable, "-W", "ignore", "-m", "provisioning", "redrive"]
    done = subprocess.run(  # noqa: ASYNC221
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The setting AzureWebJobsStorage is missing.")
    assert "Traceback" not in done.stderr
