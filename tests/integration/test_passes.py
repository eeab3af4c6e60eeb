"""A pass from the claim to the manager's screen, over real queues and tables: once, and never for an administrator."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from local import identities
from provisioning.graph.temporary_access_pass import TenantPassPolicy
from provisioning.model.messages import PassMessage
from provisioning.model.pass_refusals import pass_remedy
from provisioning.model.passes import AuditStep, PassRefusal, PassState, TakeBackReason, claim_key_of, proof_of
from provisioning.passes.settings import PassMakingSettings
from provisioning.passes.validity import plan_validity, start_of
from provisioning.settings import load
from provisioning.store.tables import delete_row, key_range
from tests.integration.conftest import World, visible_messages
from tests.integration.handover import BROWSER_KEY, Handover, new_handover


@pytest.fixture(autouse=True)
def passes_are_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    request.getfixturevalue("ready")  # other tests get copies of its tenant, which is set up without passes
    monkeypatch.setenv("PASSES", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


def posts(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("POST ") and "temporaryAccessPass" in line]


async def test_the_manager_reads_the_pass_that_entra_made(ready: World) -> None:
    handover = await new_handover(ready)
    page = await handover.open()
    assert page.status == 200
    assert "1187" in page.body.decode()
    code = await handover.receive()
    (made,) = handover.passes
    assert code == made["temporaryAccessPass"]
    assert (made["lifetimeInMinutes"], made["isUsableOnce"]) == (60, False)


async def test_a_claim_is_used_once_and_its_second_use_is_refused_in_words(ready: World) -> None:
    handover = await new_handover(ready)
    await handover.receive()
    assert (await handover.open()).status == 409
    status, found = await handover.step(step="make", publicKey="AA", identityProof="known")
    assert (status, found["error"]) == (409, "claim_used")
    assert len(posts(await ready.requests())) == 1


async def test_two_at_once_get_one_pass(ready: World) -> None:
    """Two tabs, two managers' windows, or a message that comes twice while the first one is worked on."""
    handover = await new_handover(ready)
    first, second = await handover.ask(), await handover.ask()
    queue = ready.services.storage.queue("passes")
    bodies = [message.content for message in await visible_messages(queue)]
    messages = [PassMessage.model_validate_json(body) for body in bodies]
    ours = [item for item in messages if item.make and item.make.request_id in (first, second)]
    await asyncio.gather(*(handover.tell(item) for item in [*ours, *ours]))
    for item in ours:
        await handover.tell(item)
    assert len(posts(await ready.requests())) == 1
    found = [await handover.look(item) for item in (first, second)]
    assert sorted(item["state"] for item in found) == ["made", "refused"]
    assert {item.get("reason") for item in found} == {None, "claim_used"}


@pytest.mark.parametrize("second_post", ["replaces", "refused"])
async def test_a_pass_of_before_is_in_nobodys_way(ready: World, second_post: str) -> None:
    """Whether Graph replaces a pass or refuses a second one, reports differ; one that is over is deleted first."""
    await ready.control.patch("/_local/settings", json={"tapSecondPost": second_post})
    handover = await new_handover(ready)
    await handover.receive()
    ready.clock.advance(hours=25)
    assert await (await handover.again()).receive()


async def test_a_pass_that_another_made_meanwhile_is_not_replaced(ready: World) -> None:
    await ready.control.patch("/_local/settings", json={"tapSecondPost": "refused"})
    handover = await new_handover(ready)
    await handover.receive()
    theirs = dict(ready.tenant.passes[handover.person_id])
    ready.clock.advance(hours=25)
    theirs.update(startDateTime=ready.clock().isoformat(), id=str(uuid4()))
    again = await handover.again()
    fault = {"method": "GET", "path": "/authentication/methods$", "status": 200, "body": {"value": []}, "times": 1}
    await ready.fault(**fault)
    ready.tenant.passes[handover.person_id] = theirs
    assert (await again.outcome())["reason"] == "live_pass"
    assert ready.tenant.passes[handover.person_id] is theirs
    assert await ready.services.passes.user_of((await only_claim(again)).key) is None, "the claim is as good as before"


