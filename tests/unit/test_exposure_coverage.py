"""Who a policy is for, held against the stand-in's own evaluation of a sign-in: they agree, or ours says unknown."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.entra.conditional_access.policy_conditions import REGISTER_SECURITY_INFO, SignIn
from local.entra.conditional_access.policy_evaluation import analyze, evaluate, satisfied
from provisioning.tenant.preflight.coverage import Certainty, Directory, Subject
from provisioning.tenant.preflight.exposure import exposure, guard_of, may_guard
from provisioning.tenant.preflight.exposure_facts import Facts
from provisioning.tenant.preflight.policy_reading import admits_a_pass

PEOPLE = tuple(f"{n:08}-0000-4000-8000-00000000000a" for n in range(4))
GROUPS = tuple(f"{n:08}-0000-4000-8000-0000000000b0" for n in range(3))
ROLES = tuple(f"{n:08}-0000-4000-8000-0000000000c0" for n in range(2))
OURS, APP, OTHER_APP = GROUPS[0], "a0000000-0000-4000-8000-0000000000d0", "a0000000-0000-4000-8000-0000000000d1"
ENROLLMENT = "e0000000-0000-4000-8000-0000000000e0"
KINDS = ("internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember", "otherExternalUser")
STRENGTHS = {
    "00000000-0000-0000-0000-000000000002": ["fido2", "temporaryAccessPassOneTime", "password,sms"],
    "00000000-0000-0000-0000-000000000004": ["fido2", "x509CertificateMultiFactor"],
}


def subsets(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Some of these, in either case."""
    upper = st.sampled_from([str.upper, str.lower])
    return st.lists(st.tuples(st.sampled_from(values), upper).map(lambda pair: pair[1](pair[0])), max_size=2)


guest_conditions = st.none() | st.builds(
    lambda kinds, some: {
        "guestOrExternalUserTypes": ",".join(kinds),
        "externalTenants": {"membershipKind": "all" if not some else "enumerated"},
    },
    st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
    st.just(False),
)


@st.composite
def user_conditions(draw: st.DrawFn) -> dict[str, Any]:
    """The part of a policy that says which people it is for."""
    found: dict[str, Any] = {}
    for prefix in ("include", "exclude"):
        words = ["All", "GuestsOrExternalUsers", "None"] if prefix == "include" else ["GuestsOrExternalUsers"]
        found[f"{prefix}Users"] = draw(subsets(PEOPLE)) + draw(st.lists(st.sampled_from(words), max_size=1))
        found[f"{prefix}Groups"] = draw(subsets(GROUPS))
        found[f"{prefix}Roles"] = draw(subsets(ROLES))
        found[f"{prefix}GuestsOrExternalUsers"] = draw(guest_conditions)
    return found


def optional(*values: Any) -> st.SearchStrategy[Any]:
    """Mostly nothing."""
    return st.sampled_from([None, None, None, None, *values])


@st.composite
def policies(draw: st.DrawFn, *, policy_id: str = "p") -> dict[str, Any]:
    """A policy as Graph gives one."""
    strength = draw(optional(*STRENGTHS))
    applications: dict[str, Any] = dict.fromkeys(
        ("includeApplications", "excludeApplications", "includeUserActions"), ()
    )
    if draw(st.booleans()):
        applications |= {"includeUserActions": [REGISTER_SECURITY_INFO]}
    else:
        applications |= {
            "includeApplications": draw(st.sampled_from([["All"], [APP], [OTHER_APP], ["Office365"], ["None"]])),
            "excludeApplications": draw(st.sampled_from([[], [], [APP.upper()]])),
        }
    controls = draw(
        st.lists(
            st.sampled_from(["mfa", "block", "compliantDevice", "passwordChange", "approvedApplication"]),
            min_size=0 if strength else 1,
            max_size=2,
            unique=True,
        )
    )
    if strength:
        controls = [item for item in controls if item != "mfa"]
    return {
        "id": policy_id,
        "state": draw(st.sampled_from(["enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"])),
        "conditions": {
            "users": draw(user_conditions()),
            "applications": applications,
            "clientAppTypes": draw(
                st.sampled_from([["all"], ["all"], ["browser"], ["browser", "mobileAppsAndDesktopClients"], ["other"]])
            ),
            "platforms": draw(
                optional(
                    {"includePlatforms": ["all"], "excludePlatforms": []},
                    {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]},
                    {"includePlatforms": ["linux"]},
                )
            ),
            "locations": draw(
                optional(
                    {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
                    {"includeLocations": ["AllTrusted"], "excludeLocations": []},
                    {"includeLocations": ["All"], "excludeLocations": ["l-1"]},
                )
            ),
            "signInRiskLevels": draw(st.sampled_from([[], [], [], ["high"]])),
            "userRiskLevels": draw(st.sampled_from([[], [], [], ["high"]])),
        },
        "grantControls": {
            "operator": draw(st.sampled_from(["OR", "AND"])),
            "builtInControls": controls,
            "authenticationStrength": {"id": strength, "allowedCombinations": STRENGTHS[strength]}
            if strength
            else None,
        },
    }


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Directory, dict[Subject, SignIn]]:
    """Who is in which groups and roles; what we know of it, and the sign-ins as they truly are."""
    members = {group: frozenset(draw(subsets(PEOPLE))) for group in GROUPS}
    members = {group: frozenset(item.lower() for item in found) for group, found in members.items()}
    parents = frozenset(draw(st.lists(st.sampled_from(GROUPS[1:]), max_size=1)))
    members |= {parent: members[parent] | members[OURS] for parent in parents}
    roles = {role: frozenset(item.lower() for item in draw(subsets(PEOPLE))) for role in ROLES}
    known = draw(st.sampled_from([GROUPS, GROUPS, GROUPS[:2], GROUPS[:1]]))
    directory = Directory(
        group_id=OURS,
        parents=parents,
        groups={group: members[group] for group in known},
        roles=draw(st.sampled_from([roles, roles, None])),
    )
    truth = {}
    for object_id in PEOPLE:
        kind = draw(st.sampled_from([None, None, *KINDS]))
        person = Subject(
            object_id,
            in_group=object_id in members[OURS],
            external=draw(st.sampled_from([kind is not None, None])),
            external_type=kind.lower() if kind else None,
        )
        truth[person] = SignIn(
            user_id=object_id,
            groups=frozenset(group for group in GROUPS if object_id in members[group]),
            roles=frozenset(role for role in ROLES if object_id in roles[role]),
            guest=kind in ("internalGuest", "b2bCollaborationGuest", "otherExternalUser"),
            external_type=kind,
        )
    return directory, truth


