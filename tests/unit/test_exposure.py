"""Who is let in and who is locked out, from policies as Graph gives them."""

from dataclasses import replace
from typing import Any

import pytest

from provisioning.tenant.preflight.coverage import Directory, Subject
from provisioning.tenant.preflight.exposure import Exposure, PolicyState, exposure
from provisioning.tenant.preflight.exposure_facts import NEXT_HIRE, OTHER_GUEST, OTHER_MEMBER, EmergencyAccount, Facts
from provisioning.tenant.preflight.methods_policy import PassPolicy
from tests.integration.findings import policy

GROUP = "a1a1a1a1-0000-4000-8000-000000000001"
OTHER_GROUP = "a1a1a1a1-0000-4000-8000-000000000002"
PARENT_GROUP = "a1a1a1a1-0000-4000-8000-000000000003"
ROLE = "62e90394-69f5-4237-9190-012177145e10"
MIA, ADA, EVE = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")
BREAK_GLASS = "dddddddd-0000-4000-8000-000000000000"
APP = "eeeeeeee-0000-4000-8000-000000000000"
PASSWORDLESS = "00000000-0000-0000-0000-000000000003"
COUNTRY = "a1a1a1a1-0000-4000-8000-0000000000cc"


def grants(operator: str, *controls: str, **more: Any) -> dict[str, Any]:
    """Grant controls."""
    return {"grantControls": {"operator": operator, "builtInControls": list(controls), **more}}


def strength(*ways: str) -> dict[str, Any]:
    """A custom authentication strength with these ways through it."""
    return {"authenticationStrength": {"id": PASSWORDLESS, "allowedCombinations": list(ways)}}


def users(**changes: Any) -> dict[str, Any]:
    """A policy's condition on people."""
    return {"conditions": {"users": {"includeUsers": ["All"], **changes}}}


def enrollment(**changes: Any) -> dict[str, Any]:
    """Our enrollment policy in force for the group."""
    conditions = {
        "applications": {"includeApplications": [APP]},
        "users": {"includeGroups": [GROUP], "excludeUsers": [BREAK_GLASS]},
        **changes.pop("conditions", {}),
    }
    return policy(id="ours", conditions=conditions, **changes)


DIRECTORY = Directory(
    group_id=GROUP,
    parents=frozenset({PARENT_GROUP}),
    groups={GROUP: frozenset({MIA, ADA}), OTHER_GROUP: frozenset({ADA}), PARENT_GROUP: frozenset({MIA, ADA})},
    roles={ROLE: frozenset({EVE, BREAK_GLASS})},
)
FACTS = Facts(
    policies=(),
    directory=DIRECTORY,
    app_id=APP,
    enrollment_id="ours",
    registration_id="guard",
    members=(Subject(MIA, in_group=True), Subject(ADA, in_group=True)),
    emergency=(EmergencyAccount(BREAK_GLASS, exists=True, enabled=True),),
    passes=PassPolicy(enabled=True),
    with_method=frozenset({ADA}),
)


def exposed(*policies: dict[str, Any], **changes: Any) -> Exposure:
    """Exposure in a tenant with these policies."""
    return exposure(replace(FACTS, policies=policies, **changes))


TRUSTED_LEFT_OUT = {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}


