"""Can this person finish? The answer from facts alone, public reports among them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import EXPLANATIONS, MISSING_WORDS, Missing, Reason
from provisioning.tenant.forecast.can_finish import can_finish
from provisioning.tenant.forecast.person_facts import PersonFacts, Place, Verdicts
from provisioning.tenant.preflight.coverage import Certainty
from provisioning.tenant.preflight.methods_policy import (
    MethodsPolicy,
    MethodTargets,
    pass_policy,
    read_methods_policy,
)

YES, NO, UNKNOWN = Certainty.YES, Certainty.NO, Certainty.UNKNOWN
Policy = dict[str, Any]


def policy(name: str, *controls: str, operator: str = "OR", strength: str = "", every_time: bool = False) -> Policy:
    """A policy as Graph gives it, by what it asks for."""
    grant: dict[str, Any] = {"operator": operator, "builtInControls": list(controls)}
    if strength:
        grant["authenticationStrength"] = {"id": "s", "allowedCombinations": strength.split()}
    frequency = {"isEnabled": every_time, "frequencyInterval": "everyTime"}
    return {"id": name, "grantControls": grant, "sessionControls": {"signInFrequency": frequency}}


MFA, BLOCK = policy("mfa", "mfa"), policy("block", "block")
PHISHING_RESISTANT = policy("strong", strength="windowsHelloForBusiness fido2 x509CertificateMultiFactor")
BUILT_IN = policy("built-in", strength="fido2 temporaryAccessPassOneTime temporaryAccessPassMultiUse password,sms")
COMPLIANT = policy("compliant", "compliantDevice")
COMPLIANT_AND_MFA = policy("both", "mfa", "compliantDevice", operator="AND")
COMPLIANT_OR_MFA = policy("either", "mfa", "compliantDevice")
FRESH = policy("fresh", "mfa", every_time=True)
TERMS = {**policy("terms", "mfa", operator="AND"), "grantControls": {
    "operator": "AND", "builtInControls": ["mfa"], "termsOfUse": ["t"]
}}  # fmt: skip
DUO = {"id": "duo", "grantControls": {"operator": "OR", "customAuthenticationFactors": ["RequireDuoMfa"]}}
RISK = policy("risk", "mfa", "passwordChange", operator="AND")


def place(*, app: tuple[Policy, ...] = (MFA,), registering: tuple[Policy, ...] = (), unsure: Any = ((), ())) -> Place:
    """What the policies ask for: at our application as ours does, unless told otherwise."""
    return Place(Verdicts(app, unsure[0]), Verdicts(registering, unsure[1]))


NEWCOMER = PersonFacts(
    open_methods={"fido2": YES, "microsoftAuthenticator": YES}, passes=YES, phone=place(), managed=place()
)
GUARDED = replace(NEWCOMER, phone=place(registering=(MFA,)), managed=place(registering=(MFA,)))


def guarded(*policies: Policy, app: tuple[Policy, ...] = (MFA,), **more: Any) -> PersonFacts:
    """A newcomer whose registration these policies guard, wherever they are."""
    here = place(app=app, registering=policies)
    return replace(NEWCOMER, phone=here, managed=here, **more)


CASES: dict[str, tuple[PersonFacts, Answer, tuple[Reason, ...]]] = {
    "a password is enough": (NEWCOMER, Answer.CAN, (Reason.PASSWORD_IS_ENOUGH,)),
    "has a method": (replace(GUARDED, methods=frozenset({"phone"})), Answer.CAN, (Reason.HAS_METHOD,)),
    "a guard": (GUARDED, Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)),
    "a guard by a strength that admits a pass": (
        guarded(BUILT_IN), Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)
    ),
    "terms of use are a step more": (guarded(TERMS), Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)),
    "passkeys alone: adding one wants MFA": (
        replace(NEWCOMER, open_methods={"fido2": YES, "phone": NO}), Answer.WITH_A_PASS, (Reason.ONLY_PASSKEYS_OPEN,)
    ),
    "no account": (replace(NEWCOMER, accounts=0), Answer.CANNOT, (Reason.NO_ACCOUNT,)),
    "two accounts": (replace(NEWCOMER, accounts=2), Answer.CANNOT, (Reason.SEVERAL_ACCOUNTS,)),
    "disabled": (replace(NEWCOMER, enabled=False), Answer.CANNOT, (Reason.ACCOUNT_DISABLED,)),
    "external": (replace(NEWCOMER, external=True), Answer.CANNOT, (Reason.EXTERNAL_PERSON,)),
    "administrator": (replace(NEWCOMER, administrator=True), Answer.CANNOT, (Reason.HOLDS_A_ROLE,)),
    "no method open": (replace(NEWCOMER, open_methods={"fido2": NO}), Answer.CANNOT, (Reason.NO_METHOD_OPEN,)),
    "passes are off": (
        replace(GUARDED, passes=NO, pass_enabled=False), Answer.CANNOT, (Reason.PASS_OFF,)
    ),
    "not in the pass policy's groups": (replace(GUARDED, passes=NO), Answer.CANNOT, (Reason.PASS_NOT_FOR_THEM,)),
    "registration blocked": (guarded(BLOCK), Answer.CANNOT, (Reason.REGISTRATION_BLOCKED,)),
    "a block wins over what stands beside it": (
        guarded(policy("odd", "block", "mfa")), Answer.CANNOT, (Reason.REGISTRATION_BLOCKED,)
    ),
    "application blocked": (guarded(app=(BLOCK,)), Answer.CANNOT, (Reason.APPLICATION_BLOCKED,)),
    "entra-docs#125: an all-resources strength beats the guard": (
        guarded(MFA, app=(MFA, PHISHING_RESISTANT)), Answer.CANNOT, (Reason.STRENGTH_REFUSES_PASS,)
    ),
    "a guard by a strength without a pass": (
        guarded(PHISHING_RESISTANT), Answer.CANNOT, (Reason.STRENGTH_REFUSES_PASS,)
    ),
    "a strength that no open method meets": (
        guarded(app=(PHISHING_RESISTANT,), open_methods={"phone": YES}),
        Answer.CANNOT,
        (Reason.STRENGTH_NEEDS_OTHER_METHOD,),
    ),
    "a method that the strength does not take, and one open that it does": (
        guarded(MFA, app=(PHISHING_RESISTANT,), methods=frozenset({"phone"})), Answer.CAN, (Reason.ADDS_METHOD,)
    ),
    "a compliant device alone, and no pass helps at home": (
        guarded(app=(COMPLIANT,)), Answer.CANNOT, (Reason.MANAGED_DEVICE_ONLY,)
    ),
    "a compliant device and MFA to register": (
        guarded(COMPLIANT_AND_MFA), Answer.CANNOT, (Reason.MANAGED_DEVICE_ONLY,)
    ),
    "a compliant device or MFA": (guarded(COMPLIANT_OR_MFA), Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)),
    "a password change": (guarded(RISK), Answer.CANNOT, (Reason.OTHER_CONTROL,)),
    "a foreign factor": (guarded(DUO), Answer.CANNOT, (Reason.OTHER_CONTROL,)),
    "azvise.com: a one-time pass is asked for again at the registration": (
        guarded(FRESH, pass_once=True), Answer.CANNOT, (Reason.PASS_ASKED_FOR_TWICE,)
    ),
    "azvise.com: a pass for several uses is not": (guarded(FRESH), Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)),
    "azvise.com: a new laptop uses a one-time pass up": (
        replace(GUARDED, pass_once=True, new_laptop=True),
        Answer.WITH_A_PASS,
        (Reason.TWO_PASSES, Reason.REGISTRATION_GUARDED),
    ),
    "azvise.com: a new laptop and a pass for several uses": (
        replace(GUARDED, new_laptop=True), Answer.WITH_A_PASS, (Reason.REGISTRATION_GUARDED,)
    ),
    "security defaults register no passkey": (
        replace(NEWCOMER, security_defaults=True, open_methods={"fido2": YES}),
        Answer.CANNOT,
        (Reason.NO_METHOD_OPEN,),
    ),
    "security defaults and the Authenticator": (
        replace(NEWCOMER, security_defaults=True, phone=place(app=())), Answer.CAN, (Reason.PASSWORD_IS_ENOUGH,)
    ),
    "every reason is told": (
        replace(guarded(BLOCK, PHISHING_RESISTANT), passes=NO),
        Answer.CANNOT,
        (Reason.REGISTRATION_BLOCKED, Reason.STRENGTH_REFUSES_PASS, Reason.PASS_NOT_FOR_THEM),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_answer_and_its_reasons(name: str) -> None:
    facts, answer, reasons = CASES[name]
    found = can_finish(facts)
    assert (found.answer, found.reasons, found.missing) == (answer, reasons, ())
    assert found.at_worst is answer
    assert found.why.endswith(".")
    assert found.remedy.endswith(".")


def test_the_policies_in_the_way_are_named() -> None:
    assert can_finish(guarded(MFA, PHISHING_RESISTANT, app=(MFA, BLOCK))).policy_ids == ("block",)
    assert can_finish(guarded(MFA, PHISHING_RESISTANT)).policy_ids == ("strong",)


def test_what_a_managed_device_changes_is_told_beside_the_answer() -> None:
    found = can_finish(guarded(COMPLIANT_AND_MFA))
    assert (found.answer, found.on_managed_device) == (Answer.CANNOT, Answer.WITH_A_PASS)
    assert can_finish(guarded(COMPLIANT)).on_managed_device is Answer.CAN
    assert can_finish(replace(GUARDED, managed=Place())).on_managed_device is None


MISSING: dict[str, tuple[PersonFacts, tuple[Missing, ...], Answer]] = {
    "maester#782: What-If answered 400": (
        replace(NEWCOMER, phone=Place(Verdicts((MFA,)), None)), (Missing.AT_REGISTRATION,), Answer.CANNOT
    ),
    "maester#782: What-If answered nothing": (
        replace(NEWCOMER, phone=Place()), (Missing.AT_APPLICATION, Missing.AT_REGISTRATION), Answer.CANNOT
    ),
    "not enough information about a guard": (
        replace(NEWCOMER, phone=place(unsure=((), (MFA,)))), (Missing.AT_REGISTRATION,), Answer.WITH_A_PASS
    ),
    "not enough information about a block": (
        replace(NEWCOMER, phone=place(unsure=((BLOCK,), ()))), (Missing.AT_APPLICATION,), Answer.CANNOT
    ),
    "methods": (replace(GUARDED, methods=None), (Missing.METHODS,), Answer.WITH_A_PASS),
    "an older policy may open a method": (
        replace(NEWCOMER, open_methods={"phone": UNKNOWN}), (Missing.OPEN_METHODS,), Answer.CANNOT
    ),
    "whether they may have a pass": (replace(GUARDED, passes=UNKNOWN), (Missing.PASSES,), Answer.CANNOT),
    "roles": (replace(NEWCOMER, administrator=None), (Missing.ROLES,), Answer.CANNOT),
    "the account": (replace(NEWCOMER, enabled=None), (Missing.ACCOUNT,), Answer.CANNOT),
    "two at once": (
        replace(GUARDED, passes=UNKNOWN, administrator=None), (Missing.ROLES, Missing.PASSES), Answer.CANNOT
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_what_was_not_read_is_not_known(name: str) -> None:
    facts, missing, worst = MISSING[name]
    found = can_finish(facts)
    assert (found.answer, found.missing, found.at_worst) == (Answer.UNKNOWN, missing, worst)
    assert found.reasons == ()
    assert all(MISSING_WORDS[item] in found.why for item in missing)


def test_what_would_change_nothing_leaves_the_answer_known() -> None:
    unsure = place(registering=(MFA,), unsure=((MFA,), (COMPLIANT_OR_MFA,)))
    assert can_finish(replace(NEWCOMER, phone=unsure)).answer is Answer.WITH_A_PASS
    assert can_finish(replace(NEWCOMER, passes=UNKNOWN)).answer is Answer.CAN
    assert can_finish(replace(NEWCOMER, accounts=0, enabled=None, phone=Place())).answer is Answer.CANNOT
    assert can_finish(replace(NEWCOMER, methods=None, phone=place(app=()))).answer is Answer.CAN


def test_every_reason_and_every_missing_fact_has_words() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert set(MISSING_WORDS) == set(Missing)


# Properties


POLICIES = (MFA, BLOCK, PHISHING_RESISTANT, BUILT_IN, COMPLIANT, COMPLIANT_AND_MFA, COMPLIANT_OR_MFA, FRESH, TERMS, DUO)
ORDER = (Answer.CANNOT, Answer.WITH_A_PASS, Answer.CAN)
policies = st.lists(st.sampled_from(POLICIES), max_size=3, unique_by=lambda item: item["id"]).map(tuple)
verdicts = st.builds(Verdicts, policies, policies)
places = st.builds(Place, st.none() | verdicts, st.none() | verdicts)
maybe = st.sampled_from([True, False, None])
kinds = st.sampled_from(["fido2", "microsoftAuthenticator", "phone", "softwareOath", "external"])
facts_read = st.builds(
    PersonFacts,
    accounts=st.just(1),
    enabled=maybe,
    external=maybe,
    administrator=maybe,
    methods=st.none() | st.frozensets(kinds, max_size=2),
    open_methods=st.none() | st.dictionaries(kinds, st.sampled_from(Certainty), max_size=3),
    passes=st.sampled_from(Certainty),
    pass_enabled=st.booleans(),
    pass_once=st.booleans(),
    security_defaults=st.booleans(),
    phone=places,
    managed=places,
    new_laptop=st.booleans(),
)


def completions(facts: PersonFacts) -> list[PersonFacts]:
    """The facts with all that is missing filled in: the worst and the best, and some between."""
    found = [facts]
    for name in ("enabled", "external", "administrator"):
        if getattr(facts, name) is None:
            both: list[dict[str, Any]] = [{name: True}, {name: False}]
            found = [replace(item, **value) for item in found for value in both]
    if facts.methods is None:
        found = [replace(item, methods=value) for item in found for value in (frozenset(), frozenset({"fido2"}))]
    if facts.passes is UNKNOWN:
        found = [replace(item, passes=value) for item in found for value in (YES, NO)]
    opened = facts.open_methods
    if opened is None or UNKNOWN in opened.values():
        known = dict.fromkeys(("fido2", "microsoftAuthenticator"), UNKNOWN) if opened is None else opened
        found = [
            replace(item, open_methods={kind: value if was is UNKNOWN else was for kind, was in known.items()})
            for item in found
            for value in (YES, NO)
        ]
    for name in ("application", "registration"):
        was = getattr(facts.phone, name)
        choices = (Verdicts(), Verdicts((BLOCK,))) if was is None else (Verdicts(was.applied),)
        if was is not None and was.unsure:
            choices = (*choices, Verdicts((*was.applied, *was.unsure)))
        found = [replace(item, phone=replace(item.phone, **{name: value})) for item in found for value in choices]
    return found


@given(facts_read)
@settings(max_examples=150, deadline=None)
def test_a_known_answer_holds_whatever_was_not_read(facts: PersonFacts) -> None:
    """Nothing unread is ever taken for "can finish": the answer is the same in every world that fits the facts."""
    found = can_finish(facts)
    worlds = {can_finish(world).answer for world in completions(facts)}
    assert Answer.UNKNOWN not in worlds
    if found.answer is Answer.UNKNOWN:
        assert found.missing
        assert found.at_worst is min(worlds, key=ORDER.index)
    else:
        assert worlds == {found.answer}


@given(facts_read, st.sampled_from(POLICIES), st.booleans())
@settings(max_examples=150, deadline=None)
def test_one_policy_more_never_makes_it_better(facts: PersonFacts, more: Policy, at_registration: bool) -> None:
    """A policy more, a block above all, may turn people away and never lets in one more."""
    name = "registration" if at_registration else "application"
    before = getattr(facts.phone, name) or Verdicts()
    phone = replace(facts.phone, **{name: before})
    after = replace(phone, **{name: replace(before, applied=(*before.applied, more))})
    rank = ORDER.index
    first, then = can_finish(replace(facts, phone=phone)), can_finish(replace(facts, phone=after))
    assert rank(then.at_worst) <= rank(first.at_worst)


@given(
    st.frozensets(st.sampled_from("abc")), st.frozensets(st.sampled_from("abc")), st.frozensets(st.sampled_from("abc"))
)
def test_an_excluded_group_wins(included: frozenset[str], excluded: frozenset[str], mine: frozenset[str]) -> None:
    def is_in(group_id: str) -> Certainty:
        return YES if group_id in mine else NO

    targets = MethodTargets("fido2", included | {"all_users"}, excluded)
    wanted = NO if mine & excluded else YES
    assert targets.admits(is_in) is wanted
    assert MethodsPolicy((targets,)).open_to(is_in) == {"fido2": wanted}
    every = {"id": "TemporaryAccessPass", "state": "enabled", "includeTargets": [{"id": "all_users"}]}
    body = {"authenticationMethodConfigurations": [{**every, "excludeTargets": [{"id": item} for item in excluded]}]}
    assert pass_policy(body).is_for(is_in) is wanted


def test_the_methods_policy_is_read_as_what_people_register_by_themselves() -> None:
    def method(name: str, state: str = "enabled", **more: Any) -> dict[str, Any]:
        return {"id": name, "state": state, "includeTargets": [{"id": "ALL_USERS"}], "excludeTargets": [], **more}

    body = {
        "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": [
            method("Fido2", isSelfServiceRegistrationAllowed=False),
            method("MicrosoftAuthenticator"),
            method("Sms", "disabled"),
            method("Voice"),
            method("HardwareOath"),
            method("Email"),
            method("TemporaryAccessPass"),
            method("b7", **{"@odata.type": "#microsoft.graph.externalAuthenticationMethodConfiguration"}),
        ],
    }
    everyone = read_methods_policy(body).open_to(lambda _: NO)
    assert everyone == {"external": YES, "microsoftAuthenticator": YES, "phone": YES}
    before = read_methods_policy({**body, "policyMigrationState": "migrationInProgress"}).open_to(lambda _: NO)
    assert before == {**everyone, "softwareOath": UNKNOWN}, "an older policy may open it"
