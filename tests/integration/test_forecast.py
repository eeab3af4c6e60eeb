"""A forecast of a cohort, of a file and of the day of enforcement: who can finish, and who is turned away and why."""

from datetime import date, timedelta
from typing import Any

import pytest

from local import identities
from provisioning.cli.arguments import CHANGES
from provisioning.cli.forecast_table import show_forecast
from provisioning.cli.show import heads
from provisioning.errors import Rejected
from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import Missing, Reason
from provisioning.model.hires import HireEventType
from provisioning.model.operation import Mode
from provisioning.model.plan import FinishCount
from provisioning.tenant.forecast.candidates import read_first_days
from provisioning.tenant.forecast.rehearsal import Rehearsal, rehearse
from provisioning.tenant.forecast.rows import Forecast
from tests.integration.conftest import World
from tests.integration.findings import REGISTRATION, WHAT_IF, add_policy, findings, settings, writes
from tests.integration.test_exposure import add_group, give_role, join, our_group

GUARD: dict[str, Any] = {"applications": {"includeUserActions": [REGISTRATION]}}


async def forecast_of(world: World, **asked: Any) -> Forecast:
    """Make a forecast as an admin does whose methods are read as the people identity; it writes nothing."""
    await world.forget_requests()
    found = await rehearse(Rehearsal(**asked), services=world.services, methods_graph=world.graph)
    assert writes(await world.requests()) == []
    return found


def answers(found: Forecast) -> dict[str, tuple[Answer, tuple[Reason, ...]]]:
    """By employee ID."""
    return {str(row.candidate.employee_id): (row.finish.answer, row.finish.reasons) for row in found.rows}


async def hire(world: World, employee_id: str, day: date, **account: Any) -> str:
    object_id = await world.add_user(employeeId=employee_id, **account)
    await world.send_hire(employee_id, start=day)
    await world.work()
    return object_id


async def test_a_cohort_with_every_answer(ready: World) -> None:
    day = ready.clock().date() + timedelta(days=5)
    guard = await add_policy(ready, **GUARD)
    spared = await add_group(ready)
    users = next(item for item in ready.tenant.policies if item["id"] == guard)["conditions"]["users"]
    users["excludeGroups"] = [spared]
    free, pass_needed, registered, gone = [await hire(ready, str(number), day) for number in range(1, 5)]
    ready.tenant.link_member(spared, free)
    await ready.control.post("/_local/registrations", json={"userId": registered})
    administrator = await hire(ready, "5", day)
    give_role(ready, administrator)
    await hire(ready, "6", day, accountEnabled=False)
    await hire(ready, "7", day, userPrincipalName="kai_partner.example#EXT#@example.com")
    await ready.send_hire("8", start=day)
    await ready.send_hire("9", start=day + timedelta(days=1))
    await ready.work()
    assert pass_needed != gone
    found = await forecast_of(ready, cohort=read_first_days(day.isoformat()))
    assert answers(found) == {
        "1": (Answer.CAN, (Reason.PASSWORD_IS_ENOUGH,)),
        "2": (Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)),
        "3": (Answer.CAN, (Reason.HAS_METHOD,)),
        "4": (Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)),
        "5": (Answer.CANNOT, (Reason.HOLDS_A_ROLE,)),
        "6": (Answer.CANNOT, (Reason.ACCOUNT_DISABLED,)),
        "7": (Answer.CANNOT, (Reason.EXTERNAL_PERSON,)),
        "8": (Answer.CANNOT, (Reason.NO_ACCOUNT,)),
    }


