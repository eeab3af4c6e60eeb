"""What changed since the last look without our doing: the tenant's own registration campaign."""

import pytest

from provisioning.store.tenant_look import TenantLook
from provisioning.tenant.watch import on_watch
from tests.integration.conftest import World
from tests.integration.test_watch import look, tenant_check

TO_PASSKEYS = '"campaign_changed", "before": "disabled", "state": "default"'


def campaign(world: World, state: str, *methods: str) -> None:
    """Set the tenant's registration campaign, as Microsoft or an admin does."""
    targets = [{"id": "all_users", "targetType": "group", "targetedAuthenticationMethod": name} for name in methods]
    world.tenant.policy_book.campaign = {"state": state, "includeTargets": targets}


async def first_and_next_look(world: World) -> tuple[TenantLook, TenantLook]:
    """Two looks, a day apart, between which Microsoft has switched the campaign to passkeys."""
    campaign(world, "disabled", "microsoftAuthenticator")
    first = await look(world)
    world.clock.advance(days=1)
    campaign(world, "default", "fido2")
    return first, await look(world)


@pytest.mark.pitfall("M9")
async def test_a_campaign_that_changed_by_itself_is_told_with_its_date(
    ready: World, caplog: pytest.LogCaptureFixture
) -> None:
    """CyberDrain/CIPP#275: after 2026-09-01 people were asked for passkeys, and nobody had changed anything."""
    first, later = await first_and_next_look(ready)
    assert later.campaign_change is not None
    assert (later.campaign_change.since, later.campaign_change.at) == (first.at, later.at)
    assert caplog.text.count(TO_PASSKEYS) == 1
    found = await tenant_check(ready)
    assert "it was disabled, asking for microsoftAuthenticator on " in found.detail
    assert f"and is default, asking for fido2, as first seen on {later.at:%Y-%m-%d}." in found.detail
    assert found.remedy


async def test_the_same_change_is_told_once_and_for_a_while(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    await first_and_next_look(ready)
    ready.clock.advance(days=13)
    again = await look(ready)
    assert again.campaign_change is not None
    assert caplog.text.count(TO_PASSKEYS) == 1
    ready.clock.advance(days=2)
    assert (await look(ready)).campaign_change is None


async def test_a_look_that_saw_nothing_forgets_nothing(ready: World) -> None:
    """What is compared with is what was last seen, however long ago."""
    campaign(ready, "disabled")
    first = await look(ready)
    ready.clock.advance(days=1)
    await ready.fault(method="GET", path="/policies/authenticationMethodsPolicy", status=403, times=100)
    await ready.fault(method="GET", path="/identity/conditionalAccess/policies", status=403, times=100)
    await on_watch(services=ready.services)
    await ready.control.delete("/_local/faults")
    campaign(ready, "enabled", "fido2")
    ready.clock.advance(days=1)
    found = await look(ready)
    assert found.campaign_change is not None
    assert found.campaign_change.since == first.at