async def only_claim(handover: Handover) -> Any:
    return await handover.world.services.pass_claims.read(claim_key_of(proof_of(handover.code)))


async def test_a_right_that_ended_is_told_from_one_that_never_was(
    ready: World, caplog: pytest.LogCaptureFixture
) -> None:
    """MicrosoftDocs/azure-docs#110166: a role by PIM makes one pass, and later ones get 403."""
    first, second = await new_handover(ready, "1"), await new_handover(ready, "2")
    denied = {"error": {"code": "accessDenied", "message": "Request Authorization failed"}}
    refuse = {"method": "POST", "path": "temporaryAccessPassMethods$", "status": 403, "body": denied}
    await ready.fault(**refuse, times=2)
    assert (await first.outcome())["reason"] == "not_granted"
    await ready.fault(**refuse, times=1)
    assert await first.receive(), "one retry with a new token"
    await ready.forget_requests()
    await ready.fault(**refuse, times=2)
    assert (await second.outcome())["reason"] == "role_inactive"
    assert len(posts(await ready.requests())) == 2
    line = next(record.getMessage() for record in caplog.records if "role_inactive" in record.getMessage())
    assert "Authentication Administrator permanent" in line
    assert await second.receive(), "its claim was not used up"


def test_remedies_name_the_role_that_does() -> None:
    """MicrosoftDocs/entra-docs#882: the Authentication Policy Administrator was said to be able to issue a pass."""
    assert "role Authentication Administrator" in pass_remedy(PassRefusal.NOT_GRANTED)
    assert "UserAuthMethod-TAP.ReadWrite.All" in pass_remedy(PassRefusal.NOT_GRANTED)
    assert pass_remedy(PassRefusal.OUT_OF_POLICY).startswith("An Authentication Policy Administrator")


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 504, "takesEffect": True}, {"status": 503}])
async def test_a_lost_answer_is_unknown_and_the_post_is_never_repeated(ready: World, fault: dict[str, Any]) -> None:
    handover = await new_handover(ready)
    await ready.fault(method="POST", path="temporaryAccessPassMethods$", times=1, **fault)
    found = await handover.outcome()
    assert found["reason"] == "outcome_unknown"
    again = await handover.again()
    assert (await again.outcome())["reason"] == "outcome_unknown", "for a day, for any issuer"
    assert (await (await handover.again()).outcome(replace=True))["reason"] == "outcome_unknown"
    assert len(posts(await ready.requests())) <= 1
    assert len(await made_by(ready, handover)) == 0
    await handover.take_back(TakeBackReason.REGISTERED)
    assert handover.passes == [], "what came after the intent is ours"


async def made_by(world: World, handover: Handover) -> list[Any]:
    now = world.clock()
    entries = await world.services.passes.entries(since=now - timedelta(days=2), until=now)
    return [entry for entry in entries if entry.step is AuditStep.MADE and entry.object_id == handover.person_id]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_run_that_dies_makes_no_second_pass(ready: World, moment: str) -> None:
    """Killed at every call to Graph, and the message delivered again: one pass at most, and never two POSTs."""
    transport: Any = ready.control._transport
    for number in range(1, 40):
        handover = await new_handover(ready, f"{moment}-{number}")
        request_id = await handover.ask()
        queue = ready.services.storage.queue("passes")
        (body,) = [message.content for message in await visible_messages(queue)]
        graph = ready.services.graphs[identities.PASSES.client_id]
        calls = graph.transport
        start = calls.calls  # type: ignore[attr-defined]

        def die(call: int, when: str, *, at: int = start + number) -> None:
            if call == at and when == moment:
                raise Killed

        calls.watch = die  # type: ignore[attr-defined]
        await ready.forget_requests()
        killed = False
        try:
            await handover.tell(PassMessage.model_validate_json(body))
        except Killed:
            killed = True
        calls.watch = None  # type: ignore[attr-defined]
        ready.clock.advance(seconds=1)
        await release_leases(ready)
        await handover.tell(PassMessage.model_validate_json(body))
        assert len(posts(await ready.requests())) <= 1, number
        found = await handover.look(request_id)
        assert (found["state"], found.get("reason")) in {("made", None), ("refused", "outcome_unknown")}, number
        if not killed:
            break
    else:
        raise AssertionError("there was no end of the calls")
    assert number > 5
    assert transport is not None


