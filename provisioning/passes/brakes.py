"""Who must not get a pass: decided from what this role read itself, never from what a message or a claim says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.graph.accounts import Account, Groups, find_manager, read_account_with_identities, read_memberships
from provisioning.graph.client import Graph
from provisioning.graph.directory_roles import administrators, eligible_groups
from provisioning.graph.sign_in_methods import Method
from provisioning.graph.temporary_access_pass import (
    ExistingPass,
    TenantPassPolicy,
    methods_and_passes,
    read_pass_policy,
)
from provisioning.log import EventLog
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.passes import Claim, PassRefusal, PassRequest, PassState, PersonPass

log = EventLog(__name__)

A_DAY = timedelta(days=1)
NOT_A_PASS = (PassState.FAILED,)  # states of an attempt that made none


@dataclass(frozen=True)
class PassFacts:
    """What is true of a person at this moment.

    Attributes:
        account: As the directory has it; None if it is gone.
        groups: What it is in.
        administrators: Who and what holds a directory role or may activate one, in lower case.
        manager_id: As the directory has it.
        methods: The registered ones; of unknown kinds, too, since they may be good ones.
        passes: The ones in Entra, from any issuer.
        policy: The tenant's.
        person: The ledger's row.
        last: The last pass that this role made for them.
        may_join: Groups that they, or a group they are in, may join or own (Privileged Identity Management for groups),
            in lower case; None where this role may not see that.
    """

    account: Account | None
    groups: Groups
    administrators: frozenset[str]
    manager_id: str | None
    methods: tuple[Method, ...]
    passes: tuple[ExistingPass, ...]
    policy: TenantPassPolicy
    person: Person | None
    last: PersonPass | None
    may_join: frozenset[str] | None = frozenset()


NO_GROUPS = Groups(frozenset(), holds_role=False)


async def read_pass_facts(graph: Graph, object_id: str, *, person: Person | None, last: PersonPass | None) -> PassFacts:
    """Read everything that decides, anew for every request.

    Raises:
        GraphError: Graph refuses to show something, or the account goes away meanwhile.
        TransientError: Graph is unwell.
    """
    policy = await read_pass_policy(graph)
    account = await read_account_with_identities(graph, object_id)
    if account is None:
        return PassFacts(None, NO_GROUPS, frozenset(), None, (), (), policy, person, last)
    methods, passes = await methods_and_passes(graph, object_id)
    groups = await read_memberships(graph, object_id)
    may_join = await eligible_groups(graph, [object_id, *sorted(groups.ids)])
    if may_join is None:
        log.info("eligible_groups_hidden", object=object_id)
    return PassFacts(
        account=account,
        groups=groups,
        administrators=await administrators(graph),
        manager_id=await find_manager(graph, object_id),
        methods=methods,
        passes=tuple(passes),
        policy=policy,
        person=person,
        last=last,
        may_join=may_join,
    )


def refuse_person(facts: PassFacts, *, emergency: frozenset[str]) -> PassRefusal | None:
    """Return why this person gets no pass from any issuer; None if they may have one.

    Args:
        facts: What is true of them.
        emergency: Object ids of the emergency accounts, in lower case.
    """
    account = facts.account
    if account is None:
        return PassRefusal.ACCOUNT_GONE
    if is_privileged(account, facts, emergency=emergency):
        return PassRefusal.ADMINISTRATOR
    if account.external or account.guest:
        return PassRefusal.EXTERNAL
    if not account.enabled:
        return PassRefusal.ACCOUNT_DISABLED
    if facts.methods:
        return PassRefusal.HAS_METHOD
    if facts.person is None or facts.person.state is not EnrollmentState.INVITED:
        return PassRefusal.NOT_INVITED
    if not facts.policy.admits({account.object_id, *facts.groups.ids}):
        return PassRefusal.OUT_OF_POLICY
    return None


def is_privileged(account: Account, facts: PassFacts, *, emergency: frozenset[str]) -> bool:
    """Tell whether an account holds a role or may activate one, or is for emergencies. A group counts that it is in, or
    may join."""
    own_id = account.object_id.lower()
    behind = {own_id, *facts.groups.ids, *(facts.may_join or ())}
    roles = not behind.isdisjoint(facts.administrators)
    return roles or facts.groups.holds_role or own_id in emergency


def refuse_issuer(facts: PassFacts, request: PassRequest) -> PassRefusal | None:
    """Return why this issuer may not have it; the directory tells who the manager is, not the claim alone."""
    if request.as_helpdesk:
        return None
    if facts.manager_id is None or facts.manager_id.lower() != request.issuer_id.lower():
        return PassRefusal.NOT_MANAGER
    return None


def refuse_repetition(facts: PassFacts, request: PassRequest, *, now: datetime) -> PassRefusal | None:
    """Return why there is no further pass for this person now."""
    last = facts.last
    if last is not None and last.state not in NOT_A_PASS and now < last.intended_at + A_DAY:
        unknown = last.state in (PassState.UNKNOWN, PassState.INTENDED)
        return PassRefusal.OUTCOME_UNKNOWN if unknown else PassRefusal.DAY_LIMIT
    if any(item.live(now=now) for item in facts.passes) and not request.replace:
        return PassRefusal.LIVE_PASS
    return None


def refuse_claim(claim: Claim | None, request: PassRequest, *, helpdesk: bool, now: datetime) -> PassRefusal | None:
    """Return what is wrong with a claim, or with who uses it.

    Args:
        claim: The row; None where there is none.
        request: As front sent it.
        helpdesk: Whether a helpdesk may use claims, by this role's own setting.
        now: The time.
    """
    if claim is None:
        return PassRefusal.CLAIM_UNKNOWN
    is_manager = claim.manager_id is not None and claim.manager_id.lower() == request.issuer_id.lower()
    if not (helpdesk if request.as_helpdesk else is_manager):
        return PassRefusal.WRONG_ISSUER
    if request.issuer_id.lower() == claim.object_id.lower():
        return PassRefusal.WRONG_ISSUER
    return PassRefusal.CLAIM_EXPIRED if now >= claim.expires_at else None