async def test_who_waits_is_judged_as_if_they_were_invited(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard for the group alone meets them once they are in it, which What-If does not know yet."""
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    monkeypatch.setenv("REGISTRATION_POLICY_USERS", "group")
    for mode in (Mode.APPLY, Mode.ENABLE):
        assert (await ready.operate(mode)).error is None
    ready.clock.advance(minutes=20)
    day = ready.clock().date() + timedelta(days=60)
    waiting = await hire(ready, "1", day)
    assert waiting not in ready.members()
    found = await forecast_of(ready, cohort=read_first_days(day.isoformat()))
    assert answers(found) == {"1": (Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,))}
    target = {"targetType": "group", "id": await our_group(ready), "isRegistrationRequired": False}
    ready.tenant.policy_book.method_targets["TemporaryAccessPass"] = {"includeTargets": [target]}
    found = await forecast_of(ready, cohort=read_first_days(day.isoformat()))
    assert answers(found)["1"][0] is Answer.WITH_A_PASS, "and may have a pass by then"


async def test_a_week_holds_its_days_and_nobody_who_left(ready: World) -> None:
    monday = ready.clock().date() + timedelta(days=70 - ready.clock().date().weekday())
    for number, day in enumerate((monday, monday + timedelta(days=6), monday + timedelta(days=7))):
        await hire(ready, str(number), day)
    year, week, _ = monday.isocalendar()
    asked = read_first_days(f"{year}-w{week:02}")
    assert set(answers(await forecast_of(ready, cohort=asked))) == {"0", "1"}
    ready.clock.advance(minutes=1)
    await ready.send_hire("1", kind=HireEventType.CANCELLED)
    await ready.work()
    assert set(answers(await forecast_of(ready, cohort=asked))) == {"0"}


async def test_a_file_names_people_in_three_ways_and_no_name_comes_out(
    ready: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = await ready.add_user(employeeId="O'Brien/1")
    mia = await ready.add_user(userPrincipalName="mia.berg@example.com", displayName="Mia Berg", employeeId="2")
    await ready.add_user(employeeId="3")
    await ready.add_user(employeeId="3")
    unknown = "5a8b7f0e-61c4-4d0b-8f7a-2c9d3e1b6aff"
    named = ["id;note", ada.upper(), "", "# nobody", '"MIA.berg@example.com",x', "o'brien/1", "3"]
    lines = [*named, "nobody@example.com", unknown]
    found = await forecast_of(ready, lines=lines)
    who = {(row.candidate.object_id, row.candidate.employee_id, row.candidate.line): row for row in found.rows}
    assert who[(ada, "O'Brien/1", None)].finish.answer is Answer.CAN
    assert who[(mia, "2", None)].finish.answer is Answer.CAN
    assert who[(None, "3", None)].finish.reasons == (Reason.SEVERAL_ACCOUNTS,)
    assert who[(None, None, 8)].finish.reasons == (Reason.NO_ACCOUNT,)
    assert who[(unknown, None, None)].finish.reasons == (Reason.NO_ACCOUNT,)
    assert who[(None, "id", None)].finish.reasons == (Reason.NO_ACCOUNT,), "a header looks like an employee ID"
    assert show_forecast(found, as_json=True, csv_file=None) == CHANGES
    assert show_forecast(found, as_json=False, csv_file="-") == CHANGES
    shown = capsys.readouterr().out
    assert "example.com" not in shown
    assert "Mia" not in shown


async def test_the_day_of_enforcement_counts_our_policies_as_in_force(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    assert (await ready.operate()).error is None
    ready.clock.advance(minutes=20)
    people = [await ready.add_user(employeeId=str(number)) for number in range(3)]
    await join(ready, *people, identities.BREAK_GLASS_USER_ID)
    await ready.control.post("/_local/registrations", json={"userId": people[0]})
    found = await forecast_of(ready, enforcement=True)
    guarded = (Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,))
    assert answers(found) == {"0": (Answer.CAN, (Reason.HAS_METHOD,)), "1": guarded, "2": guarded}
    now = await forecast_of(ready, lines=people)
    assert answers(now)["1"] == (Answer.CAN, (Reason.PASSWORD_IS_ENOUGH,)), "report-only policies ask nobody yet"
    await settings(ready, tapEnabled=False)
    assert answers(await forecast_of(ready, enforcement=True))["1"] == (Answer.CANNOT, (Reason.PASS_OFF,))


async def test_everybody_is_met_where_the_policy_is_for_all(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_USERS", "all")
    found = await forecast_of(ready, enforcement=True)
    accounts = {item["id"] for item in ready.tenant.users if item["accountEnabled"] and item["userType"] == "Member"}
    assert {row.candidate.object_id for row in found.rows} == accounts - {identities.BREAK_GLASS_USER_ID}


async def test_a_what_if_that_answers_400_judges_nobody(ready: World) -> None:
    """maester365/maester#782: the shape of What-If changed from one week to the next."""
    mia = await ready.add_user(employeeId="1")
    await ready.fault(method="POST", path="/evaluate", status=400, body={"error": {"code": "BadRequest"}}, times=99)
    found = await forecast_of(ready, lines=[mia])
    (row,) = found.rows
    assert (row.finish.answer, row.finish.at_worst) == (Answer.UNKNOWN, Answer.CANNOT)
    assert row.finish.missing == (Missing.AT_APPLICATION, Missing.AT_REGISTRATION)
    assert found.unjudged == 4
    assert show_forecast(found, as_json=False, csv_file=None) == CHANGES


async def test_without_the_permission_what_if_is_asked_once(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    people = [await ready.add_user(employeeId=str(number)) for number in range(2)]
    body = {"error": {"code": "AccessDenied", "message": "no"}}
    await ready.fault(method="POST", path="/evaluate", status=403, body=body, times=99)
    found = await forecast_of(ready, lines=people)
    assert {row.finish.answer for row in found.rows} == {Answer.UNKNOWN}
    assert (await ready.requests()).count(WHAT_IF) == 1
    show_forecast(found, as_json=False, csv_file=None)
    assert "Policy.Read.All" in capsys.readouterr().err


async def test_what_what_if_has_not_enough_information_about_is_not_known(ready: World) -> None:
    guard = await add_policy(ready, **GUARD)
    stored = next(item for item in ready.tenant.policies if item["id"] == guard)
    rule = {"mode": "include", "rule": 'device.isCompliant -eq "False"'}
    stored["conditions"]["devices"] = {"deviceFilter": rule}
    mia = await ready.add_user(employeeId="1")
    (row,) = (await forecast_of(ready, lines=[mia])).rows
    assert (row.finish.answer, row.finish.missing) == (Answer.UNKNOWN, (Missing.AT_REGISTRATION,))
    assert (row.finish.at_worst, row.finish.on_managed_device) == (Answer.WITH_A_PASS, Answer.CAN)


async def test_a_strength_without_a_pass_and_a_device_at_home_are_told(ready: World) -> None:
    """entra-docs#125: an all-resources strength beats the guard of registration."""
    mia = await ready.add_user(employeeId="1")
    await add_policy(ready, **GUARD)
    strength = {"operator": "OR", "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}}
    other = await add_policy(ready, grantControls=strength)
    (row,) = (await forecast_of(ready, lines=[mia])).rows
    assert (row.finish.reasons, row.finish.policy_ids) == ((Reason.STRENGTH_REFUSES_PASS,), (other,))
    stored = next(item for item in ready.tenant.policies if item["id"] == other)
    stored["grantControls"] = {"operator": "OR", "builtInControls": ["compliantDevice"]}
    (row,) = (await forecast_of(ready, lines=[mia])).rows
    assert row.finish.reasons == (Reason.MANAGED_DEVICE_ONLY,)
    assert row.finish.on_managed_device is Answer.WITH_A_PASS


async def test_methods_open_by_group_and_by_an_older_policy(ready: World) -> None:
    """An excluded group wins; before the migration is complete an older policy may open a method."""
    mia, ada = [await ready.add_user(employeeId=str(number)) for number in range(2)]
    closed = await add_group(ready, mia)
    outside = [{"targetType": "group", "id": closed, "isRegistrationRequired": False}]
    for method in ("Fido2", "MicrosoftAuthenticator", "SoftwareOath", "Sms"):
        ready.tenant.policy_book.method_targets[method] = {"excludeTargets": outside}
    found = answers(await forecast_of(ready, lines=[mia, ada]))
    assert found == {
        "0": (Answer.CANNOT, (Reason.NO_METHOD_OPEN,)),
        "1": (Answer.CAN, (Reason.PASSWORD_IS_ENOUGH,)),
    }
    await settings(ready, policyMigrationState="migrationInProgress")
    (row, _) = (await forecast_of(ready, lines=[mia, ada])).rows
    assert (row.finish.answer, row.finish.missing) == (Answer.UNKNOWN, (Missing.OPEN_METHODS,))


async def test_a_policy_that_makes_every_pass_one_time_is_told_for_new_laptops(ready: World) -> None:
    """azvise.com: the set-up of the device uses up the one-time pass, and the second prompt refuses it."""
    await add_policy(ready, **GUARD)
    await settings(ready, tapOneTimeOnly=True)
    mia = await ready.add_user(employeeId="1")
    (row,) = (await forecast_of(ready, lines=[mia], new_laptop=True)).rows
    assert (row.finish.answer, row.finish.reasons[0]) == (Answer.WITH_A_PASS, Reason.TWO_PASSES)
    (row,) = (await forecast_of(ready, lines=[mia])).rows
    assert row.finish.reasons == (Reason.REGISTRATION_GUARDED,)


async def test_methods_that_may_not_be_read_are_not_taken_for_none(ready: World) -> None:
    """As the tenant identity alone, which may not see methods, the ledger is all that is known."""
    await add_policy(ready, **GUARD)
    day = ready.clock().date() + timedelta(days=5)
    registered, unseen = await hire(ready, "1", day), await hire(ready, "2", day)
    await ready.control.post("/_local/registrations", json={"userId": registered})
    await ready.send_seen(registered)
    await ready.work()
    found = await rehearse(Rehearsal(cohort=read_first_days(day.isoformat())), services=ready.services)
    assert unseen in ready.members()
    assert answers(found)["1"] == (Answer.CAN, (Reason.HAS_METHOD,))
    row = found.rows[1]
    assert (row.finish.answer, row.finish.missing) == (Answer.UNKNOWN, (Missing.METHODS,))
    assert row.finish.at_worst is Answer.WITH_A_PASS


@pytest.mark.parametrize("many", [True, False], ids=["by group", "by person"])
async def test_calls_grow_with_kinds_of_people_and_hardly_with_people(ready: World, many: bool) -> None:
    """What-If is asked for a kind, not for a person; accounts and groups come in batches of hundreds and twenties."""
    count = 600 if many else 60
    people = await ready.add_users(count)
    groups = [await add_group(ready, *people[number::7]) for number in range(6)]
    for group_id in groups:
        await add_policy(ready, users={"includeUsers": ["All"], "excludeGroups": [group_id]}, **GUARD)
    await ready.forget_requests()
    found = await rehearse(Rehearsal(lines=people), services=ready.services)
    assert len(found.rows) == count
    assert found.kinds == 7
    asked = await ready.requests()
    assert asked.count(WHAT_IF) <= 4 * found.kinds + 1, "one that was throttled throttles none behind it"
    per_person = [line for line in asked if line.startswith("GET /users/{user}/transitiveMemberOf")]
    assert len(per_person) == (0 if many else count)
    assert await ready.round_trips() < 4 * found.kinds + (20 if many else 25)


async def test_the_tenants_own_campaign_is_told_as_it_is_now(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    """CyberDrain/CIPP#275: Microsoft switched campaigns on and to passkeys; it is read each time and never written."""
    mia = await ready.add_user(employeeId="1")
    target = {"id": "all_users", "targetType": "group", "targetedAuthenticationMethod": "fido2"}
    ready.tenant.policy_book.campaign.update(state="disabled", includeTargets=[target])
    show_forecast(await forecast_of(ready, lines=[mia]), as_json=False, csv_file=None)
    assert "campaign" not in capsys.readouterr().out
    ready.tenant.policy_book.campaign.update(state="default")
    show_forecast(await forecast_of(ready, lines=[mia]), as_json=False, csv_file=None)
    assert "registration campaign (state default) asks for fido2" in capsys.readouterr().out


async def test_before_the_tenant_is_set_up_there_is_nothing_to_rehearse(world: World) -> None:
    with pytest.raises(Rejected, match="Apply first"):
        await forecast_of(world, enforcement=True)


async def test_the_plan_of_an_enable_tells_who_of_the_group_can_finish(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    assert (await ready.operate()).error is None
    ready.clock.advance(minutes=20)
    day = ready.clock().date() + timedelta(days=5)
    people = [await hire(ready, str(number), day) for number in range(3)]
    await ready.control.post("/_local/registrations", json={"userId": people[0]})
    for person in people:
        await ready.send_seen(person)
    await ready.work()
    block = await add_policy(
        ready, users={"includeUsers": [people[2]]}, grantControls={"builtInControls": ["block"], "operator": "OR"}
    )
    await ready.forget_requests()
    plan = await ready.plan(Mode.ENABLE)
    assert writes(await ready.requests()) == []
    assert plan.head_count is not None
    assert plan.head_count.finish == FinishCount(can=1, with_pass=1, cannot=1, unknown=0)
    found = findings(plan, notes=True)
    assert found["people_turned_away"].object_ids == (people[2],)
    assert "people_need_a_pass" not in found, "the numbers say so"
    assert "1 person cannot" in " ".join(heads(plan.head_count, mode=Mode.ENABLE))
    assert plan.as_json()["headCount"]["finish"]["withPass"] == 1
    assert (await ready.plan()).head_count.finish is None  # type: ignore[union-attr]
    assert block