@pytest.mark.parametrize(
    ("changes", "guarded"),
    [
        ({}, True),
        (grants("OR", **strength("fido2", "temporaryAccessPassOneTime")), True),
        (grants("OR", **strength("fido2", "password")), False),
        (grants("OR", "mfa", **strength("password")), False),
        (grants("AND", "mfa", "compliantDevice"), True),
        (grants("OR", "mfa", "compliantDevice"), True),
        (grants("OR", "mfa", "approvedApplication"), False),
        (grants("OR", "block"), True),
        (grants("OR", "mfa", termsOfUse=["t"]), False),
        (grants("AND", "mfa", termsOfUse=["t"]), True),
        (grants("OR", "mfa", customAuthenticationFactors=["f"]), False),
        (grants("OR", "passwordChange"), False),
        ({"grantControls": None}, False),
        ({"state": "enabledForReportingButNotEnforced"}, False),
        ({"state": "disabled"}, False),
        ({"sessionControls": {"signInFrequency": {"value": 1, "type": "hours", "isEnabled": True}}}, True),
        ({"conditions": TRUSTED_LEFT_OUT}, True),
        ({"conditions": {"locations": {"includeLocations": ["AllTrusted"]}}}, False),
        ({"conditions": {"locations": {"includeLocations": [COUNTRY]}}}, False),
        ({"conditions": {"locations": {"includeLocations": ["All"], "excludeLocations": [COUNTRY]}}}, False),
        ({"conditions": {"locations": {"includeLocations": [], "excludeLocations": []}}}, True),
        ({"conditions": {"userRiskLevels": ["high"]}}, False),
        ({"conditions": {"signInRiskLevels": ["high", "medium"]}}, False),
        ({"conditions": {"insiderRiskLevels": "elevated"}}, False),
        ({"conditions": {"servicePrincipalRiskLevels": ["high"]}}, False),
        ({"conditions": {"platforms": {"includePlatforms": ["linux"]}}}, False),
        ({"conditions": {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}}}, False),
        ({"conditions": {"platforms": {"includePlatforms": ["all"], "excludePlatforms": []}}}, True),
        ({"conditions": {"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant"}}}}, False),
        ({"conditions": {"devices": {"deviceFilter": None, "@odata.type": "#x"}}}, True),
        ({"conditions": {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}}, False),
        ({"conditions": {"somethingNew": {"level": 1}}}, False),
        ({"conditions": {"clientAppTypes": ["exchangeActiveSync", "other"]}}, False),
        ({"conditions": {"clientAppTypes": ["browser"]}}, False),
        ({"conditions": {"clientAppTypes": ["browser", "mobileAppsAndDesktopClients"]}}, True),
        ({"conditions": {"applications": {"includeApplications": ["All"]}}}, False),
        ({"conditions": {"applications": {"includeApplications": ["Office365"]}}}, False),
        ({"conditions": {"applications": {"includeUserActions": ["urn:user:registerdevice"]}}}, False),
        ({"conditions": {"users": {"includeGroups": [GROUP.upper()]}}}, True),
        ({"conditions": {"users": {"includeGroups": [PARENT_GROUP]}}}, True),
        ({"conditions": {"users": {"includeGroups": [OTHER_GROUP]}}}, False),
        ({"conditions": {"users": {"includeUsers": ["None"]}}}, False),
        ({"conditions": {"users": {"includeUsers": ["GuestsOrExternalUsers"]}}}, False),
        ({"conditions": {"users": {"includeRoles": [ROLE]}}}, False),
        (users(excludeGroups=[GROUP]), False),
        (users(excludeGroups=[PARENT_GROUP]), False),
        (users(excludeGroups=[OTHER_GROUP]), False),
        (users(excludeGroups=["ffffffff-0000-4000-8000-000000000000"]), False),
        (users(excludeUsers=[MIA.upper()]), False),
        (users(excludeUsers=[EVE]), True),
        (users(excludeRoles=[ROLE]), True),
        (users(excludeUsers=["GuestsOrExternalUsers"]), True),
        (users(excludeGuestsOrExternalUsers={"guestOrExternalUserTypes": "b2bCollaborationGuest"}), True),
    ],
    ids=str,
)
def test_a_guard_counts_where_a_password_alone_never_does(changes: dict[str, Any], guarded: bool) -> None:
    """Attacks S4d and S11: a policy that is narrowed, or leaves out one of the very people, guards nobody for sure."""
    found = exposed(enrollment(), policy(id="guard", **changes))
    assert found.guarded is guarded
    assert found.in_force


def test_without_a_guard_everybody_who_is_asked_is_between() -> None:
    found = exposed(enrollment())
    assert set(found.between) == {Subject(MIA, in_group=True), Subject(ADA, in_group=True), NEXT_HIRE}
    assert found.uncertain == ()