SITUATIONS: list[dict[str, Any]] = [
    {"platform": "iOS"},
    {"platform": "linux", "client_app": "mobileAppsAndDesktopClients"},
    {"platform": "windows", "locations": frozenset({"l-1"})},
    {"platform": None, "sign_in_risk": "high", "user_risk": "high"},
]


def at(sign_in: SignIn, **changes: Any) -> SignIn:
    return SignIn(**{**vars(sign_in), **changes})


@settings(max_examples=60)
@given(world=worlds(), found=st.lists(policies(), max_size=3))
def test_who_counts_as_guarded_meets_a_demand_wherever_they_register(
    world: tuple[Directory, dict[Subject, SignIn]], found: list[dict[str, Any]]
) -> None:
    """A password alone must not do: in no browser, on no platform, in no place that is not trusted, at no risk."""
    directory, truth = world
    guards = [policy for policy in found if may_guard(policy)]
    for person, sign_in in truth.items():
        answer = guard_of(person, guards, directory)
        for situation in SITUATIONS:
            here = at(sign_in, user_action=REGISTER_SECURITY_INFO, **situation)
            demand = evaluate(found, here)
            stopped = demand.blocked or not satisfied(demand, ())
            if answer is Certainty.YES:
                assert stopped, (person, situation)
        if answer is Certainty.NO:
            met = [item.policy for item in analyze(guards, at(sign_in, user_action=REGISTER_SECURITY_INFO))]
            applies = [
                item
                for item in analyze(met, at(sign_in, user_action=REGISTER_SECURITY_INFO, platform="iOS"))
                if item.applies
            ]
            assert not applies, person


@settings(max_examples=60)
@given(world=worlds(), enrollment=policies(policy_id=ENROLLMENT), found=st.lists(policies(), max_size=2))
def test_people_asked_at_the_site_and_free_to_register_are_between(
    world: tuple[Directory, dict[Subject, SignIn]], enrollment: dict[str, Any], found: list[dict[str, Any]]
) -> None:
    directory, truth = world
    facts = Facts(
        (enrollment, *found),
        directory,
        app_id=APP,
        enrollment_id=ENROLLMENT,
        members=tuple(person for person in truth if person.in_group),
    )
    result = exposure(facts)
    for person, sign_in in truth.items():
        if person not in facts.people:
            continue
        asked = ENROLLMENT in evaluate([enrollment], at(sign_in, app_id=APP, platform="iOS")).applied
        demand = evaluate(found, at(sign_in, user_action=REGISTER_SECURITY_INFO, platform="iOS"))
        free = not demand.blocked and satisfied(demand, ())
        if asked and free:
            assert person in result.between
            assert not result.guarded


@settings(max_examples=60)
@given(policy=policies())
def test_a_pass_lets_in_exactly_where_the_stand_in_says_so(policy: dict[str, Any]) -> None:
    everybody = {"includeUsers": ["All"], "excludeUsers": (), "includeGroups": (), "excludeGroups": ()}
    everybody |= {"includeRoles": (), "excludeRoles": ()}
    conditions = {"users": everybody, "applications": policy["conditions"]["applications"], "clientAppTypes": ["all"]}
    open_policy = {**policy, "state": "enabled", "conditions": conditions}
    sign_in = SignIn("u", frozenset(), frozenset(), guest=False, app_id=APP)
    if policy["conditions"]["applications"]["includeUserActions"]:
        sign_in = at(sign_in, app_id=None, user_action=REGISTER_SECURITY_INFO)
    demand = evaluate([open_policy], sign_in)
    if demand.applied and "passwordChange" not in policy["grantControls"]["builtInControls"]:
        passed = not demand.blocked and satisfied(demand, ["temporaryAccessPassOneTime"])
        assert admits_a_pass(open_policy) is passed
