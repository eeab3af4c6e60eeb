"""A forecast of a cohort, of a file and of the day of enforcement: who can finish, and who is turned away and why."""

from datetime import date, timedelta
from typing import Any

from provisioning.model.finish import Answer, Reason
from provisioning.tenant.forecast.candidates import read_first_days
from provisioning.tenant.forecast.forecast import Forecast
from provisioning.tenant.forecast.rehearsal import Rehearsal, rehearse
from tests.integration.conftest import World
from tests.integration.findings import REGISTRATION, add_policy, writes
from tests.integration.test_exposure import add_group, give_role

EVALUATE = "POST /identity/conditionalAccess/evaluate"
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
