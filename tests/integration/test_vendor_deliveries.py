"""Deliveries in the form that the vendors' own pages, repositories and recorded requests show, with invented people.

`vendor_deliveries.json` holds each as it is sent: header names, a signature that was made beside the product, and the
body byte for byte. The table says what each must be understood as. The pages are named in each source's profile.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioning.hr_settings import secret_setting
from provisioning.http import Request
from provisioning.webhooks.sources.base import ParsedDelivery
from provisioning.webhooks.sources.handshakes import shake
from provisioning.webhooks.sources.registry import find_source
from provisioning.webhooks.sources.verification import verify_any
from tests.integration.conftest import World
from tests.integration.webhooks import content, post, queued

DELIVERIES: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "vendor_deliveries.json").read_text())
RECEIVED = datetime(2027, 1, 5, 9, tzinfo=UTC)
SIGNED_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)  # where the age of a signature counts
MIA = "mia.berg@example.com"

# kind, employee id, the HR system's own id, first day, work address, verified
Expected = tuple[str, str, str, str | None, str | None, bool]
EVENTS: dict[str, list[Expected]] = {
    "BHR-1": [("hire", "", "1187", None, None, False)],
    "BHR-2": [
        ("start_date_changed", "21457", "1187", "2026-12-01", MIA, True),
        ("start_date_changed", "21458", "1188", "2027-01-04", None, True),
    ],
    "BHR-4": [("start_date_changed", "21457", "1187", "2026-12-01", MIA, True)],
    "BHR-5": [("start_date_changed", "21457", "1187", "2026-12-01", MIA, True)],
    "BOB-1": [("hire", "", "3410000000000000187", None, None, False)],
    "BOB-2": [("start_date_changed", "", "3410000000000000187", "2026-12-01", None, False)],
    "GRN-1": [("hire", "21457", "35899001", "2026-12-01", None, False)],
    "GRN-3": [],
    "PER-1": [("hire", "", "84711", None, None, False)],
    "PER-2": [("start_date_changed", "", "84711", "2026-12-01", None, False)],
    "RIP-1": [("hire", "", "692000016f26d6caea00072c", None, None, False)],
    "RIP-3": [("hire", "21457", "", "2026-12-01", MIA, False)],
    "SFS-1": [("hire", "21457", "", "2026-12-01", MIA, True)],
    "UKG-1": [("hire", "", "5B7QK90000K0", None, None, False)],
    "WDY-1": [("hire", "21457", "", "2026-12-01", MIA, True)],
    "WDY-2": [("hire", "21457", "", "2026-12-01", MIA, True)],
    "ashby-0": [],
    "ashby-1": [("hire", "21457", "e9ed20fd-d45f-4aad-8a00-000000000003", "2026-12-01", None, False)],
    "ashby-3": [("hire", "21457", "e9ed20fd-d45f-4aad-8a00-000000000003", None, None, False)],
    "cloudevents-1": [("hire", "21457", "", "2026-12-01", MIA, True)],
    "cloudevents-2": [("hire", "21457", "", "2026-12-01", MIA, True)],
    "cloudevents-4": [
        ("hire", "21457", "", "2026-12-01", MIA, True),
        ("start_date_changed", "21457", "", "2027-01-01", MIA, True),
    ],
    "deel-1": [],
    "deel-3": [("hire", "", "a4f91c16-2104-4841-ba4e-77fdcb5bc6ee", None, None, False)],
    "deel-4": [],
    "eventgrid-1": [("hire", "21457", "", "2026-12-01", MIA, True)],
    "eventgrid-3": [],
    "factorial-1": [("hire", "21457", "520001", "2026-12-01", MIA, False)],
    "factorial-3": [("hire", "", "52", None, None, False)],
    "finch-1": [("hire", "", "6ab69fa3-8f08-4d6c-9fbb-000000000001", None, None, False)],
    "finch-3": [("cancelled", "", "6ab69fa3-8f08-4d6c-9fbb-000000000001", None, None, False)],
    "gusto-1": [("hire", "", "bcfc9744-0ab3-4ef3-ab0d-000000000003", None, None, False)],
    "gusto-3": [("cancelled", "", "bcfc9744-0ab3-4ef3-ab0d-000000000003", None, None, False)],
    "lever-1": [("hire", "", "8d3f2e5a-0000-4000-8000-000000000003", None, None, False)],
    "merge-1": [("hire", "21457", "0958cbc6-6040-430a-848e-000000000001", "2026-12-01", MIA, True)],
    "merge-2": [("terminated", "21457", "0958cbc6-6040-430a-848e-000000000001", None, MIA, True)],
    "okta-1": [
        ("hire", "", "", None, MIA, False),
        ("hire", "", "", None, "tom.falk@example.com", False),
    ],
    "okta-3": [],
    "paylocity-1": [("hire", "021457", "", "2026-12-01", MIA, False)],
    "remote-1": [("hire", "", "2614f814-b08e-4c8e-8c4d-000000000002", None, None, False)],
    "remote-2": [("start_date_changed", "", "2614f814-b08e-4c8e-8c4d-000000000002", None, None, False)],
    "standard-webhooks-1": [("hire", "21457", "", "2026-12-01", MIA, True)],
    "workable-1": [("hire", "21457", "4d3", "2026-12-01", None, False)],
    "workable-3": [],
}
HANDSHAKES = {"BOB-4", "cloudevents-0", "eventgrid-0", "gusto-0", "okta-0"}
TIMES = {
    "BHR-2": "2026-11-22T09:01:05+00:00",
    "BHR-4": "2026-11-22T09:02:10+00:00",  # the header's, since the body has none
    "BOB-1": "2026-11-22T09:00:00.399997+00:00",
    "GRN-1": "2026-11-20T14:05:00+00:00",
    "WDY-1": "2026-11-22T09:00:00.443000+00:00",
    "UKG-1": "2026-11-22T15:51:52.640000+00:00",
    "okta-1": "2026-11-20T09:00:00.001000+00:00",
    "remote-1": "2026-11-21T09:00:00+00:00",
    "workable-1": "2026-11-20T09:00:06.217000+00:00",
}


@pytest.fixture(autouse=True)
def settings_of_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_PROFILES_DIR", raising=False)
    for delivery in DELIVERIES.values():
        monkeypatch.setenv(secret_setting(delivery["source"]), delivery["secret"])


def request_of(name: str, **changes: Any) -> Request:
    delivery = {**DELIVERIES[name], **changes}
    headers = {key.lower(): value for key, value in delivery["headers"].items()}
    route = {"source": delivery["source"]}
    return Request(headers=headers, body=delivery["body"].encode(), route=route, method=delivery["method"])


def read(name: str) -> ParsedDelivery:
    """What a delivery is understood as, once its signature was found right."""
    source = find_source(DELIVERIES[name]["source"])
    assert source is not None
    now = SIGNED_AT if source.name in ("finch", "lever", "standard-webhooks") else RECEIVED
    verify_any(source, request_of(name), [DELIVERIES[name]["secret"]], now=now)
    return source.read(request_of(name), now)


def test_every_delivery_is_expected_to_be_something() -> None:
    assert set(EVENTS) | HANDSHAKES | {"SFS-2"} == set(DELIVERIES)


@pytest.mark.parametrize("name", EVENTS)
def test_a_delivery_as_the_vendor_sends_it(name: str) -> None:
    reading = read(name)
    found = [
        (
            str(event.kind),
            event.employee_id,
            event.vendor_id,
            event.start_date.isoformat() if event.start_date else None,
            event.address,
            not event.unverified,
        )
        for event in reading.events
    ]
    assert found == EVENTS[name]
    assert reading.rejected == ()
    if name in TIMES:
        assert reading.events[0].occurred_at.isoformat() == TIMES[name]


@pytest.mark.parametrize("name", ["BHR-2", "GRN-1", "WDY-2", "ashby-1", "factorial-1", "merge-1", "workable-1"])
def test_a_private_address_is_not_taken_for_the_work_address(name: str) -> None:
    (event, *_) = read(name).events
    assert event.private_address is not None
    assert ("home." in event.private_address) or ("private." in event.private_address)


@pytest.mark.parametrize("name", sorted(HANDSHAKES))
def test_a_handshake_as_the_vendor_sends_it(name: str) -> None:
    source = find_source(DELIVERIES[name]["source"])
    assert source is not None
    answer = shake(source.handshake, request_of(name))
    assert answer is not None
    assert answer.status == 200


async def test_soap_is_refused_with_words_that_name_the_json_way(world: World) -> None:
    """ServiceNowDocs, setup-sapsf-webhooks.md: the standard subscription sends SOAP."""
    delivery = DELIVERIES["SFS-2"]
    headers = {key.lower(): value for key, value in delivery["headers"].items()}
    for media_type in ("text/xml; charset=utf-8", "application/soap+xml", "application/xml"):
        answer = await post(world, "successfactors", delivery["body"].encode(), {**headers, "content-type": media_type})
        assert (answer.status, content(answer)["error"]) == (415, "unsupported_media_type")
        assert "Send JSON: in Workday" in content(answer)["message"]


@pytest.mark.parametrize("name", ["BHR-2", "WDY-2", "RIP-1", "deel-1"])
async def test_a_byte_order_mark_is_skipped_and_signed(world: World, name: str) -> None:
    """RFC 8259, 8.1: flows of Workday, SAP and .NET write one. The signature is over the bytes as they came."""
    source = find_source(DELIVERIES[name]["source"])
    assert source is not None
    marked = request_of(name, body="\ufeff" + DELIVERIES[name]["body"])
    plain = source.read(request_of(name), RECEIVED)
    assert [event.reference for event in source.read(marked, RECEIVED).events] == [
        event.reference for event in plain.events
    ]
    if name in ("BHR-2", "deel-1"):
        assert (await post(world, source.name, marked.body, marked.headers)).status == 401


@pytest.mark.parametrize("media_type", ["application/json", "application/vnd.api+json; v=2", "text/json", ""])
async def test_every_kind_of_json_is_taken(world: World, media_type: str) -> None:
    """RFC 6839, 3.1: +json."""
    request = request_of("WDY-1")
    answer = await post(world, "workday", request.body, {**request.headers, "content-type": media_type})
    assert (answer.status, len(await queued(world))) == (200, 1)


@pytest.mark.parametrize(
    ("address", "kind"),
    [("workday-terminated", "terminated"), ("workday-start-date-changed", "start_date_changed")],
)
async def test_an_address_can_say_what_happened(world: World, address: str, kind: str) -> None:
    """A report names people and no event; each process posts to an address of its own."""
    request = request_of("WDY-2")
    body = request.body.replace(b',"Business_Process_Type":"Hire"', b"")
    assert (await post(world, address, body, request.headers)).status == 200
    (event,) = await queued(world)
    assert (event["source"], event["kind"], event["employee_id"]) == ("workday", kind, "21457")
    assert find_source("greenhouse-terminated") is None


async def test_a_header_that_the_admin_chose(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """developer.personio.de, POST /v2/webhooks: auth_type CUSTOM; UKG: custom headers of a subscription."""
    for name, setting in (("PER-1", "HR_HEADER_PERSONIO"), ("UKG-1", "HR_HEADER_UKG")):
        monkeypatch.setenv(setting, "X-Chosen")
        request = request_of(name)
        secret = DELIVERIES[name]["secret"]
        source = DELIVERIES[name]["source"]
        chosen = {"content-type": "application/json", "x-chosen": secret}
        assert (await post(world, source, request.body, request.headers)).status == 401
        assert (await post(world, source, request.body, chosen)).status == 200


def test_a_customers_names_of_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """documentation.bamboohr.com, field-based webhooks: names are display names, or the admin's aliases."""
    source = find_source("bamboohr")
    assert source is not None
    monkeypatch.setenv("HR_FIELDS_BAMBOOHR", "Personnel No=Employee #, First day=Hire Date")
    for names in (("employee_number", "HIRE DATE"), ("Personnel no.", "first-day")):
        fields = dict(zip(names, ("21457", "2026-12-01"), strict=True))
        body = json.dumps({"employees": [{"id": "1187", "fields": fields}]})
        (event,) = source.read(request_of("BHR-4", body=body), RECEIVED).events
        assert (event.employee_id, str(event.start_date)) == ("21457", "2026-12-01")


