"""What an admin should know before a write, and what must stop it: first what needs no plan, then what the plan does.

Reads only, and few requests. The objects' own faults (foreign namesakes, unexpected owners) are found where each is
looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from provisioning.model.operation import MAY_ASK_PEOPLE, Mode
from provisioning.model.plan import Finding, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight import prerequisites
from provisioning.tenant.preflight.answers import read_groups
from provisioning.tenant.preflight.configured_ids import check_configured_ids, configured_ids
from provisioning.tenant.preflight.emergency_findings import emergency
from provisioning.tenant.preflight.exposure import Exposure, exposure
from provisioning.tenant.preflight.exposure_facts import Facts, groups_to_read
from provisioning.tenant.preflight.exposure_findings import exposure_findings
from provisioning.tenant.preflight.facts import TenantFacts, read_facts
from provisioning.tenant.preflight.guard_findings import guard_scope
from provisioning.tenant.preflight.judgment import Judgment
from provisioning.tenant.preflight.own_policy_findings import about_our_policies, state_of_ours
from provisioning.tenant.preflight.permissions import permission_findings
from provisioning.tenant.preflight.planned_policies import OURS, comes_into_force, our_policy, policies_after
from provisioning.tenant.preflight.policy_reading import Policy
from provisioning.tenant.preflight.strength import find_strength
from provisioning.tenant.preflight.what_if import confirm
from provisioning.tenant.resources.policies import policy_resources_of
from provisioning.tenant.resources.policy_base import Policies

MOST_POLICIES = 240  # since 2026; 195 before (entra-docs, service limits), and every state counts
MANY_POLICIES = 190


@dataclass(frozen=True)
class Preflight:
    """What was found before anything was planned.

    Args:
        findings: Each with a remedy.
        facts: What was read; None where nothing was, because a permission is missing or nothing depends on it.
        before: The policies as they stood.
    """

    findings: tuple[Finding, ...] = ()
    facts: TenantFacts | None = None
    before: tuple[Policy, ...] = ()


async def preflight(context: OperationContext, mode: Mode, *, writes: bool = True) -> Preflight:
    """Read what judgments need. Where a permission is missing nothing more is asked: it would be refused.

    Args:
        context: Its `strength_id` is set where an authentication strength is, and emergency accounts that do not exist
            are taken out of its settings, so that they do not stop what protects the others.
        mode: The operation that is planned or begins.
        writes: False for a look, which judges as the operation would and needs the permissions of a proof only.

    Raises:
        GraphError: Graph refuses to show something.
        TransientError: Graph or the network is unwell.
    """
    findings = list(permission_findings(context, mode if writes else Mode.VERIFY))
    if any(finding.level == "blocking" for finding in findings) or mode is Mode.REMOVE:
        return Preflight(tuple(findings))
    if mode not in MAY_ASK_PEOPLE:  # turning off and taking away must not depend on it; verify asks itself
        findings += state_of_ours(context, mode, await context.policies())
        return Preflight(tuple(findings))
    policies = await context.policies()
    facts: TenantFacts | None = context.observed.facts
    if facts is None:
        ids = [item.object_id for item in configured_ids(context)]
        facts = context.observed.facts = await read_facts(context, principal_ids=ids)
    findings += emergency(facts.emergency, mode)
    findings += await check_configured_ids(context, facts.principals)
    findings += prerequisites.license(facts)
    findings += prerequisites.passes_by_password(context.desired)
    findings += prerequisites.one_identity(context.desired)
    findings += prerequisites.mail_from_everywhere(facts)
    findings += prerequisites.group_restriction(facts, group_id=context.objects.group_id)
    findings += prerequisites.security_defaults(facts, mode)
    findings += limit(context, mode, policies)
    findings += find_strength(context, facts)
    leave_out_the_lost(context, facts)
    findings += state_of_ours(context, mode, policies)
    return Preflight(tuple(findings), facts, tuple(policies))


def leave_out_the_lost(context: OperationContext, facts: TenantFacts) -> None:
    """Leave out emergency accounts that are gone: they cannot be excluded, and must not keep the others from being."""
    lost = {account.object_id for account in facts.emergency if account.exists is False}
    ids = context.desired.break_glass_user_ids
    there = tuple(user_id for user_id in ids if user_id.casefold() not in lost)
    if lost and there:
        desired = replace(context.desired, break_glass_user_ids=there, lost_break_glass_user_ids=tuple(sorted(lost)))
        context.environment = replace(context.environment, desired=desired)


async def judge(
    context: OperationContext,
    mode: Mode,
    found: Preflight,
    steps: Sequence[PlannedStep],
    *,
    with_method: frozenset[str] | None = None,
) -> tuple[Exposure | None, tuple[Finding, ...]]:
    """Compute who is let in and who is locked out, now and once the steps are taken.

    Args:
        context: After its steps were planned, so that its ids are those of what is there.
        mode: What is planned.
        found: By the preflight.
        steps: The plan's.
        with_method: People who are known to have a sign-in method; None if nobody looked.

    Returns:
        Exposure after the steps, and the findings; none where nothing was read.

    Raises:
        GraphError: Graph refuses to show something.
        TransientError: Graph or the network is unwell.
    """
    if found.facts is None:
        return None, ()
    policies, read = tuple(await context.policies()), found.facts
    later, ids = policies_after(context, policies, steps, strengths=read.strengths or ())
    now = facts_of(context, read, policies, current_ids(context, policies), with_method=with_method)
    after = facts_of(context, read, later, ids, with_method=with_method)
    read = await with_groups(context, read, now, after)
    now, after = replace(now, directory=read.directory), replace(after, directory=read.directory)
    confirmed = exposure(after)
    more: tuple[Finding, ...] = ()
    if mode is Mode.ENABLE:
        confirmed, more = await confirm(context, after, confirmed)
    judgment = Judgment(
        desired=context.desired,
        facts=read,
        now=exposure(now),
        after=confirmed,
        mode=mode,
        into_force=comes_into_force(mode, steps),
    )
    return confirmed, (
        *exposure_findings(judgment),
        *more,
        *about_our_policies(context, policies),
        *guard_scope(judgment.after, judgment.facts, context.desired),
    )


async def current_facts(
    context: OperationContext, read: TenantFacts, *, with_method: frozenset[str] | None = None
) -> tuple[Facts, TenantFacts]:
    """Return what exposure is computed from as the tenant is, with the groups that its policies name.

    Raises:
        GraphError: Graph refuses to show something.
        TransientError: Graph or the network is unwell.
    """
    policies = tuple(await context.policies())
    facts = facts_of(context, read, policies, current_ids(context, policies), with_method=with_method)
    read = await with_groups(context, read, facts)
    return replace(facts, directory=read.directory), read


async def with_groups(context: OperationContext, read: TenantFacts, *facts: Facts) -> TenantFacts:
    """Add the people in the groups that policies name to what was read; a group that is hidden stays unknown."""
    wanted = sorted({group_id for item in facts for group_id in groups_to_read(item)})
    if not wanted:
        return read
    found, hidden = await read_groups(context, wanted)
    directory = replace(read.directory, groups={**read.directory.groups, **found})
    return replace(read, directory=directory, unreadable=(*read.unreadable, *hidden))


def facts_of(
    context: OperationContext,
    read: TenantFacts,
    policies: tuple[Policy, ...],
    ids: Mapping[str, str | None],
    *,
    with_method: frozenset[str] | None,
) -> Facts:
    """Put together what exposure is computed from."""
    enrollment, registration = (ids.get(kind.name) for kind in OURS)
    return Facts(
        policies=policies,
        directory=read.directory,
        app_id=context.objects.app_id or "(of the new application)",
        enrollment_id=enrollment,
        registration_id=registration,
        members=read.members,
        emergency=read.emergency,
        passes=read.passes,
        with_method=with_method,
    )


def current_ids(context: OperationContext, policies: Sequence[Policy]) -> dict[str, str | None]:
    """Return the ids of our policies as they stand, by the names of their steps."""
    found = {kind.name: our_policy(context, kind, policies) for kind in OURS}
    return {name: str(policy["id"]) if policy is not None else None for name, policy in found.items()}


def limit(context: OperationContext, mode: Mode, policies: Policies) -> Iterator[Finding]:
    """Tell whether there is room for what an apply makes. A policy of ours that has an id is there, listed or not."""
    if mode is not Mode.APPLY or len(policies) < MANY_POLICIES:
        return
    to_make = sum(
        1
        for kind in policy_resources_of(context.desired)
        if getattr(context.objects, kind.id_field) is None and not kind.among(context, policies)
    )
    full = to_make > 0 and len(policies) + to_make > MOST_POLICIES
    yield Finding(
        "policy_limit",
        "blocking" if full else "warning",
        f"The tenant has {len(policies)} Conditional Access policies, and Entra allows {MOST_POLICIES} (195 in tenants "
        "that do not have the newer limit yet).",
        "Delete policies that nobody needs; policies that are off count, too.",
    )
