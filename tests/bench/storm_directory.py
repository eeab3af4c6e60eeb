"""What is done to accounts while a storm goes on: numbers move, accounts are deleted and restored, people are promoted.

The admin asks Graph's beta root, which the storm spares: what is to be done has to happen, and the product has to cope.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from local.demo_world import DemoWorld, expect

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
RIGHTS = ["User.DeleteRestore.All", "RoleManagement.ReadWrite.Directory"]
RING = 3  # people whose numbers go round
RINGS, DELETIONS, PROMOTIONS = 20, 60, 20  # in one round


@dataclass
class Directory:
    """The accounts, and who they are by now.

    Attributes:
        world: The stack.
        holder: Object id by the employee id that the account has now.
        random: Decides which requests it meets.
        deleted: Object ids of accounts that are gone.
        administrators: Object ids of people who hold a directory role.
        figures: How often each thing happened.
    """

    world: DemoWorld
    holder: dict[str, str]
    random: random.Random
    deleted: set[str] = field(default_factory=set)
    administrators: set[str] = field(default_factory=set)
    figures: dict[str, int] = field(default_factory=lambda: {"moved": 0, "deleted": 0, "restored": 0, "promoted": 0})

    def numbers(self, most: int) -> list[str]:
        """Return employee ids of some accounts that are there."""
        there = sorted(number for number, who in self.holder.items() if who not in self.deleted)
        return self.random.sample(there, k=most)

    async def round(self) -> None:
        """Let some of everything happen."""
        async with administrator(self.world) as http:
            await self.move()
            await self.restore(http)
            await self.delete()
            await self.promote(http)

    async def move(self) -> None:
        """Give each number of some rings to the next account; for a moment nobody has it, as in life."""
        numbers = self.numbers(RING * RINGS)
        before = {number: self.holder[number] for number in numbers}
        for start in range(0, len(numbers), RING):
            ring = numbers[start : start + RING]
            self.holder |= {number: before[ring[place - 1]] for place, number in enumerate(ring)}
        await self.change({who: {"employeeId": None} for who in before.values()})
        await self.change({self.holder[number]: {"employeeId": number} for number in numbers})
        self.figures["moved"] += len(numbers)

    async def delete(self) -> None:
        """Delete accounts; half of those of one round come back in the next."""
        gone = [self.holder[number] for number in self.numbers(DELETIONS)]
        answer = await self.world.http.request("DELETE", f"{self.world.info.tenant}/_local/users", json=gone)
        expect(answer, 204, "DELETE /_local/users")
        self.deleted.update(gone)
        self.figures["deleted"] += len(gone)

    async def restore(self, http: httpx.AsyncClient) -> None:
        """Restore half of the accounts that are gone, with their memberships, as Entra does."""
        for who in self.random.sample(sorted(self.deleted), k=len(self.deleted) // 2):
            await asked(http, f"/directory/deletedItems/{who}/restore", {}, status=200)
            self.deleted.discard(who)
            self.figures["restored"] += 1

    async def promote(self, http: httpx.AsyncClient) -> None:
        """Give people a directory role."""
        for number in self.numbers(PROMOTIONS):
            who = self.holder[number]
            if who not in self.administrators:
                role = {"principalId": who, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/"}
                await asked(http, "/roleManagement/directory/roleAssignments", role, status=201)
                self.administrators.add(who)
                self.figures["promoted"] += 1

    async def change(self, changes: dict[str, dict[str, str | None]]) -> None:
        """Change accounts all at once."""
        answer = await self.world.http.patch(f"{self.world.info.tenant}/_local/users", json=changes)
        expect(answer, 204, "PATCH /_local/users")


@asynccontextmanager
async def administrator(world: DemoWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Graph as a client that may restore accounts and give roles."""
    client_id = str(uuid4())
    answer = await world.http.put(f"{world.info.tenant}/_local/roles", json={client_id: RIGHTS})
    expect(answer, 200, "PUT /_local/roles")
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": "any",
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = await world.http.post(f"{world.info.tenant}/{world.info.tenant_id}/oauth2/v2.0/token", data=form)
    expect(answer, 200, "POST /oauth2/v2.0/token")
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    async with httpx.AsyncClient(
        base_url=f"{world.info.tenant}/beta", headers=headers, trust_env=False, timeout=30
    ) as http:
        yield http


async def asked(http: httpx.AsyncClient, path: str, content: dict[str, str], *, status: int) -> None:
    """Post until Graph, which may be throttling, has done it."""
    while True:
        answer = await http.post(path, json=content)
        if answer.status_code != 429:
            expect(answer, status, f"POST {path}")
            return
        await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