def test_an_empty_list_of_fields_and_a_blank_date_lose_nobody() -> None:
    """documentation.bamboohr.com, global webhooks: Created and Deleted come without fields; a date may be blank."""
    source = find_source("bamboohr")
    assert source is not None
    blank: list[Any] = [[], {}, {"Hire Date": "0000-00-00"}, {"Hire Date": "0000-00-00 00:00:00"}]
    for fields in blank:
        for action, kind in (("Created", "hire"), ("Deleted", "cancelled")):
            body = json.dumps({"employees": [{"id": "1187", "action": action, "fields": fields}]})
            (event,) = source.read(request_of("BHR-4", body=body), RECEIVED).events
            assert (event.kind, event.vendor_id, event.start_date) == (kind, "1187", None)


def test_a_bad_date_spoils_no_end() -> None:
    for value in ("01/12/2026", "0000-00-00", 0, "9999-12-31"):
        body = json.dumps({"event": "Rescinded", "workerId": "21457", "hireDate": value})
        source = find_source("workday")
        assert source is not None
        (event,) = source.read(request_of("WDY-1", body=body), RECEIVED).events
        assert (event.kind, event.employee_id) == ("cancelled", "21457")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("BHR-1", "employee.created", "employee.updated"),
        ("BHR-1", "employee.created", "company.deleted"),
        ("PER-1", "person.created", "ping"),
        ("PER-2", ',"person":{"id":"84711"}', ""),
        ("RIP-1", "employee.hired", "employee.deleted"),
        ("RIP-1", "employee.hired", "group.created"),
        ("BOB-2", "lifecycle", "salary"),
        ("UKG-1", '"Insert"', '"Update"'),
        ("paylocity-1", '"employeeHireDate":"2026-12-01T00:00:00Z",', ""),
        ("workable-1", '"employee_number":"21457"', '"employee_number":null'),
        ("SFS-1", '"hireDate":"2026-12-01T00:00:00Z",', ""),
    ],
)
def test_what_says_nothing_about_a_start_is_passed_over(name: str, old: str, new: str) -> None:
    source = find_source(DELIVERIES[name]["source"])
    assert source is not None
    assert old in DELIVERIES[name]["body"]
    reading = source.read(request_of(name, body=DELIVERIES[name]["body"].replace(old, new)), RECEIVED)
    assert (reading.events, reading.rejected) == ((), ())


