"""People who must not have a pass get none, whatever else is true of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.graph.accounts import Account, Groups
from provisioning.graph.sign_in_methods import Method
from provisioning.graph.temporary_access_pass import ExistingPass, TenantPassPolicy
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.passes import Claim, IdentityProof, PassRequest, PassState, PersonPass
from provisioning.passes.brakes import (
    PassFacts,
    refuse_claim,
    refuse_issuer,
    refuse_person,
    refuse_repetition,
)
from tests.support import NOW

PERSON, MANAGER, OTHER = "Person-1", "manager-1", "other-1"
GROUP, ROLE_GROUP = "group-1", "group-with-a-role"
ACCOUNT = Account(PERSON, "1187", True, "Member", None, None)
POLICY = TenantPassPolicy(True, 60, 480, once=False, included=frozenset({"all_users"}), excluded=frozenset())
FINE = PassFacts(
    account=ACCOUNT,
    groups=Groups(frozenset({GROUP}), holds_role=False),
    administrators=frozenset({OTHER, ROLE_GROUP}),
    manager_id=MANAGER.upper(),
    methods=(),
    passes=(),
    policy=POLICY,
    person=Person(PERSON, EnrollmentState.INVITED),
    last=None,
)
CLAIM = Claim("key", PERSON, MANAGER, NOW, NOW + timedelta(hours=24))
REQUEST = PassRequest("r-1", "proof", MANAGER, False, "key", IdentityProof.KNOWN, False, NOW)


def allowed(facts: PassFacts, claim: Claim | None, request: PassRequest, *, helpdesk: bool, now: datetime) -> bool:
    """Whether nothing stands in the way, as the passes role asks."""
    return not (
        refuse_claim(claim, request, helpdesk=helpdesk, now=now)
        or refuse_person(facts, emergency=frozenset({"emergency-1"}))
        or refuse_issuer(facts, request)
        or refuse_repetition(facts, request, now=now)
    )


accounts = st.builds(
    Account,
    object_id=st.sampled_from([PERSON, "emergency-1"]),
    employee_id=st.just("1187"),
    enabled=st.booleans(),
    user_type=st.sampled_from(["Member", "Guest", None]),
    hire_date=st.none(),
    created=st.none(),
    external=st.booleans(),
)
ends = st.one_of(st.none(), st.integers(-2, 2).map(lambda hours: NOW + timedelta(hours=hours)))
existing = st.builds(ExistingPass, pass_id=st.just("p"), ends=ends, used_up=st.booleans(), created=st.none())
last = st.builds(
    PersonPass,
    object_id=st.just(PERSON),
    state=st.sampled_from(PassState),
    request_id=st.just("r-0"),
    claim_key=st.just("key"),
    issuer_id=st.just(MANAGER),
    intended_at=st.integers(0, 48).map(lambda hours: NOW - timedelta(hours=hours)),
)
targets = st.frozensets(st.sampled_from(["all_users", GROUP, PERSON.lower(), "elsewhere"]))
facts = st.builds(
    PassFacts,
    account=st.one_of(st.none(), accounts),
    groups=st.builds(Groups, ids=st.frozensets(st.sampled_from([GROUP, ROLE_GROUP])), holds_role=st.booleans()),
    administrators=st.frozensets(st.sampled_from([PERSON.lower(), ROLE_GROUP, OTHER])),
    manager_id=st.sampled_from([None, MANAGER, MANAGER.upper(), OTHER]),
    methods=st.lists(st.builds(Method, kind=st.sampled_from(["fido2", "new"]), created=st.none()), max_size=1).map(
        tuple
    ),
    passes=st.lists(existing, max_size=1).map(tuple),
    policy=st.builds(
        TenantPassPolicy,
        enabled=st.booleans(),
        shortest=st.just(60),
        longest=st.just(480),
        once=st.booleans(),
        included=targets,
        excluded=targets,
    ),
    person=st.one_of(st.none(), st.builds(Person, object_id=st.just(PERSON), state=st.sampled_from(EnrollmentState))),
    last=st.one_of(st.none(), last),
)
claims = st.one_of(
    st.none(),
    st.builds(
        Claim,
        key=st.just("key"),
        object_id=st.just(PERSON),
        manager_id=st.sampled_from([None, MANAGER, OTHER]),
        created_at=st.just(NOW),
        expires_at=st.integers(-1, 24).map(lambda hours: NOW + timedelta(hours=hours)),
    ),
)
requests = st.builds(
    replace,
    st.just(REQUEST),
    issuer_id=st.sampled_from([MANAGER, OTHER, PERSON]),
    as_helpdesk=st.booleans(),
    replace=st.booleans(),
)


def must_not(found: PassFacts, claim: Claim | None, request: PassRequest, *, helpdesk: bool) -> list[str]:
    """Why there must be no pass, said once more and in another way."""
    account, person = found.account, found.person
    if account is None or person is None or claim is None:
        return ["a person or a claim is missing"]
    reach = {account.object_id.lower(), "all_users"} | found.groups.ids
    day = found.last is not None and found.last.state is not PassState.FAILED
    reasons = {
        "role": account.object_id.lower() in found.administrators,
        "role by group": bool(found.groups.ids & found.administrators) or found.groups.holds_role,
        "emergency": account.object_id == "emergency-1",
        "guest": account.external or account.user_type == "Guest",
        "disabled": not account.enabled,
        "method": bool(found.methods),
        "not invited": person.state is not EnrollmentState.INVITED,
        "policy": not found.policy.enabled or not reach & found.policy.included or bool(reach & found.policy.excluded),
        "today": day and found.last is not None and NOW - found.last.intended_at < timedelta(hours=24),
        "live": not request.replace
        and any(not item.used_up and (item.ends is None or item.ends > NOW) for item in found.passes),
        "late": claim.expires_at <= NOW,
        "for oneself": request.issuer_id == claim.object_id,
        "helpdesk": request.as_helpdesk and not helpdesk,
        "manager": not request.as_helpdesk
        and not (claim.manager_id == request.issuer_id and (found.manager_id or "").lower() == request.issuer_id),
    }
    return [name for name, holds in reasons.items() if holds]


@settings(max_examples=1500)
@given(facts, claims, requests, st.booleans())
def test_a_pass_is_made_exactly_where_nothing_forbids_it(
    found: PassFacts, claim: Claim | None, request: PassRequest, helpdesk: bool
) -> None:
    reasons = must_not(found, claim, request, helpdesk=helpdesk)
    assert allowed(found, claim, request, helpdesk=helpdesk, now=NOW) == (not reasons), reasons


def test_one_fault_is_enough() -> None:
    """Random facts are nearly always wrong in many ways: here each stands alone beside what is fine."""
    assert allowed(FINE, CLAIM, REQUEST, helpdesk=False, now=NOW)
    recent = PersonPass(PERSON, PassState.MADE, "r-0", "key", MANAGER, NOW - timedelta(hours=23))
    alive = ExistingPass("p", NOW + timedelta(minutes=1), used_up=False, created=NOW)
    changes: list[dict[str, Any]] = [
        {"account": None},
        {"account": replace(ACCOUNT, enabled=False)},
        {"account": replace(ACCOUNT, external=True)},
        {"account": replace(ACCOUNT, user_type="Guest")},
        {"administrators": frozenset({PERSON.lower()})},
        {"groups": Groups(frozenset({ROLE_GROUP}), holds_role=False)},
        {"groups": Groups(frozenset(), holds_role=True)},
        {"manager_id": None},
        {"manager_id": OTHER},
        {"methods": (Method("new", None, known=False),)},
        {"passes": (alive,)},
        {"passes": (replace(alive, ends=None),)},
        {"policy": replace(POLICY, enabled=False)},
        {"policy": replace(POLICY, included=frozenset())},
        {"policy": replace(POLICY, excluded=frozenset({GROUP}))},
        {"person": None},
        {"last": recent},
        {"last": replace(recent, state=PassState.UNKNOWN)},
        {"last": replace(recent, state=PassState.TAKEN_BACK)},
        *({"person": Person(PERSON, state)} for state in EnrollmentState if state is not EnrollmentState.INVITED),
    ]
    for change in changes:
        assert not allowed(replace(FINE, **change), CLAIM, REQUEST, helpdesk=True, now=NOW), change
    for claim in (
        None,
        replace(CLAIM, expires_at=NOW),
        replace(CLAIM, manager_id=None),
        replace(CLAIM, manager_id=OTHER),
    ):
        assert not allowed(FINE, claim, REQUEST, helpdesk=True, now=NOW), claim
    by_helpdesk = replace(REQUEST, issuer_id=OTHER, as_helpdesk=True)
    assert allowed(FINE, replace(CLAIM, manager_id=None), by_helpdesk, helpdesk=True, now=NOW)
    assert not allowed(FINE, CLAIM, by_helpdesk, helpdesk=False, now=NOW)
    assert allowed(replace(FINE, last=replace(recent, state=PassState.FAILED)), CLAIM, REQUEST, helpdesk=False, now=NOW)
