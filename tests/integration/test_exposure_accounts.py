"""Accounts that policies must not meet, or that could not be read: emergency accounts, administrators, large groups."""

from typing import Any

import pytest

from provisioning.model.operation import Mode, OperationState
from provisioning.tenant.preflight import answers
from tests.integration.conftest import World
from tests.integration.findings import findings, settings
from tests.integration.test_exposure import (
    ADMINISTRATOR,
    BREAK_GLASS,
    add_group,
    enrollment,
    give_role,
    guard,
    guarded,
    join,
    outcomes,
    plan_of,
)

__all__ = ["guarded"]  # the fixture
from tests.integration.test_membership_ends import make_eligible


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"accountEnabled": False}, "is disabled"),
        ({"userType": "Guest"}, "is a guest"),
        ({"onPremisesSyncEnabled": True}, "is synchronized"),
        ({}, "holds no directory role"),
    ],
)
async def test_an_emergency_account_that_could_not_help_is_named(
    ready: World, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], reason: str
) -> None:
    """Attacks S21 and policy case B3: a disabled guest without a role passed apply and enable."""
    account = await ready.add_user(**changes)
    if changes:
        give_role(ready, account)
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{BREAK_GLASS},{account}")
    found = (await plan_of(ready))["break_glass_unfit"]
    assert found.object_ids == (account,)
    assert f"{account} {reason}" in found.text
    assert "break_glass_single" not in findings(await ready.plan(), notes=True)


async def test_an_emergency_account_that_a_policy_in_force_meets_is_named_and_put_right(guarded: World) -> None:
    await join(guarded, BREAK_GLASS)
    enrollment(guarded)["conditions"]["users"]["excludeUsers"] = []
    assert (await plan_of(guarded))["emergency_account_caught"].object_ids == (BREAK_GLASS,)
    verified = await guarded.operate(Mode.VERIFY)
    assert verified.state is OperationState.FAILED
    assert outcomes(verified)["break-glass account at our application"] == "failed"
    assert (await guarded.operate()).state is OperationState.SUCCEEDED
    assert "emergency_account_caught" not in await plan_of(guarded)


async def test_an_administrator_in_the_group_is_named_through_a_group_too(guarded: World) -> None:
    await join(guarded, ADMINISTRATOR)
    assert (await plan_of(guarded))["administrators_caught"].object_ids == (ADMINISTRATOR,)
    member = next(iter(guarded.members() - {ADMINISTRATOR}))
    holders = await add_group(guarded, member)
    give_role(guarded, holders)
    assert set((await plan_of(guarded))["administrators_caught"].object_ids) == {ADMINISTRATOR, member}


async def test_who_may_activate_a_role_is_an_administrator_too_through_a_group_as_well(guarded: World) -> None:
    """Privileged Identity Management: an administrator of five minutes from now was counted as anybody."""
    (member,) = guarded.members()
    another = await guarded.add_user()
    await join(guarded, another)
    await make_eligible(guarded, member, await add_group(guarded, another))
    plan = await guarded.plan()
    found = findings(plan, notes=True)
    assert set(found["administrators_caught"].object_ids) == {member, another}
    assert "administrators_unknown" not in found
    assert plan.head_count is not None
    assert set(plan.head_count.administrators) == {member, another}


async def test_where_eligible_administrators_are_not_shown_they_are_not_taken_for_none(guarded: World) -> None:
    """Without P2 Graph refuses to tell, and with it a permission may be missing."""
    found = findings(await guarded.plan(), notes=True)
    assert found["administrators_unknown"].level == "note"
    assert "exposure_unknown" not in found, "there is nothing that a permission would change"
    await settings(guarded, licenseP2=True)
    assert "administrators_unknown" not in findings(await guarded.plan(), notes=True)
    await guarded.fault(method="GET", path="roleEligibilityScheduleInstances", status=403)
    found = findings(await guarded.plan(), notes=True)
    assert "who may activate a directory role" in found["exposure_unknown"].text
    assert "administrators_unknown" in found


@pytest.mark.parametrize("limit", ["MOST_GROUPS", "MOST_PAGES"])
async def test_a_group_beyond_what_is_read_is_unknown_and_not_empty(
    guarded: World, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A guard that leaves out a huge group may leave out our people: that is told, and not read for hours."""
    people = [await guarded.add_user() for _ in range(3)]
    group_id = await add_group(guarded, *people)
    guard(guarded)["conditions"]["users"]["excludeGroups"] = [group_id]
    assert "exposure_unknown" not in await plan_of(guarded)
    monkeypatch.setattr(answers, limit, {"MOST_GROUPS": 0, "MOST_PAGES": 1}[limit])
    monkeypatch.setattr(answers, "PAGE", 1)
    found = await plan_of(guarded)
    assert found["exposure_unknown"].remedy == answers.LOOK
    assert "could not be determined" in found["registration_unguarded"].text


async def test_an_emergency_account_of_an_old_setting_stays_excluded_and_is_named(
    guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attacks S28: BREAK_GLASS_USER_IDS made shorter."""
    second = await guarded.add_user()
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{BREAK_GLASS},{second}")
    await guarded.operate()
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", BREAK_GLASS)
    found = (await plan_of(guarded))["further_exclusions"]
    assert found.object_ids == (second,)
    assert found.text.count(second) == 2, "both policies leave it out"
