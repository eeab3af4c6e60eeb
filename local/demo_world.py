"""What the demo does to the running stack, and what it can see of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import httpx

from local import identities
from local.signing import bamboohr_delivery, standard_webhook
from local.stack import StackInfo
from provisioning.model.ledger import HireRecord, Person
from provisioning.store.ledger import Ledger
from provisioning.store.storage import Storage, connect

# Posts that write nothing: What-If, a look-up, and a batch, whose items are in the log as well.
READING_POSTS = ("/evaluate", "/directoryObjects/getByIds", "/$batch")
PATIENCE = 45.0  # seconds for anything that goes over a queue
DELIVERIES = 4  # of the same event, at most


class DemoError(Exception):
    """The demo cannot go on; the message says at what."""


@dataclass
class DemoWorld:
    """The stack, over HTTP and through its tables.

    Args:
        info: Where everything is.
        http: A client without cookies: an HR system, an admin, the clock.
        storage: The ledger, read only.
    """

    info: StackInfo
    http: httpx.AsyncClient
    storage: Storage

    @property
    def people(self) -> Ledger:
        """The ledger of this tenant."""
        return Ledger(self.storage, tenant_id=self.info.tenant_id)

    async def operate(self, mode: str, **options: str) -> dict[str, Any]:
        """POST /api/tenant with a mode and its options, and follow Operation-Location to the end."""
        headers = self.info.admin_headers
        started = await self.http.post(f"{self.info.admin}/api/tenant", json={"mode": mode, **options}, headers=headers)
        expect(started, 202, "POST /api/tenant")
        location = self.info.admin + started.headers["Operation-Location"]

        async def finished() -> dict[str, Any] | None:
            operation: dict[str, Any] = (await self.http.get(location, headers=headers)).json()
            return None if operation["state"] in ("queued", "running", "waiting") else operation

        return await until(finished, f"the operation '{mode}'")

    async def post_standard(self, event_id: str, *, kind: str, employee_id: str, start: str, at: str) -> httpx.Response:
        """A delivery in the Standard Webhooks form."""
        content = {"type": kind, "timestamp": at, "data": {"employeeId": employee_id, "startDate": start}}
        secret = self.info.webhook_secrets["standard-webhooks"]
        body, headers = standard_webhook(content, secret=secret, delivery_id=event_id)
        return await self.deliver("standard-webhooks", body, headers)

    async def post_bamboohr(self, *, employee_id: str, at: str) -> httpx.Response:
        """A delivery in BambooHR's field-based form; its own id is another than the company's number."""
        fields = {"Employee #": employee_id, "Hire Date": at[:10]}
        changed = {"action": "Updated", "changedFields": ["Hire Date"], "fields": fields, "id": "40", "timestamp": at}
        body, headers = bamboohr_delivery({"employees": [changed]}, secret=self.info.webhook_secrets["bamboohr"])
        return await self.deliver("bamboohr", body, headers)

    async def deliver(self, source: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Post a delivery as HR systems do: again when the answer says so, which a busy machine's may."""
        address = f"{self.info.site}/api/hires/{source}"
        for _ in range(DELIVERIES):
            answer = await self.http.post(address, content=body, headers=headers)
            if "Retry-After" not in answer.headers:
                break
            await asyncio.sleep(int(answer.headers["Retry-After"]))
        return answer

    async def sweep(self) -> dict[str, Any]:
        """Run the timer's function now, as the admin API of the host can, and wait for its heartbeat."""
        before = (await self.people.last_sweep() or {}).get("at")
        await self.run_timer("sweep")

        async def heartbeat() -> dict[str, Any] | None:
            found = await self.people.last_sweep()
            return found if found and found["at"] != before else None

        return await until(heartbeat, "the sweep")

    async def run_timer(self, function: str) -> None:
        """Run a timer's function now, as the admin API of the host can."""
        headers, path = {"x-functions-key": self.info.master_key}, f"/admin/functions/{function}"
        started = await self.http.post(f"{self.info.admin}{path}", json={"input": ""}, headers=headers)
        expect(started, 202, f"POST {path}")

    async def set_manager(self, object_id: str, manager_id: str) -> None:
        """Make one person the manager of another, as an HR connector does."""
        address = f"{self.info.tenant}/_local/users/{object_id}/manager"
        expect(await self.http.put(address, json={"id": manager_id}), 204, "a manager")

    async def create_accounts(self, accounts: list[dict[str, Any]]) -> list[str]:
        """Make accounts in the tenant, as an HR-driven provisioning would; returns their object ids."""
        answer = await self.http.post(f"{self.info.tenant}/_local/users", json=accounts)
        expect(answer, 201, "POST /_local/users")
        return [str(object_id) for object_id in answer.json()["ids"]]

    async def register(self, object_id: str, method: str) -> None:
        """Give a person a method that they had before we came."""
        content = {"userId": object_id, "method": method}
        expect(await self.http.post(f"{self.info.tenant}/_local/registrations", json=content), 201, "a registration")

    async def temporary_access_pass(self, object_id: str) -> str:
        """What a helpdesk would hand out."""
        address = f"{self.info.tenant}/_local/users/{object_id}/temporary-access-pass"
        answer = await self.http.post(address, json={"isUsableOnce": False})
        expect(answer, 201, "a Temporary Access Pass")
        return str(answer.json()["temporaryAccessPass"])

    async def tenant_state(self) -> dict[str, Any]:
        """Everything in the tenant, comparable."""
        found: dict[str, Any] = (await self.http.get(f"{self.info.tenant}/_local/state")).json()
        return found

    async def members(self) -> set[str]:
        """Object ids in the enrollment group."""
        groups = (await self.tenant_state())["groups"]
        return set(groups[0]["members"]) if groups else set()

    async def why(self, person: str) -> dict[str, Any]:
        """GET /api/people/{person}: why a person is not done."""
        headers = self.info.admin_headers
        answer = await self.http.get(f"{self.info.admin}/api/people/{person}", headers=headers)
        expect(answer, 200, "GET /api/people")
        found: dict[str, Any] = answer.json()
        return found

    async def health(self) -> dict[str, Any]:
        """GET /api/health: what is stuck."""
        headers = self.info.admin_headers
        found: dict[str, Any] = (await self.http.get(f"{self.info.admin}/api/health", headers=headers)).json()
        return found

    async def graph_writes(self) -> int:
        """Return how many writes Graph was asked for by the product."""
        entries = (await self.http.get(f"{self.info.tenant}/_local/requests")).json()
        product = {identity.client_id for identity in identities.MANAGED_IDENTITIES}
        asked = [entry for entry in entries if entry["clientAppId"] in product and entry["method"] != "GET"]
        return sum(1 for entry in asked if not entry["template"].endswith(READING_POSTS))

    async def hire_record(self, employee_id: str, *, state: str) -> HireRecord:
        """Wait until a hire record stands there."""

        async def found() -> HireRecord | None:
            row = await self.people.hire_record(employee_id)
            return row if row and row.state == state else None

        return await until(found, f"employee {employee_id} to be {state}")

    async def ledger(self) -> dict[str, HireRecord | Person]:
        """The whole ledger, without the moments that change with every look."""
        rows: dict[str, HireRecord | Person] = {}
        async for record in self.people.all_hire_records():
            rows[f"employee {record.employee_id}"] = record
        async for person in self.people.all_people():
            rows[f"object {person.object_id}"] = replace(person, checked_at=None)
        return rows


@asynccontextmanager
async def open_world(info: StackInfo) -> AsyncIterator[DemoWorld]:
    """A running stack's world, with connections that are closed at the end."""
    storage = connect(info.storage)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        try:
            yield DemoWorld(info, http, storage)
        finally:
            await storage.close()


def expect(answer: httpx.Response, status: int, what: str) -> None:
    """Stop with a sentence if an answer is not the one the story needs."""
    if answer.status_code != status:
        raise DemoError(f"{what} was answered {answer.status_code} instead of {status}: {answer.text[:200]}")


T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look until there is something to see."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(0.1)
    raise DemoError(f"Gave up after {PATIENCE:.0f} s of waiting for {what}.")