@pytest.mark.parametrize(
    ("name", "old", "new", "kind"),
    [
        ("BHR-1", '"employeeId":"1187"', '"employeeId":"1187","changedFields":["hireDate"]', "hire"),
        ("BHR-1", '"type":"employee.created"', '"type":"Employee_With_Fields.Deleted"', "cancelled"),
        ("BOB-1", "employee.created", "employee.left", "terminated"),
        ("BOB-1", "employee.created", "employee.access.revoked.immediately", "terminated"),
        ("BOB-1", "employee.created", "employee.joined", "start_date_changed"),
        ("PER-2", "employment.started", "employment.terminated", "terminated"),
        ("UKG-1", '"Insert"', '"inserted"', "hire"),
        ("merge-1", "Employee.added", "employee.created", "hire"),
        ("merge-1", '"termination_date":null', '"termination_date":"2027-12-01T00:00:00Z"', "hire"),
        ("merge-1", "Employee.added", "Employee.removed", "cancelled"),
        ("gusto-1", "employee.created", "employee.termination_effective", "terminated"),
        ("gusto-1", "employee.created", "employee.termination_cancelled", "rehired"),
        ("remote-1", "employment.onboarding.completed", "employment.user_status.deactivated", "terminated"),
        ("ashby-1", '"candidateHire"', '"pushToHRIS"', "hire"),
        ("factorial-1", '"is_terminating":false', '"is_terminating":true', "terminated"),
        ("okta-3", '"FAILURE"', '"SUCCESS"', "hire"),
        ("deel-1", '"contract.created"', '"contract.terminated"', "terminated"),
        ("WDY-1", '"event":"hire"', '"event":"RESCINDED"', "cancelled"),
    ],
)
def test_other_events_of_the_vendors_lists(name: str, old: str, new: str, kind: str) -> None:
    source = find_source(DELIVERIES[name]["source"])
    assert source is not None
    assert old in DELIVERIES[name]["body"]
    (event,) = source.read(request_of(name, body=DELIVERIES[name]["body"].replace(old, new)), RECEIVED).events
    assert event.kind == kind


