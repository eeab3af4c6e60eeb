"""A manager at the hand-over page, with a browser's key pair: what the tests of passes share."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from landing.handover.page import show_pass_page
from local.browser_key import BrowserKey
from provisioning.http import Request, Response
from provisioning.model.ledger import Person
from provisioning.model.messages import PassMessage
from provisioning.model.passes import PassTakeBack, TakeBackReason
from provisioning.passes.triggers import on_pass
from provisioning.people.pass_claims import make_claim
from tests.integration.conftest import World, visible_messages

BROWSER_KEY = BrowserKey()
STEP_HEADERS = {"content-type": "application/json", "x-pass-step": "make", "sec-fetch-site": "same-origin"}


@dataclass
class Handover:
    """A person who is invited, their manager, and a claim's link in the manager's hands."""

    world: World
    person_id: str
    manager_id: str
    code: str
    roles: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: dict(STEP_HEADERS))

    def request(self, method: str, content: Any = None, *, as_id: str | None = None, **query: str) -> Request:
        """A request as Easy Auth hands it on."""
        items = [{"typ": "oid", "val": as_id or self.manager_id}, {"typ": "tid", "val": self.world.tenant_id}]
        items += [{"typ": "roles", "val": role} for role in self.roles]
        principal = base64.b64encode(json.dumps({"claims": items}).encode()).decode()
        headers = {"x-ms-client-principal": principal, "host": "enroll.example.com", **self.headers}
        body = b"" if content is None else json.dumps(content).encode()
        return Request(headers=headers, body=body, route={"claim": self.code}, method=method, query=query)

    async def send(self, request: Request) -> Response:
        return await show_pass_page(request, services=self.world.services)

    async def open(self, *, as_id: str | None = None, method: str = "GET", **query: str) -> Response:
        return await self.send(self.request(method, as_id=as_id, **query))

    async def step(self, *, as_id: str | None = None, **content: Any) -> tuple[int, dict[str, Any]]:
        """What the page's script sends, and the answer's status and content."""
        answer = await self.send(self.request("POST", content, as_id=as_id))
        return answer.status, json.loads(answer.body)

    async def ask(self, *, as_id: str | None = None, **content: Any) -> str:
        """Press the button; returns the request's id."""
        wanted = {"step": "make", "publicKey": BROWSER_KEY.public, "identityProof": "document", **content}
        status, found = await self.step(as_id=as_id, **wanted)
        assert status == 202, found
        return str(found["request"])

    async def look(self, request_id: str) -> dict[str, Any]:
        """Ask what became of a request."""
        status, found = await self.step(step="look", request=request_id)
        assert status == 200, found
        return found

    async def outcome(self, **content: Any) -> dict[str, Any]:
        """Press the button and let the product work; returns what the page then learns."""
        request_id = await self.ask(**content)
        await self.world.work()
        return {**await self.look(request_id), "request": request_id}

    async def receive(self, **content: Any) -> str:
        """Press the button and read the pass."""
        found = await self.outcome(**content)
        assert found["state"] == "made", found
        return BROWSER_KEY.open(found["box"], request_id=found["request"])

    async def again(self, *, manager_id: str | None = None) -> "Handover":
        """A further claim for the same person."""
        code = await claim_for(self.world, self.person_id, manager_id=manager_id or self.manager_id)
        return Handover(self.world, self.person_id, manager_id or self.manager_id, code, self.roles)

    async def take_back(self, reason: TakeBackReason, *, ends_at: datetime | None = None) -> None:
        """Ask for the pass to be taken back, as the people role does, and let the product work."""
        wish = PassTakeBack(self.person_id, reason, ends_at=ends_at)
        await self.tell(PassMessage(tenant_id=UUID(self.world.tenant_id), take_back=wish))

    async def work(self) -> None:
        """Let the passes role work on its queue, and nobody else on theirs."""
        queue = self.world.services.storage.queue("passes")
        for message in await visible_messages(queue):
            await on_pass(message.content, services=self.world.services)
            await queue.delete_message(message)

    async def tell(self, message: PassMessage) -> None:
        """Hand the passes role a message; a queue's delay is not waited for."""
        await on_pass(message.model_dump_json(), services=self.world.services)

    @property
    def passes(self) -> list[dict[str, Any]]:
        """The passes that the person has in Entra."""
        found = self.world.tenant.passes.get(self.person_id)
        return [found] if found else []


async def claim_for(world: World, person_id: str, *, manager_id: str | None) -> str:
    """Make a claim as the people role does; returns its code."""
    person = await world.people.person(person_id)
    assert person is not None
    code, _ = await make_claim(
        person,
        manager_id=manager_id,
        claims=world.services.pass_claims,
        now=world.clock(),
        random_bytes=world.services.random_bytes,
    )
    return code


async def new_person(world: World, employee_id: str = "1187", **fields: Any) -> str:
    """An account that the product invited."""
    object_id = await world.add_user(employeeId=employee_id, **fields)
    await world.send_hire(employee_id, start=(world.clock() + timedelta(days=3)).date())
    await world.work()
    return object_id


async def set_manager(world: World, person_id: str, manager_id: str) -> None:
    """Make one the manager of the other in the directory."""
    world.tenant.managers[person_id] = manager_id


async def new_handover(world: World, employee_id: str = "1187", **fields: Any) -> Handover:
    """A person who is invited, with a manager who holds a link."""
    person_id = await new_person(world, employee_id, **fields)
    manager_id = await world.add_user(displayName="Manager")
    await set_manager(world, person_id, manager_id)
    return Handover(world, person_id, manager_id, await claim_for(world, person_id, manager_id=manager_id))


async def invited(world: World, employee_id: str, *, in_days: int) -> Person:
    object_id = await world.add_user(employeeId=employee_id)
    first_day = (world.clock() + timedelta(days=in_days)).date()
    await world.send_hire(employee_id, start=first_day)
    await world.work()
    person = await world.people.person(object_id)
    assert person is not None
    return person