async def release_leases(world: World) -> None:
    """What the time does after a process died."""
    table = world.services.passes.table
    rows = [row async for row in key_range(table, world.tenant_id, low="lease-", high="lease.")]
    for row in rows:
        await delete_row(table, world.tenant_id, row["RowKey"])


@pytest.mark.parametrize("reason", [TakeBackReason.REGISTERED, TakeBackReason.LEFT])
async def test_a_pass_is_taken_back_and_only_ours(ready: World, reason: TakeBackReason) -> None:
    handover = await new_handover(ready)
    await handover.receive()
    await handover.take_back(reason)
    assert handover.passes == []
    theirs = {**dict(startDateTime=ready.clock().isoformat()), "id": str(uuid4())}
    ready.tenant.passes[handover.person_id] = {**theirs, "lifetimeInMinutes": 60, "isUsableOnce": False, "used": False}
    await handover.take_back(reason)
    assert handover.passes, "a helpdesk's, made by hand"
    row = await ready.services.passes.person(handover.person_id)
    assert row is not None
    assert row.state is PassState.TAKEN_BACK


async def test_a_pass_that_the_person_deleted_is_no_error_and_one_that_lives_is_not_touched(ready: World) -> None:
    handover = await new_handover(ready)
    await handover.receive()
    row = await ready.services.passes.person(handover.person_id)
    assert row is not None
    await handover.take_back(TakeBackReason.EXPIRED, ends_at=row.ends_at)
    assert handover.passes, "put off until then"
    del ready.tenant.passes[handover.person_id]
    ready.clock.advance(minutes=61)
    await handover.take_back(TakeBackReason.EXPIRED, ends_at=row.ends_at)
    assert (await ready.services.passes.person(handover.person_id)).state is PassState.TAKEN_BACK  # type: ignore[union-attr]


async def test_a_box_goes_when_it_was_shown_or_after_five_minutes(ready: World) -> None:
    handover = await new_handover(ready)
    request_id = await handover.ask()
    await ready.work()
    found = await handover.look(request_id)
    assert BROWSER_KEY.open(found["box"], request_id=request_id)
    status, _ = await handover.step(step="shown", request=request_id)
    assert status == 202
    await ready.work()
    assert await handover.look(request_id) == {"state": "lapsed"}
    other = await new_handover(ready, "2")
    request_id = await other.ask()
    await ready.work()
    ready.clock.advance(minutes=5)
    assert await other.look(request_id) == {"state": "lapsed"}, "before the message comes that deletes it"
    lapsed = PassMessage.model_validate({"tenant_id": ready.tenant_id, "lapsed": request_id})
    await other.tell(lapsed)
    outcome = await ready.services.passes.outcome(request_id)
    assert outcome is not None
    assert outcome.box is None


