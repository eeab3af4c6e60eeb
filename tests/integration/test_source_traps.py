"""Deliveries that would enroll the wrong person, nobody, or too many: each trap by the system it comes from."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioning.hr_profiles import SHIPPED
from provisioning.hr_settings import secret_setting
from provisioning.http import Request
from provisioning.webhooks.sources.base import ParsedDelivery
from provisioning.webhooks.sources.profile_loader import load_profile
from provisioning.webhooks.sources.registry import find_source
from tests.integration.conftest import World
from tests.integration.deliveries import ADMIN, CLOUD_EVENT, DEEL, GRID_EVENT, HIRED, OKTA, OWN, lever, structured
from tests.integration.samples import SAMPLES
from tests.integration.webhooks import content, post, queued
from tests.support import NOW


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_PROFILES_DIR", raising=False)
    for sample in SAMPLES.values():
        monkeypatch.setenv(secret_setting(sample.source), sample.secret)


async def send(world: World, name: str, content: Any) -> Any:
    sample = SAMPLES[name]
    return await post(world, sample.source, *sample.sign(content, sample.secret))


def read(name: str, content: Any) -> ParsedDelivery:
    sample = SAMPLES[name]
    source = find_source(sample.source)
    assert source is not None
    body, headers = sample.sign(content, sample.secret)
    return source.read(Request(headers=headers, body=body), NOW)


@pytest.mark.pitfall("K6")
def test_ripplings_company_address_is_never_the_hires() -> None:
    """api-evangelist/rippling: company_primary_email is the administrator's, in every event."""
    (event,) = read("rippling", SAMPLES["rippling"].content).events
    assert (event.employee_id, event.vendor_id, event.address) == ("", "6569928aa", None)


@pytest.mark.pitfall("K6")
async def test_rippling_with_that_address_and_no_id_is_nobody(world: World) -> None:
    """api-evangelist/rippling."""
    body = {key: value for key, value in SAMPLES["rippling"].content.items() if key != "id"}
    assert (await send(world, "rippling", body)).status == 400
    assert await queued(world) == []


def test_greenhouses_recruiter_and_the_candidates_addresses_are_never_taken() -> None:
    (event,) = read("greenhouse", HIRED).events
    assert event.address is None


def test_an_unhire_ends_it() -> None:
    (event,) = read("greenhouse", {**HIRED, "action": "unhire_candidate"}).events
    assert (event.kind, event.employee_id) == ("cancelled", "21457")


def test_deels_client_and_worker_addresses_are_never_taken() -> None:
    (event,) = read("deel", DEEL).events
    assert event.address is None


def test_oktas_actor_and_apps_are_not_the_hire() -> None:
    """The actor is the administrator who made the account."""
    address = load_profile(SHIPPED / "okta.toml").map.address
    (event,) = OKTA["data"]["events"]
    assert address is not None
    assert address.search({"body": OKTA, "item": event}) == "mia.berg@example.com"
    assert address.search({"body": OKTA, "item": {**event, "target": event["target"][:1]}}) is None


def test_merges_linked_account_and_private_address_are_not_the_hires() -> None:
    sample = SAMPLES["merge"]
    data = {key: value for key, value in sample.content["data"].items() if key != "work_email"}
    (event,) = read("merge", {**sample.content, "data": data}).events
    assert event.address is None
    assert ADMIN in json.dumps(sample.content)


@pytest.mark.parametrize("name", ["ashby", "workable", "lever", "factorial", "paylocity", "bamboohr-fields"])
def test_a_private_address_beside_is_not_taken(name: str) -> None:
    (event,) = read(name, SAMPLES[name].content).events
    assert event.address in (None, "mia.berg@example.com")


@pytest.mark.parametrize("where", ["", "data", "meta", "resource"])
async def test_deels_simulation_enrolls_nobody(world: World, where: str) -> None:
    body = json.loads(json.dumps(DEEL))
    place = {"": body, "data": body["data"], "meta": body["data"]["meta"], "resource": body["data"]["resource"]}[where]
    place["is_simulation"] = True
    answer = await send(world, "deel", body)
    assert (answer.status, content(answer)["status"]) == (200, "ignored")
    assert await queued(world) == []


async def test_deel_sends_one_or_several_and_a_bad_one_holds_up_nobody(world: World) -> None:
    good = {"external_id": "1", "status": "in_progress"}
    resources = [good, {**good, "external_id": None}, {**good, "external_id": 3}]
    body = {**DEEL, "data": {**DEEL["data"], "resource": resources}}
    answer = await send(world, "deel", body)
    assert (answer.status, content(answer)["queued"]) == (200, 2)
    assert "Item 2 of 3" in content(answer)["rejected"][0]
    assert {message["employee_id"] for message in await queued(world)} == {"1", "3"}
    assert len({message["event_id"] for message in await queued(world)}) == 2


