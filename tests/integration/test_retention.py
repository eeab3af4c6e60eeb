"""What is done with is deleted after RETENTION_DAYS, by the role that owns the table, and a person's own on demand."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from provisioning.cli.main import main
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from provisioning.model.newcomer_messages import MessageState
from provisioning.model.passes import AuditStep, PassState
from provisioning.passes.triggers import on_cleanup
from provisioning.people.triggers import on_sweep
from provisioning.store.passes import Passes
from provisioning.store.tables import key_range
from tests.integration.conftest import World
from tests.integration.handover import new_handover
from tests.integration.post import Post
from tests.integration.test_passes import passes_are_on

__all__ = ["passes_are_on"]  # for every test here

A_YEAR = timedelta(days=401)


async def keys_of(passes: Passes, *, low: str = "", high: str = "~") -> list[str]:
    """The keys of a table's rows."""
    rows = key_range(passes.table, passes.tenant_id, low=low, high=high, select=["RowKey"])
    return [str(row["RowKey"]) async for row in rows]


async def test_passes_of_long_ago_are_deleted_and_the_rest_stays(ready: World) -> None:
    handover = await new_handover(ready)
    old = await handover.outcome()
    assert await handover.step(step="shown", request=old["request"]) == (202, {"state": "shown"})
    await ready.work()
    passes = ready.services.passes
    assert {key.split(".")[0] for key in await keys_of(passes)} == {"audit", "last-made", "person", "request", "used"}
    await on_cleanup(services=ready.services)
    assert (await passes.outcome(old["request"])) is not None, "it is young"
    ready.clock.advance(seconds=A_YEAR.total_seconds())
    young = await (await new_handover(ready, "2")).outcome()
    await on_cleanup(services=ready.services)
    assert await passes.outcome(old["request"]) is None
    assert await passes.person(handover.person_id) is None
    left = await keys_of(passes)
    assert sorted(key.split(".")[0] for key in left) == ["audit", "audit", "last-made", "person", "request", "used"]
    assert [key for key in left if key.startswith("request.")] == [f"request.{young['request']}"]


async def test_a_pass_that_still_lives_keeps_its_row(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may live for 30 days from a first day that is far away, and its row is what takes it back."""
    monkeypatch.setenv("RETENTION_DAYS", "30")
    handover = await new_handover(ready)
    assert (await handover.outcome())["state"] == "made"
    passes = ready.services.passes
    last = await passes.person(handover.person_id)
    assert last is not None
    await passes.save_person(replace(last, ends_at=ready.clock() + timedelta(days=45)))
    ready.clock.advance(days=40)
    await on_cleanup(services=ready.services)
    assert await passes.person(handover.person_id) is not None
    ready.clock.advance(days=40)
    await on_cleanup(services=ready.services)
    assert await passes.person(handover.person_id) is None


async def test_claims_and_offers_end_without_a_message(ready: World) -> None:
    claims = ready.services.pass_claims
    handover = await new_handover(ready)
    for day in (ready.clock().date() - A_YEAR, ready.clock().date()):
        await claims.note_offered(handover.person_id, occurrence=f"pass-{day}")
    ready.clock.advance(days=3)
    await on_sweep(services=ready.services)
    rows = key_range(claims.table, claims.tenant_id, low="", high="~")
    (left,) = [str(row["RowKey"]) async for row in rows]
    assert left.endswith(f"pass-{ready.clock().date() - timedelta(days=3)}")
    assert await claims.delete_offers(before=date.max) == 1


async def test_settled_messages_are_deleted_unless_the_product_is_still_at_work_for_the_person(post: Post) -> None:
    left, invited = await post.invite("1187"), await post.invite("1188")
    await post.run(minutes=1)
    await post.world.send_hire("1187", kind=HireEventType.CANCELLED, occurred_at=post.world.clock())
    await post.world.work()
    assert await post.world.state_of(left) is EnrollmentState.LEFT
    before = [row.key for row in await post.rows(invited) if row.state is MessageState.ACCEPTED]
    await post.run(days=8)  # what was planned for later is dropped, which settles it
    await post.run(days=390)
    assert await post.rows(left)
    await post.run(days=12)
    assert await post.rows(left) == []
    assert [row.key for row in await post.rows(invited) if row.key in before] == before, "or it would be sent again"


async def test_what_is_kept_of_a_persons_passes_is_erased_with_them(ready: World) -> None:
    """Each step, what became of each request, the claims; and nothing of anybody else's."""
    handover, other = await new_handover(ready, "1"), await new_handover(ready, "2")
    made = await handover.outcome()
    await handover.step(step="shown", request=made["request"])
    await ready.work()
    again = await handover.again()
    assert (await again.outcome())["state"] == "refused", "one a day"
    theirs = await other.outcome()
    person = await ready.people.person(handover.person_id)
    assert person is not None
    await ready.people.save(replace(person, state=EnrollmentState.LEFT))
    assert await asyncio.to_thread(main, ["people", "forget", handover.person_id, "--yes"]) == 0
    passes, claims = ready.services.passes, ready.services.pass_claims
    entries = await passes.entries(since=ready.clock() - timedelta(days=1), until=ready.clock() + timedelta(days=1))
    assert {entry.step for entry in entries} == {AuditStep.INTENDED, AuditStep.MADE}
    assert {entry.object_id for entry in entries} == {other.person_id}
    assert await keys_of(passes, low="request.", high="request/") == [f"request.{theirs['request']}"]
    kept = await passes.person(other.person_id)
    assert kept is not None
    assert kept.state is PassState.MADE
    rows = [row async for row in key_range(claims.table, claims.tenant_id, low="claim.", high="claim/")]
    assert {row["object_id"] for row in rows} == {other.person_id}