def test_deels_first_day_is_the_day_that_begins_at_a_local_midnight() -> None:
    source = find_source("deel")
    assert source is not None
    body = DELIVERIES["deel-1"]["body"].replace('"contract.created"', '"contract.status.updated"')
    signed = body.replace('"status":"waiting_for_client_sign"', '"status":"in_progress"')
    (event,) = source.read(request_of("deel-1", body=signed), RECEIVED).events
    assert (event.employee_id, str(event.start_date)) == ("21457", "2026-12-01")
    assert source.read(request_of("deel-1", body=body), RECEIVED).events == (), "not signed yet"


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"ce-source": '"/hr/nordlicht gmbh"'}, "/hr/nordlicht gmbh:A234-0002"),
        ({"ce-source": "/hr/%25"}, "/hr/%:A234-0002"),
        ({"ce-source": "/hr/%C0%A0"}, "not UTF-8"),
    ],
)
async def test_attributes_of_a_binary_cloudevent(world: World, headers: dict[str, str], said: str) -> None:
    """cloudevents/spec, http-protocol-binding.md, 3.1.3.2: unquoted first, then decoded once; bad UTF-8 is refused."""
    request = request_of("cloudevents-2")
    answer = await post(world, "cloudevents", request.body, {**request.headers, **headers})
    if answer.status == 200:
        assert [event["event_id"] for event in await queued(world)] == [said]
    else:
        assert (answer.status, said in content(answer)["message"]) == (400, True)