@pytest.mark.pitfall("K4")
async def test_a_captured_lever_signature_gets_no_more_than_a_hint_and_an_hour(world: World) -> None:
    """Lever's API documentation: it signs a token and a time, so that other data beside them has the same signature."""
    sample = SAMPLES["lever"]
    body, headers = lever(sample.content, sample.secret)
    forged = json.dumps({**json.loads(body), "data": {"opportunityId": "another-one"}}).encode()
    assert (await post(world, "lever", forged, headers)).status == 200
    (message,) = await queued(world)
    assert message["unverified"] is True
    old = lever(sample.content, sample.secret, at=datetime.now(UTC) - timedelta(hours=2))
    assert (await post(world, "lever", *old)).status == 401


@pytest.mark.pitfall("K1")
async def test_an_ashby_hire_that_comes_again_and_again_is_enrolled_once(ready: World) -> None:
    """simstudioai/sim PR#5518: Ashby sends no id of its deliveries, and a random one made each retry a new hire."""
    mia = await ready.add_user(employeeId="21457")
    numbered = json.loads(json.dumps(SAMPLES["ashby"].content))
    numbered["data"]["application"]["customFields"] = [{"title": "Employee number", "value": "21457"}]
    later = json.loads(json.dumps(numbered).replace("09:00:00Z", "09:05:00Z"))
    for body in (*[numbered] * 3, later):
        assert (await send(ready, "ashby", body)).status == 200
    await ready.work()
    assert ready.members() == {mia}
    assert len([line for line in await ready.requests("P") if "members" in line]) == 1


@pytest.mark.pitfall("K1")
def test_the_same_ashby_event_at_another_time_is_of_the_same_person() -> None:
    """simstudioai/sim PR#5518."""
    sample = SAMPLES["ashby"]
    later = json.loads(json.dumps(sample.content).replace("09:00:00Z", "09:05:00Z"))
    (first,), (second,) = read("ashby", sample.content).events, read("ashby", later).events
    assert first.event_id != second.event_id
    assert first.reference == second.reference == "~ashby:cand-9"


@pytest.mark.pitfall("K5")
@pytest.mark.parametrize("name", ["greenhouse", "gusto", "remote", "personio", "okta"])
async def test_an_event_nobody_asked_for_is_200_never_202(world: World, name: str) -> None:
    """Greenhouse counts anything but 200 as failed (grnhse/greenhouse-api-docs)."""
    text = json.dumps(SAMPLES[name].content)
    for known in ("hire_candidate", "employee.rehired", "onboarding.cancelled", "person.created", "lifecycle.create"):
        text = text.replace(known, "candidate_stage_change")
    answer = await send(world, name, json.loads(text))
    assert (answer.status, content(answer)["status"]) == (200, "ignored")


@pytest.mark.pitfall("K3")
async def test_a_log_line_holds_no_address(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """home-assistant/core#119846: addresses in the logs."""
    caplog.set_level("DEBUG", logger="provisioning")
    for name, sample in SAMPLES.items():
        await send(world, name, sample.content)
    assert "hire_queued" in caplog.text
    assert "@" not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("provis"))


async def test_a_batch_of_cloudevents_with_a_bad_one(world: World) -> None:
    bad = {**CLOUD_EVENT, "id": "2", "data": {**OWN, "startDate": "01/12/2026"}}
    old = {**CLOUD_EVENT, "id": "3", "specversion": "0.1"}
    answer = await post(world, "cloudevents", *structured([CLOUD_EVENT, bad, old, 5], SAMPLES["cloudevents"].secret))
    assert (answer.status, content(answer)["queued"], len(content(answer)["rejected"])) == (200, 1, 3)
    assert "Event 2 of 4: The start date is ambiguous" in content(answer)["rejected"][0]


async def test_a_binary_cloudevent(world: World) -> None:
    headers = {
        "content-type": "application/json",
        "authorization": f"bearer {SAMPLES['cloudevents'].secret}",
        **{f"ce-{key}": value for key, value in CLOUD_EVENT.items() if isinstance(value, str)},
        "ce-source": "/hr/%C3%A9xample",
    }
    assert (await post(world, "cloudevents", json.dumps(OWN).encode(), headers)).status == 200
    (message,) = await queued(world)
    assert message["event_id"] == "/hr/\u00e9xample:A234-1234"


async def test_event_grid_sends_several(world: World) -> None:
    answer = await send(world, "eventgrid", [GRID_EVENT, {**GRID_EVENT, "id": "2", "data": {"employeeId": "2"}}, {}])
    assert (answer.status, content(answer)["queued"], len(content(answer)["rejected"])) == (200, 2, 1)


def test_an_event_from_the_future_does_not_silence_those_that_follow() -> None:
    (event,) = read("personio", {**SAMPLES["personio"].content, "occurred_at": "9999-01-01T00:00:00Z"}).events
    assert event.occurred_at == NOW


@pytest.mark.parametrize(
    "body",
    [b"", b"a=1&a=2", b"%ff%fe=1", b"novalue", b"&".join(b"a%d=1" % number for number in range(6000))],
)
async def test_a_form_that_is_none_is_400(world: World, body: bytes) -> None:
    sample = SAMPLES["rippling"]
    _, headers = sample.sign({}, sample.secret)
    answer = await post(world, "rippling", body, headers)
    assert answer.status == (200 if not body else 400)
