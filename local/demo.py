"""`make demo`: the whole story in one run, told as it happens and checked as it goes."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from textwrap import shorten
from typing import Any

from local.demo_handover import SETTINGS, open_shared_mailbox, tell_handover
from local.demo_report import Checks, show_health, show_plan, show_steps, show_table
from local.demo_world import DemoError, DemoWorld, open_world, until
from local.person import Page, Person
from local.stack import Stack, StackOptions
from provisioning.clock import utc_now

NEW_HIRES = 250
LONG_STANDING = 40
SHOWN = 160  # characters of a page


@dataclass(frozen=True)
class Newcomer:
    """One of the three people of the story."""

    name: str
    employee_id: str
    object_id: str
    user_name: str


class Story:
    """The demo's chapters. `facts` holds what the first run saw and the second must see again."""

    def __init__(self, world: DemoWorld) -> None:
        self.world = world
        self.checks = Checks()
        self.day = (utc_now() + timedelta(days=5)).date().isoformat()
        self.tomorrow = (utc_now() + timedelta(days=1)).date().isoformat()
        self.at = utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")
        self.cast: dict[str, Newcomer] = {}
        self.passes: dict[str, str] = {}

    async def run(self) -> None:
        """Everything once, then everything again."""
        await self.prepare()
        await self.tell(again=False)
        before, ledger = await self.world.tenant_state(), await self.world.ledger()
        writes = await self.world.graph_writes()
        self.checks.that(f"Graph received {writes} writes", writes > 0)
        print("\nEverything once more: the same requests, deliveries, sweep, and sign-ins.")
        await self.tell(again=True)
        self.checks.that("the tenant is exactly as before", await self.world.tenant_state() == before)
        self.checks.that("Graph received no further write", await self.world.graph_writes() == writes)
        after = await self.world.ledger()
        changed = [key for key in {**ledger, **after} if ledger.get(key) != after.get(key)]
        self.checks.that(" ".join(["the ledger is exactly as before", *changed]), not changed)
        people = [person async for person in self.world.people.all_people()]
        show_table(people, known={newcomer.object_id for newcomer in self.cast.values()})

    async def prepare(self) -> None:
        """A tenant with long-standing people and two of the three newcomers."""
        await open_shared_mailbox(self.world)
        old = [
            {"displayName": f"Long Standing {number}", "employeeId": f"L{number}"} for number in range(LONG_STANDING)
        ]
        await self.world.create_accounts([{**item, "createdDateTime": "2021-03-01T08:00:00Z"} for item in old])
        for name, employee_id in (("Mia Berg", "1187"), ("Noor Haddad", "2244")):
            await self.arrive(name, employee_id)
        await self.world.register(self.cast["Mia Berg"].object_id, "microsoftAuthenticator")

    async def arrive(self, name: str, employee_id: str) -> None:
        """An account is made for a newcomer."""
        user_name = name.lower().replace(" ", ".") + "@example.com"
        account = {"displayName": name, "employeeId": employee_id, "userPrincipalName": user_name}
        (object_id,) = await self.world.create_accounts([account])
        self.cast[name] = Newcomer(name, employee_id, object_id, user_name)

    async def tell(self, *, again: bool) -> None:
        """The chapters in their order."""
        await self.set_up(again=again)
        await self.hires(again=again)
        await self.sweep(again=again)
        await self.sign_ins(again=again)
        await self.questions()
        await tell_handover(self, again=again)

    async def set_up(self, *, again: bool) -> None:
        """The tenant's objects, then the policy turned on."""
        print('\n1. An admin looks first: POST /api/tenant {"mode":"plan"}')
        planned = (await self.world.operate("plan"))["plan"]
        show_plan(planned)
        self.checks.that("the plan changes something only the first time", planned["changes"] is not again)
        print("   ... and applies exactly that plan: POST /api/tenant with the plan's ID")
        operation = await self.world.operate("apply", planId=planned["planId"])
        show_steps(operation)
        self.checks.that("the operation succeeded", operation["state"] == "succeeded")
        made = [step for step in operation["steps"] if step["outcome"] == "created"]
        self.checks.that(f"{0 if again else 6} objects were made", len(made) == (0 if again else 6))
        if not again:
            (policy,) = (await self.world.tenant_state())["policies"]
            self.checks.that("the new policy is report-only", policy["state"] == "enabledForReportingButNotEnforced")
        print('   ... and turns the policy on: POST /api/tenant {"mode":"enable"}')
        await self.world.operate("enable")
        (policy,) = (await self.world.tenant_state())["policies"]
        self.checks.that("the policy is on", policy["state"] == "enabled")

    async def hires(self, *, again: bool) -> None:
        """Two HR systems report three hires, and one of them has no account yet."""
        print("\n2. HR reports hires, in two vendors' formats")
        answers = [
            await self.world.post_standard("msg_1187", kind="hire", employee_id="1187", start=self.day, at=self.at),
            await self.world.post_bamboohr(employee_id="2244", at=self.at),
            await self.world.post_standard("msg_3301", kind="hire", employee_id="3301", start=self.day, at=self.at),
        ]
        self.checks.that("every delivery is answered 200", [answer.status_code for answer in answers] == [200] * 3)
        slowest = max(answer.elapsed.total_seconds() for answer in answers)
        self.checks.that(f"the slowest answer took {slowest * 1000:.0f} ms, less than 3 s", slowest < 3)
        forged = await self.world.http.post(f"{self.world.info.site}/api/hires/bamboohr", content=b"{}")
        self.checks.that("an unsigned delivery is answered 401", forged.status_code == 401)
        for employee_id in ("1187", "2244"):
            await self.world.hire_record(employee_id, state="matched")
        if not again:
            await self.world.hire_record("3301", state="pending")
            self.checks.that("employee 3301 is pending, because there is no account yet", True)
            await self.arrive("Kai Ito", "3301")
        both = {self.cast[name].object_id for name in ("Mia Berg", "Noor Haddad")}
        self.checks.that("the two with an account are in the group", both <= await self.world.members())

    async def sweep(self, *, again: bool) -> None:
        """250 accounts appear that no webhook announced; the timer finds them and employee 3301."""
        print(f"\n3. {NEW_HIRES} more accounts appear; the sweep runs")
        if not again:
            names = [f"New Hire {number}" for number in range(NEW_HIRES)]
            hired = f"{self.day}T00:00:00Z"
            await self.world.create_accounts(
                [
                    {"displayName": n, "employeeId": f"N{i}", "employeeHireDate": hired, "mail": None}
                    for i, n in enumerate(names)
                ]
            )
        heartbeat = await self.world.sweep()
        print(f"   sweep: added={heartbeat.get('added')} already={heartbeat.get('already')} {heartbeat['outcome']}")
        members = await self.world.members()
        expected = NEW_HIRES + (4 if again else 3)  # Lena Vogt comes later
        self.checks.that(f"the group has {expected} members", len(members) == expected)
        self.checks.that(
            "Kai Ito, who was pending until now, is one of them", self.cast["Kai Ito"].object_id in members
        )
        self.checks.that("nobody who was in the tenant before is a member", await self.only_new(members))
        print('   ... and has What-If verify the policy: POST /api/tenant {"mode":"verify"}')
        proved = await self.world.operate("verify")
        show_steps(proved)
        self.checks.that("the policy applies to the right people, and to nobody else", proved["state"] == "succeeded")

    async def only_new(self, members: set[str]) -> bool:
        """Whether the group holds only people of this story."""
        people = {person.object_id async for person in self.world.people.all_people() if person.added_by_product}
        return members == people

    async def sign_ins(self, *, again: bool) -> None:
        """Three people sign in through the sign-in pages and read what the page tells them."""
        print("\n4. Three people open the page")
        kai = self.cast["Kai Ito"]
        if not again:
            self.passes[kai.name] = await self.world.temporary_access_pass(kai.object_id)
        for name, how, expected in (
            ("Mia Berg", "has Microsoft Authenticator already", "You are ready"),
            (
                "Noor Haddad",
                "already has a passkey" if again else "is asked to register, and chooses a passkey",
                "You are ready",
            ),
            ("Kai Ito", "comes with a Temporary Access Pass", "One step is missing"),
        ):
            page = await self.visit(self.cast[name])
            print(f"   {name} {how}. The page says:\n      {shorten(page.text, SHOWN)}")
            self.checks.that(f"{name} reads '{expected}'", page.text.startswith(expected))

    async def questions(self) -> None:
        """An admin asks why a person is not done, and whether anything is stuck."""
        print("\n5. An admin asks why Kai Ito is not done: GET /api/people/3301")
        found = await self.world.why("3301")
        print(f"   {found['why']}")
        self.checks.that("the next step is up to Kai Ito", found["next"]["who"] == "person")
        print("   ... and whether anything is stuck: GET /api/health")
        health = await self.world.health()
        show_health(health)
        self.checks.that("nothing is stuck", health["status"] == "healthy")

    async def visit(self, newcomer: Newcomer) -> Page:
        """Sign in, wait until what was registered has been looked up, and read the page again."""
        site = self.world.info.site
        code = self.passes.get(newcomer.name)
        async with Person(newcomer.user_name, temporary_access_pass=code) as person:
            page = await person.open(f"{site}/")
            if page.status != 200:
                raise DemoError(f"{newcomer.name} got {page.status} at {page.url}: {page.text}")

            visit = (await person.get_json(f"{site}/me"))["visit"]

            async def checked() -> dict[str, Any] | None:
                found: dict[str, Any] = await person.get_json(f"{site}/me?visit={visit}")
                return None if found["status"] in ("checking", "slow", "trouble") else found

            await until(checked, f"the check of {newcomer.name}'s methods")
            return await person.open(f"{site}/?visit={visit}")


async def play() -> int:
    """Start the stack on free ports, tell the story, stop the stack; returns the exit code."""
    started = time.monotonic()
    async with (
        Stack.start(StackOptions(users=0, settings=SETTINGS)) as stack,
        open_world(stack.info) as world,
    ):
        print(f"Up after {time.monotonic() - started:.1f} s: page {stack.info.site}/ tenant {stack.info.tenant}")
        story = Story(world)
        try:
            await story.run()
        except DemoError as error:
            story.checks.that(str(error), False)
    checks = story.checks
    print(f"\ndemo: {checks.passed} of {checks.total} checks passed in {time.monotonic() - started:.0f} s")
    for claim in checks.failed:
        print(f"demo: failed: {claim}")
    return 1 if checks.failed else 0


def main(argv: Sequence[str]) -> int:
    """Run the demo; returns the exit code."""
    argparse.ArgumentParser(prog="python -m local demo", description=__doc__).parse_args(argv)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return asyncio.run(play())
