"""Why a person cannot finish the registration: whether a password is enough, what is in the way, who can help."""

from typing import Any

import pytest

from provisioning.model.operation import Mode
from tests.integration.conftest import World
from tests.integration.findings import REGISTRATION, add_policy, settings
from tests.integration.test_why import ask, invited

BLOCK = {"operator": "OR", "builtInControls": ["block"]}
PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"
GUARDED: dict[str, Any] = {"applications": {"includeUserActions": [REGISTRATION]}}


async def test_the_answer_says_whether_a_password_alone_registers_a_method(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attacks S4: a guard that is not in force was told by nothing."""
    mia = await invited(ready)
    free = "guards their registration: anyone who has their password can register a method in their place"
    found = await ask(ready, mia)
    assert (found["registration"], f"Nothing {free}" in found["why"]) == ("free", True)
    await ready.operate(Mode.ENABLE)
    assert f"The policy asks them for MFA, and nothing {free}" in (await ask(ready, mia))["why"]
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await ready.operate()
    found = await ask(ready, mia)
    assert found["registration"] == "guarded"
    assert "more than a password before they register" in found["why"]
    (guard,) = [item for item in ready.tenant.policies if item["conditions"]["applications"]["includeUserActions"]]
    guard["grantControls"]["builtInControls"] = ["block"]
    assert (await ask(ready, mia))["registration"] == "blocked"


async def test_why_names_the_pass_that_is_needed_and_who_gives_it(ready: World) -> None:
    """windows-itpro-docs PR#9976: AADSTS130506 asks for a pass; a person with no method behind a guard needs one."""
    mia = await invited(ready)
    await ready.operate(Mode.ENABLE)
    found = await ask(ready, mia)
    assert (found["finish"]["answer"], found["finish"]["reasons"]) == ("can", ["password_is_enough"])
    assert "AADSTS130506" not in found["why"]
    await add_policy(ready, **GUARDED)
    found = await ask(ready, mia)
    assert (found["finish"]["answer"], found["finish"]["who"]) == ("with_a_pass", "identity_admin")
    assert found["next"]["who"] == "identity_admin"
    assert "Give them a Temporary Access Pass" in found["next"]["what"]
    assert "web sign-in answers AADSTS130506" in found["why"]
    await ready.control.post(f"/_local/users/{mia}/temporary-access-pass", json={})
    await ready.send_seen(mia)
    await ready.work()
    found = await ask(ready, mia)
    assert (found["finish"]["answer"], found["next"]["who"]) == ("with_a_pass", "person"), "they have one"
    assert "AADSTS130506" not in found["why"]
    await ready.control.post("/_local/registrations", json={"userId": mia})
    ready.clock.advance(minutes=1)
    await ready.send_seen(mia)
    await ready.work()
    assert (await ask(ready, mia))["finish"] is None, "nothing is left to finish"


@pytest.mark.parametrize(
    ("policy", "changes", "reason", "remedy"),
    [
        (GUARDED, {"tapEnabled": False}, "pass_off", "Turn on Temporary Access Pass"),
        ({"grantControls": BLOCK}, {}, "application_blocked", "exclude our application"),
        ({"grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]}}, {}, "managed_device_only", ""),
        (
            {**GUARDED, "grantControls": {"operator": "OR", "authenticationStrength": {"id": PHISHING_RESISTANT}}},
            {},
            "strength_refuses_pass",
            "strength that accepts a pass",
        ),
    ],
)
async def test_why_names_the_obstacle_its_policy_and_who_can_take_it_away(
    ready: World, policy: dict[str, Any], changes: dict[str, Any], reason: str, remedy: str
) -> None:
    mia = await invited(ready)
    await ready.operate(Mode.ENABLE)
    made = await add_policy(ready, **policy)
    await settings(ready, **changes)
    found = await ask(ready, mia)
    assert (found["finish"]["answer"], found["finish"]["reasons"]) == ("cannot", [reason])
    assert found["next"]["who"] == "identity_admin"
    assert remedy in found["next"]["what"]
    assert reason == "pass_off" or made in found["why"]
    assert "They cannot finish from a phone at home" in found["why"]


async def test_why_says_what_could_not_be_read_and_does_not_guess(ready: World) -> None:
    """maester365/maester#782: a What-If that answers 400 is no "can finish"."""
    mia = await invited(ready)
    await ready.operate(Mode.ENABLE)
    body = {"error": {"code": "BadRequest", "message": "The shape is another one."}}
    await ready.fault(method="POST", path="/evaluate", status=400, body=body, times=2)
    found = await ask(ready, mia)
    assert found["finish"]["answer"] == "unknown"
    assert found["finish"]["missing"] == ["at_application", "at_registration"]
    assert "It is not known whether they can finish" in found["why"]
