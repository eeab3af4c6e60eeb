"""What the tests of the webhook share: send a request, look at the answer and at the queue."""

import json
from collections.abc import Mapping
from typing import Any

from provisioning.http import Request, Response
from provisioning.webhooks.webhook import receive
from tests.integration.conftest import World


def content(answer: Response) -> dict[str, Any]:
    """The answer's JSON."""
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def post(world: World, source: str, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Response:
    """One request to the address of a source."""
    request = Request(headers=headers, body=body, route={"source": source}, method=method)
    return await receive(request, services=world.services)


async def queued(world: World) -> list[dict[str, Any]]:
    """Return the events on the queue."""
    queue = world.services.storage.queue("hires")
    messages = await queue.peek_messages(max_messages=32)
    return [event for message in messages for event in json.loads(message.content)["events"]]
