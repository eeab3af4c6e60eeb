"""Can this person finish? One pure function from what was read of a person and of the policies to an answer.

Whatever was not read is taken for the best and for the worst that it may be; where that makes a difference the answer
is unknown, and names the facts that would decide. Every fact is one-sided: no better fact makes the answer worse.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from provisioning.model.finish import Answer, Finish
from provisioning.model.finish_reasons import Missing, Reason
from provisioning.tenant.forecast.demands import (
    COMBINATIONS,
    Shown,
    asks_every_time,
    lets_in,
    methods_shown,
    obstacle,
    pass_shown,
)
from provisioning.tenant.forecast.person_facts import NOT_ASKED, PersonFacts, Place, Verdicts
from provisioning.tenant.preflight.coverage import Certainty
from provisioning.tenant.preflight.policy_reading import BLOCK, Policy, strength_of

PASSKEYS = frozenset({"fido2"})  # adding one asks for MFA of the last five minutes (entra-docs, combined registration)
SECURITY_DEFAULTS_METHODS = frozenset({"microsoftAuthenticator", "softwareOath"})  # all that their prompt registers
EVERY_METHOD = frozenset(COMBINATIONS)
LETS_NOBODY_IN: Policy = {"grantControls": {"operator": "OR", "builtInControls": [BLOCK]}}

Fact = TypeVar("Fact")


def can_finish(facts: PersonFacts) -> Finish:
    """Tell whether a person can finish from a phone at home, and why not.

    Args:
        facts: Gathered once, each with an honest "not known".
    """
    unread = facts.unread()
    worst = Assumption(facts, frozenset()).answer()
    if not unread or worst.answer is Assumption(facts, unread).answer().answer:
        return worst
    decides = {name for name in unread if matters(name, facts, unread)} or unread
    return Finish(
        Answer.UNKNOWN,
        missing=tuple(name for name in Missing if name in decides),
        at_worst=worst.answer,
        on_managed_device=worst.on_managed_device,
    )


def matters(name: Missing, facts: PersonFacts, unread: frozenset[Missing]) -> bool:
    """Tell whether one fact that was not read could change the answer, by itself or as the last one."""
    answers = [Assumption(facts, hoped).answer().answer for hoped in ((), {name}, unread - {name}, unread)]
    return answers[0] is not answers[1] or answers[2] is not answers[3]


@dataclass(frozen=True)
class Assumption:
    """The facts with all that is missing filled in.

    Args:
        facts: As they were read.
        hoped: What is taken for the best that it may be; all else that is missing is taken for the worst.
    """

    facts: PersonFacts
    hoped: Collection[Missing]

    def answer(self) -> Finish:
        """Return the answer if that is so."""
        first = self.account_obstacle()
        if first is not None:
            return done(Answer.CANNOT, first)
        phone = self.at(self.facts.phone, managed=False)
        managed = self.at(self.facts.managed, managed=True)
        asked = self.facts.managed != NOT_ASKED
        phone_only = not self.methods and self.open_methods == {"phone"}
        return replace(phone, on_managed_device=managed.answer if asked else None, phone_only=phone_only)

    def fill(self, name: Missing, value: Fact | None, *, best: Fact, worst: Fact) -> Fact:
        """Return a fact, or what stands in for it."""
        return value if value is not None else best if name in self.hoped else worst

    @property
    def methods(self) -> frozenset[str]:
        """Return what is registered."""
        return self.fill(Missing.METHODS, self.facts.methods, best=EVERY_METHOD, worst=frozenset())

    @property
    def open_methods(self) -> frozenset[str]:
        """Return what they may register."""
        good = {Certainty.YES, Certainty.UNKNOWN} if Missing.OPEN_METHODS in self.hoped else {Certainty.YES}
        everything = dict.fromkeys(EVERY_METHOD, Certainty.UNKNOWN)
        found = self.facts.open_methods if self.facts.open_methods is not None else everything
        kinds = frozenset(kind for kind, answer in found.items() if answer in good)
        return kinds & SECURITY_DEFAULTS_METHODS if self.facts.security_defaults else kinds

    @property
    def may_have_pass(self) -> bool:
        """Return whether they may have a pass."""
        known = {Certainty.YES: True, Certainty.NO: False}.get(self.facts.passes)
        return self.fill(Missing.PASSES, known, best=True, worst=False)

    def account_obstacle(self) -> Reason | None:
        """Return what is wrong with the account itself."""
        facts = self.facts
        wrong = {
            Reason.NO_ACCOUNT: facts.accounts == 0,
            Reason.SEVERAL_ACCOUNTS: facts.accounts > 1,
            Reason.ACCOUNT_DISABLED: not self.fill(Missing.ACCOUNT, facts.enabled, best=True, worst=False),
            Reason.EXTERNAL_PERSON: self.fill(Missing.ACCOUNT, facts.external, best=False, worst=True),
        }
        return next((reason for reason, applies in wrong.items() if applies), None)

    def policies(self, name: Missing, verdicts: Verdicts | None) -> tuple[Policy, ...]:
        """Return the policies that apply at a sign-in."""
        best, worst = Verdicts(), Verdicts((LETS_NOBODY_IN,))
        found = self.fill(name, verdicts, best=best, worst=worst)
        return found.applied if name in self.hoped else (*found.applied, *found.unsure)

    def at(self, place: Place, *, managed: bool) -> Finish:
        """Return the answer at one place."""
        application = self.policies(Missing.AT_APPLICATION, place.application)
        registration = self.policies(Missing.AT_REGISTRATION, place.registration)
        now = methods_shown(self.methods, managed=managed) if self.methods else Shown(managed=managed)
        if self.methods and not any(strength_of(policy) and not lets_in(policy, now) for policy in application):
            return done(Answer.CAN, Reason.HAS_METHOD)
        if self.fill(Missing.ROLES, self.facts.administrator, best=False, worst=True):
            return done(Answer.CANNOT, Reason.HOLDS_A_ROLE)
        if not self.open_methods:
            return done(Answer.CANNOT, Reason.NO_METHOD_OPEN)
        later = methods_shown(self.methods | self.open_methods, managed=managed)
        walls = Walls().add(application, later, at_registration=False)
        if walls.found:
            return walls.cannot()
        guards = [policy for policy in registration if not lets_in(policy, now)]
        passkeys_alone = not self.methods and self.open_methods <= PASSKEYS
        if not guards and not passkeys_alone:
            return done(Answer.CAN, Reason.ADDS_METHOD if self.methods else Reason.PASSWORD_IS_ENOUGH)
        need = Reason.REGISTRATION_GUARDED if guards else Reason.ONLY_PASSKEYS_OPEN
        return self.by_pass(application, registration, need=need, managed=managed)

    def by_pass(
        self, application: tuple[Policy, ...], registration: tuple[Policy, ...], *, need: Reason, managed: bool
    ) -> Finish:
        """Return the answer for who needs a pass."""
        shown = pass_shown(once=self.facts.pass_once, managed=managed)
        walls = Walls(has_pass=True)
        walls = walls.add(registration, shown, at_registration=True).add(application, shown, at_registration=False)
        if not self.may_have_pass:
            walls = walls.and_also(Reason.PASS_NOT_FOR_THEM if self.facts.pass_enabled else Reason.PASS_OFF)
        twice = [policy for policy in registration if asks_every_time(policy)] if self.facts.pass_once else []
        if twice:
            walls = walls.and_also(Reason.PASS_ASKED_FOR_TWICE, *twice)
        if walls.found:
            return walls.cannot()
        two = (Reason.TWO_PASSES,) if self.facts.pass_once and self.facts.new_laptop else ()
        return done(Answer.WITH_A_PASS, *two, need)


@dataclass(frozen=True)
class Walls:
    """What keeps a person out.

    Args:
        has_pass: Whether they show a pass.
        found: Each reason with the ids of its policies.
    """

    has_pass: bool = False
    found: tuple[tuple[Reason, tuple[str, ...]], ...] = ()

    def add(self, policies: Iterable[Policy], shown: Shown, *, at_registration: bool) -> "Walls":
        """Return the same with the policies that do not let in who shows this."""
        walls = self
        for policy in policies:
            if not lets_in(policy, shown):
                reason = obstacle(policy, at_registration=at_registration, has_pass=self.has_pass)
                walls = walls.and_also(reason, policy)
        return walls

    def and_also(self, reason: Reason, *policies: Policy) -> "Walls":
        """Return the same with one reason more."""
        ids = tuple(str(policy["id"]) for policy in policies if "id" in policy)
        return replace(self, found=(*self.found, (reason, ids)))

    def cannot(self) -> Finish:
        """Return the answer that names them all."""
        ids = dict.fromkeys(policy_id for _, policies in self.found for policy_id in policies)
        return done(Answer.CANNOT, *dict.fromkeys(reason for reason, _ in self.found), policy_ids=tuple(ids))


def done(answer: Answer, *reasons: Reason, policy_ids: tuple[str, ...] = ()) -> Finish:
    """Return an answer that nothing is missing from."""
    return Finish(answer, reasons, policy_ids, at_worst=answer)