def test_a_guard_of_the_group_leaves_everybody_else_who_is_asked() -> None:
    """Attacks S1: POLICY_USERS=all beside a guard of the group."""
    everybody = enrollment(conditions={"users": {"includeUsers": ["All"], "excludeUsers": [BREAK_GLASS]}})
    found = exposed(everybody, policy(id="guard", conditions={"users": {"includeGroups": [GROUP]}}))
    assert NEXT_HIRE not in found.between
    assert {OTHER_MEMBER, OTHER_GUEST} <= set(found.between)
    guard = policy(id="guard", **users(excludeUsers=["GuestsOrExternalUsers", BREAK_GLASS]))
    assert set(exposed(everybody, guard).between) == {OTHER_GUEST}
    no_guests = enrollment(conditions=users(excludeUsers=["GuestsOrExternalUsers", BREAK_GLASS])["conditions"])
    assert exposed(no_guests, guard).guarded


def test_an_enrollment_policy_that_asks_nobody_leaves_nobody_between() -> None:
    for state in ("disabled", "enabledForReportingButNotEnforced"):
        found = exposed(enrollment(state=state))
        assert (found.asked, found.between) == ((), ())
        assert NEXT_HIRE in found.unguarded_members
    assert exposed().enrollment is PolicyState.MISSING


def test_two_guards_together_cover_people_neither_covers_alone() -> None:
    first = policy(id="one", **users(excludeUsers=[MIA]))
    second = policy(id="two", conditions={"users": {"includeUsers": [MIA]}})
    assert not exposed(enrollment(), first).guarded
    assert exposed(enrollment(), first, second).guarded
    assert exposed(enrollment(), first, second).guards == ("one", "two")


def test_a_guest_in_the_group_is_between_behind_a_guard_without_guests() -> None:
    guest = Subject(EVE, in_group=True, external=True)
    guard = policy(id="guard", **users(excludeUsers=["GuestsOrExternalUsers"]))
    assert exposed(enrollment(), guard, members=(guest,)).between == (guest,)
    hidden = replace(guest, external=None)
    found = exposed(enrollment(), guard, members=(hidden,))
    assert found.between == found.uncertain == (hidden,)


def test_an_unreadable_role_makes_a_judgment_uncertain_and_never_well() -> None:
    guard = policy(id="guard", **users(excludeRoles=[ROLE]))
    found = exposed(enrollment(), guard, directory=replace(DIRECTORY, roles=None))
    assert set(found.uncertain) == {Subject(MIA, in_group=True), Subject(ADA, in_group=True)}
    assert not found.guarded
    assert found.administrators is None


def test_an_emergency_account_is_caught_by_either_policy_of_ours_in_force() -> None:
    lost = {"conditions": {"users": {"includeUsers": ["All"]}}}
    assert exposed(enrollment(), policy(id="guard", **users(excludeUsers=[BREAK_GLASS]))).emergency_caught == ()
    assert exposed(enrollment(**lost)).emergency_caught == (BREAK_GLASS,)
    assert exposed(enrollment(), policy(id="guard", **lost)).emergency_caught == (BREAK_GLASS,)
    assert exposed(enrollment(), policy(id="foreign", **lost)).emergency_caught == ()
    assert exposed(enrollment(state="disabled", **lost)).emergency_caught == ()
    gone = (EmergencyAccount(BREAK_GLASS, exists=False),)
    assert exposed(enrollment(**lost), emergency=gone).emergency_caught == ()


def test_an_emergency_account_in_the_group_is_spared_by_its_id_alone() -> None:
    inside = (*FACTS.members, Subject(BREAK_GLASS, in_group=True)) if FACTS.members else ()
    assert exposed(enrollment(), members=inside).emergency_caught == ()
    bare = enrollment(conditions={"users": {"includeGroups": [GROUP]}})
    assert exposed(bare, members=inside).emergency_caught == (BREAK_GLASS,)
    assert exposed(bare).emergency_caught == ()


def test_who_holds_a_role_and_is_asked_is_named() -> None:
    assert exposed(enrollment()).administrators == ()
    inside = (Subject(EVE, in_group=True),)
    assert exposed(enrollment(), members=inside).administrators == (EVE,)
    everybody = enrollment(conditions=users(excludeUsers=[BREAK_GLASS])["conditions"])
    assert exposed(everybody).administrators == (EVE,)