async def test_while_passes_are_off_there_is_no_page_and_none_is_made(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover = await new_handover(ready)
    await handover.ask()
    monkeypatch.setenv("PASSES", "false")
    await ready.work()
    assert (await handover.open()).status == 404
    assert handover.passes == []


async def test_the_scoped_role_is_enough_and_reaches_no_administrator(ready: World) -> None:
    """The narrow way: no permission to make passes, a role over a unit, and the rights to read."""
    reading = [name for name in identities.PASSES.roles if "TAP" not in name]
    (await ready.control.put("/_local/roles", json={identities.PASSES.client_id: reading})).raise_for_status()
    inside, outside = await new_handover(ready, "1"), await new_handover(ready, "2")
    unit_id = str(uuid4())
    ready.tenant.units[unit_id] = {"id": unit_id, "displayName": "Newcomers"}
    ready.tenant.unit_members[unit_id] = {inside.person_id: None}
    row = {"id": "r-1", "roleDefinitionId": "c4e39bd9-1100-46d3-8c65-fb160da0071f"}
    scope = {"principalId": identities.PASSES.principal_id, "directoryScopeId": f"/administrativeUnits/{unit_id}"}
    ready.tenant.directory_roles.append(row | scope)
    assert await inside.receive()
    assert (await outside.outcome())["reason"] == "role_inactive"
    await inside.take_back(TakeBackReason.LEFT)
    assert inside.passes == []


POLICY = TenantPassPolicy(True, shortest=60, longest=480, once=False, included=frozenset(), excluded=frozenset())


def test_the_start_is_local_and_sent_in_utc(ready: World) -> None:
    """microsoftgraph/msgraph-sdk-dotnet#2724: a local offset was refused or shifted."""
    day, zone = date(2026, 12, 1), ZoneInfo("Pacific/Auckland")
    now = datetime(2026, 11, 27, tzinfo=UTC)
    assert start_of(day, hour=8, zone=zone, now=now) == datetime(2026, 11, 30, 19, tzinfo=UTC)
    assert start_of(date(2026, 11, 1), hour=8, zone=zone, now=now) is None, "a past start is refused, so none is sent"


async def test_a_pass_for_the_first_day_is_asked_for_with_z_and_whole_seconds(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_VALID_FROM", "first_day")
    monkeypatch.setenv("PASS_FIRST_HOUR", "8")
    monkeypatch.setenv("TIME_ZONE", "Pacific/Auckland")
    handover = await new_handover(ready)
    found = await handover.outcome()
    assert "Pacific/Auckland" in found["starts"]
    (made,) = handover.passes
    assert made["startDateTime"].endswith(":00:00Z")


async def test_a_first_day_begins_by_the_clock_of_the_place_that_hr_named(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_VALID_FROM", "first_day")
    monkeypatch.setenv("PASS_FIRST_HOUR", "8")
    monkeypatch.setenv("TIME_ZONE", "Europe/Berlin")
    handover = await new_handover(ready)
    day = (ready.clock() + timedelta(days=3)).date()
    await ready.send_hire(
        "1187", start=day, site_zone="Pacific/Auckland", occurred_at=ready.clock() + timedelta(seconds=1)
    )
    await ready.work()
    await handover.outcome()
    (made,) = handover.passes
    wanted = start_of(day, hour=8, zone=ZoneInfo("Pacific/Auckland"), now=ready.clock())
    assert datetime.fromisoformat(made["startDateTime"]) == wanted


def test_what_the_policy_makes_of_the_settings_is_said(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """azvise.com: a one-time pass is spent by the set-up of the laptop, and the second prompt refuses it."""
    monkeypatch.setenv("PASS_MINUTES", "10")
    settings = load(PassMakingSettings)
    found = plan_validity(settings, replace(POLICY, once=True), first_day=None, now=ready.clock())
    assert (found.minutes, found.once, [str(note) for note in found.notes]) == (60, True, ["longer", "once_by_policy"])
    monkeypatch.setenv("PASS_MINUTES", "1000")
    found = plan_validity(load(PassMakingSettings), POLICY, first_day=None, now=ready.clock())
    assert (found.minutes, [str(note) for note in found.notes]) == (480, ["shorter"])


async def test_every_step_is_kept_by_ids(ready: World) -> None:
    handover = await new_handover(ready)
    request_id = await handover.ask(identityProof="video")
    await ready.work()
    await handover.step(step="shown", request=request_id)
    await ready.work()
    now = ready.clock()
    entries = await ready.services.passes.entries(since=now - timedelta(hours=1), until=now)
    assert {str(entry.step) for entry in entries} == {"intended", "made", "shown"}
    first = next(entry for entry in entries if entry.step is AuditStep.INTENDED)
    assert (first.object_id, first.issuer_id, first.identity_proof) == (
        handover.person_id,
        handover.manager_id,
        "video",
    )
