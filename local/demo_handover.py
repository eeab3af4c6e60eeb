"""The demo's last chapter: an invitation by mail, a pass handed over by a manager, a registration, and thanks."""

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local import identities
from local.browser_key import BrowserKey
from local.demo_world import DemoWorld, expect, until
from local.person import Person

if TYPE_CHECKING:
    from local.demo import Story

SENDER = "enroll@example.com"
MANAGER = "ana.lima@example.com"
# Around the clock on every day, since nobody chooses the hour at which a demo runs.
SETTINGS: Mapping[str, str] = {
    "MESSAGES": "invitation,pass_ready,thank_you",
    "MESSAGES_CHANNEL": "exchange",
    "MESSAGES_SENDER": SENDER,
    "MESSAGES_FROM": "00:00:00",
    "MESSAGES_UNTIL": "23:59:59",
    "WORKING_DAYS": "mon,tue,wed,thu,fri,sat,sun",
}
STEP_HEADERS = {"X-Pass-Step": "yes", "Sec-Fetch-Site": "same-origin"}


async def open_shared_mailbox(world: DemoWorld) -> None:
    """Make the mailbox that messages come from, and let the people identity send as it and as nobody else."""
    account = {"displayName": "Enrollment", "userPrincipalName": SENDER, "createdDateTime": "2021-03-01T08:00:00Z"}
    (mailbox,) = await world.create_accounts([account])
    settings = {"mailRbacClient": identities.PEOPLE.client_id, "mailRbacMailbox": mailbox}
    answer = await world.http.patch(f"{world.info.tenant}/_local/settings", json=settings)
    expect(answer, 200, "PATCH /_local/settings")


async def hire_with_manager(story: "Story") -> None:
    """HR reports Lena Vogt, who begins tomorrow, has no method, and whose manager is Ana Lima."""
    world = story.world
    await story.arrive("Lena Vogt", "4477")
    manager = {"displayName": "Ana Lima", "userPrincipalName": MANAGER, "createdDateTime": "2021-03-01T08:00:00Z"}
    (manager_id,) = await world.create_accounts([manager])
    await world.set_manager(story.cast["Lena Vogt"].object_id, manager_id)


async def tell_handover(story: "Story", *, again: bool) -> None:
    """Tell the chapter."""
    world, checks = story.world, story.checks
    print("\n6. Lena Vogt starts tomorrow and has no method: she is invited by mail, and her manager hands over a pass")
    if not again:
        await hire_with_manager(story)
    lena = story.cast["Lena Vogt"]
    await world.post_standard("msg_4477", kind="hire", employee_id="4477", start=story.tomorrow, at=story.at)
    await world.hire_record("4477", state="matched")
    await world.sweep()
    if not again:
        invitation = await mail_to(world, lena.user_name)
        checks.that(f"Lena Vogt reads '{invitation['subject']}'", "/start" in invitation["body"]["content"])
        checks.that(
            "the invitation contains neither a pass nor a link to one", "/pass/" not in invitation["body"]["content"]
        )
        link = await link_to_manager(world)
        story.passes[lena.name] = await have_pass_made(link)
        checks.that("Ana Lima reads a pass that only her browser could open", bool(story.passes[lena.name]))
        there = lena.object_id in (await world.tenant_state())["temporaryAccessPasses"]
        checks.that("Entra holds that pass", there)
        page = await story.visit(lena)
        checks.that("Lena Vogt signs in with it and reads what is left to do", "One step is missing" in page.text)
        await world.register(lena.object_id, "fido2")
        story.passes.pop(lena.name)
    page = await story.visit(lena)
    checks.that("Lena Vogt registers a passkey and reads 'You are ready'", page.text.startswith("You are ready"))
    thanks = await mail_to(world, lena.user_name, number=2)
    checks.that(f"Lena Vogt reads '{thanks['subject']}', her second and last message", True)
    left = await until(lambda: no_pass_left(world, lena.object_id), "the pass to be taken back")
    checks.that("the pass that she no longer needs was taken back", left)


async def mail_to(world: DemoWorld, address: str, *, number: int = 1) -> dict[str, Any]:
    """Let the timer send until a person has this many mails, and return the last; fails where there are more."""

    async def found() -> dict[str, Any] | None:
        await world.run_timer("messages")
        await asyncio.sleep(0.5)
        received = (await world.http.get(f"{world.info.tenant}/_local/mailboxes/{address}")).json()["received"]
        return received[-1]["message"] if len(received) == number else None

    return await until(found, f"message {number} to {address}")


async def link_to_manager(world: DemoWorld) -> str:
    """Return the link that the manager got."""
    message = await mail_to(world, MANAGER)
    found = re.search(rf"{re.escape(world.info.site)}/pass/[\w-]+", message["body"]["content"])
    return found[0] if found else ""


async def have_pass_made(link: str) -> str:
    """Do what the page's script does in the manager's browser: a key pair, one request, and the box that it opens."""
    key = BrowserKey()
    async with Person(MANAGER) as manager:
        await manager.open(link.partition("/pass/")[0] + "/")
        make = {"step": "make", "publicKey": key.public, "identityProof": "known", "replace": False}
        asked = await manager.http.post(link, json=make, headers=STEP_HEADERS)
        expect(asked, 202, "the manager's request for a pass")
        request = asked.json()["request"]

        async def made() -> dict[str, Any] | None:
            answer = await manager.http.post(link, json={"step": "look", "request": request}, headers=STEP_HEADERS)
            found: dict[str, Any] = answer.json()
            return found if found.get("state") != "working" else None

        box = (await until(made, "the sealed pass")).get("box", "")
        await manager.http.post(link, json={"step": "shown", "request": request}, headers=STEP_HEADERS)
    return key.open(box, request_id=request)


async def no_pass_left(world: DemoWorld, object_id: str) -> bool | None:
    """Return whether Entra has no pass of a person; None as long as it has one."""
    return None if object_id in (await world.tenant_state())["temporaryAccessPasses"] else True