@pytest.mark.parametrize("group_id", [GROUP, GROUP.upper(), PARENT_GROUP])
def test_a_policy_that_leaves_out_our_group_is_named(group_id: str) -> None:
    """Attacks S3: an excluded group whose members stay is a way around the policy that the people identity fills."""
    leaving_out = policy(id="theirs", **users(excludeGroups=[group_id]))
    assert exposed(leaving_out).excluding == ("theirs",)
    assert exposed(policy(id="theirs", state="disabled", **users(excludeGroups=[group_id]))).excluding == ()
    assert exposed(policy(id="theirs", **users(excludeGroups=[OTHER_GROUP]))).excluding == ()


@pytest.mark.parametrize(
    ("changes", "everywhere"),
    [
        ({}, True),
        (grants("OR", "mfa", "compliantDevice"), False),
        (grants("AND", "mfa", "compliantDevice"), True),
        (grants("OR", "block"), False),
        (users(excludeGroups=[GROUP]), False),
        ({"conditions": {"users": {"includeGroups": [GROUP]}}}, True),
        ({"conditions": {"platforms": {"includePlatforms": ["iOS"]}}}, False),
        ({"conditions": {"applications": {"includeApplications": ["Office365"]}}}, False),
        ({"state": "enabledForReportingButNotEnforced"}, False),
    ],
    ids=str,
)
def test_mfa_at_every_application_is_named(changes: dict[str, Any], everywhere: bool) -> None:
    assert exposed(policy(id="theirs", **changes)).asking_everywhere == (("theirs",) if everywhere else ())


GUARD = policy(id="guard")


@pytest.mark.parametrize(
    ("passes", "guard", "away"),
    [
        (PassPolicy(enabled=True), GUARD, False),
        (PassPolicy(enabled=False), GUARD, True),
        (PassPolicy(enabled=True, targets=frozenset({GROUP})), GUARD, False),
        (PassPolicy(enabled=True, targets=frozenset({PARENT_GROUP})), GUARD, False),
        (PassPolicy(enabled=True, targets=frozenset({OTHER_GROUP})), GUARD, True),
        (PassPolicy(enabled=True, targets=frozenset()), GUARD, True),
        (PassPolicy(enabled=True, excluded=frozenset({GROUP})), GUARD, True),
        (PassPolicy(enabled=True), {**GUARD, **grants("OR", "block")}, True),
        (PassPolicy(enabled=True), {**GUARD, **grants("AND", "mfa", "compliantDevice")}, True),
        (PassPolicy(enabled=True), {**GUARD, **grants("OR", **strength("fido2"))}, True),
        (PassPolicy(enabled=True), {**GUARD, **grants("OR", **strength("temporaryAccessPassMultiUse"))}, False),
    ],
    ids=str,
)
def test_who_can_have_no_pass_is_turned_away(passes: PassPolicy, guard: dict[str, Any], away: bool) -> None:
    """Attacks S21: members without a method stop at a guard, and no plan said how many."""
    found = exposed(enrollment(), guard, passes=passes)
    assert found.without_method == (Subject(MIA, in_group=True),)
    assert set(found.turned_away) == ({Subject(MIA, in_group=True), NEXT_HIRE} if away else set())
    assert not found.pass_unknown


def test_passes_that_cannot_be_read_are_unknown() -> None:
    found = exposed(enrollment(), GUARD, passes=None)
    assert found.pass_unknown
    assert found.turned_away == ()
    assert exposed(enrollment(), GUARD, with_method=None).without_method is None


def test_what_narrows_our_own_policies_is_named() -> None:
    narrow = {
        "conditions": {"platforms": {"includePlatforms": ["linux"]}, "applications": {"includeApplications": [APP]}}
    }
    assert exposed(enrollment(**narrow)).narrowed == {"ours": ("platforms",)}
    assert exposed(enrollment(), GUARD).narrowed == {}


def test_a_guard_that_ends_at_a_trusted_place_says_so() -> None:
    assert exposed(enrollment(), policy(id="guard", conditions=TRUSTED_LEFT_OUT)).spares_trusted_places
    assert not exposed(enrollment(), GUARD, policy(id="guard2", conditions=TRUSTED_LEFT_OUT)).spares_trusted_places