def test_ids_of_two_events_are_never_cut_to_one() -> None:
    """A CloudEvents source, or an Event Grid topic, may be longer than what is kept of both."""
    source = find_source("cloudevents")
    assert source is not None
    found = set()
    for number in ("1", "2"):
        event = json.loads(DELIVERIES["cloudevents-1"]["body"]) | {"source": "/" + "x" * 300, "id": number}
        (read_event,) = source.read(request_of("cloudevents-1", body=json.dumps(event)), RECEIVED).events
        assert len(read_event.event_id) <= 256
        found |= {(read_event.event_id, read_event.mark)}
    assert len({pair[0] for pair in found}) == len({pair[1] for pair in found}) == 2


async def test_bytes_cannot_be_moved_from_a_form_into_bamboohrs_header(world: World) -> None:
    """The vendor's scheme puts both together unseparated: what stands in the header must be a time."""
    request = request_of("BHR-5")
    for count in (1, 2, 3, 30):
        moved = request.body[-count:].decode() + request.headers["x-bamboohr-timestamp"]
        headers = {**request.headers, "x-bamboohr-timestamp": moved}
        assert (await post(world, "bamboohr", request.body[:-count], headers)).status == 401


@pytest.mark.parametrize(
    ("name", "headers", "fault"),
    [
        ("BHR-1", {"x-bamboohr-signature": "00" * 32}, "signature: it is not the one"),
        ("BHR-1", {"x-bamboohr-signature": "zz"}, "signature: it is not hex"),
        ("BHR-1", {"x-bamboohr-timestamp": ""}, "signature: "),
        ("standard-webhooks-1", {}, "clock: the delivery is "),
        ("standard-webhooks-1", {"webhook-id": ""}, "id: the header"),
        ("standard-webhooks-1", {"webhook-timestamp": "soon"}, "clock: the time of the delivery is missing"),
        ("finch-1", {"finch-signature": "v2,abc"}, "clock: "),
        ("WDY-1", {"authorization": ""}, "signature: there are no basic credentials"),
        ("ashby-1", {"ashby-signature": "sha1=00"}, "signature: it does not begin with 'sha256='"),
    ],
)
async def test_the_log_says_where_to_look(
    world: World, caplog: pytest.LogCaptureFixture, name: str, headers: dict[str, str], fault: str
) -> None:
    request = request_of(name)
    assert (await post(world, DELIVERIES[name]["source"], request.body, {**request.headers, **headers})).status == 401
    assert f'"reason": "{fault}' in caplog.text
    assert "Error" not in caplog.text


async def test_a_secret_of_the_wrong_format_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HR_SECRET_WORKDAY", "a-password-without-its-user")
    request = request_of("WDY-1")
    assert (await post(world, "workday", request.body, request.headers)).status == 401
    assert '"reason": "secret format: it is not of the form user:password"' in caplog.text


@pytest.mark.parametrize("name", [name for name, expected in EVENTS.items() if expected])
def test_a_retry_at_another_time_is_known_again(name: str) -> None:
    """Also where the event is dated in the future, as merge-2 is: what is read of that is the time of receipt."""
    source = find_source(DELIVERIES[name]["source"])
    assert source is not None
    first, second = (source.read(request_of(name), at).events for at in (RECEIVED, RECEIVED + timedelta(hours=9)))
    assert [event.mark for event in first] == [event.mark for event in second]
    assert [event.event_id for event in first] == [event.event_id for event in second]
    assert len({event.mark for event in first}) == len(first)
