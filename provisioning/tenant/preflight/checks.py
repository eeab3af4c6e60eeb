"""Before any write: what an admin should know, and what must stop us. Reads only, and few requests.

The objects' own faults (foreign namesakes, unexpected owners) are found where each is looked at.
"""

from collections.abc import Iterator
from typing import Any

from provisioning.model.operation import Mode
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight import prerequisites as preconditions
from provisioning.tenant.preflight.configured_ids import check_configured_ids
from provisioning.tenant.preflight.other_policies import asks_everywhere, guards_registration
from provisioning.tenant.preflight.permissions import permission_findings
from provisioning.tenant.preflight.strength import find_strength
from provisioning.tenant.resources.base import Observed
from provisioning.tenant.resources.policies import EnrollmentPolicy, RegistrationPolicy, policy_resources_of
from provisioning.tenant.resources.policy import Policies, PolicyResource

MOST_POLICIES = 240  # since 2026; 195 before (entra-docs, service limits), and every state counts
MANY_POLICIES = 190


async def preflight(run: OperationContext, mode: Mode) -> tuple[Finding, ...]:
    """Every finding, each with a remedy. Where a permission is missing nothing more is asked: it would be refused.

    Args:
        run: Its `strength_id` is set where an authentication strength is.
        mode: The operation that is planned or begins.

    Raises:
        GraphError: Graph refuses to show something.
    """
    findings = list(permission_findings(run, mode))
    if any(finding.level == "blocking" for finding in findings) or mode is Mode.REMOVE:
        return tuple(findings)
    if mode in (Mode.APPLY, Mode.ENABLE):
        findings += await preconditions.break_glass(run)
        findings += await check_configured_ids(run)
        findings += await preconditions.license(run)
        findings += await preconditions.security_defaults(run, mode)
        policies = await run.policies()
        findings += beside_ours(run, mode, policies)
        findings += limit(run, mode, policies)
        findings += await find_strength(run)
    findings += state_of_ours(run, mode, await run.policies())
    return tuple(findings)


def beside_ours(run: OperationContext, mode: Mode, policies: Policies) -> Iterator[Finding]:
    """What the other policies mean for ours."""
    kinds = (RegistrationPolicy(), EnrollmentPolicy())
    ours = [policy for kind in kinds for policy in kind.among(run, policies)]
    others = [policy for policy in policies if policy not in ours]
    whom: dict[str, Any] = {"group_id": run.objects.group_id, "everybody": run.desired.everybody}
    everywhere = tuple(policy["id"] for policy in others if asks_everywhere(policy, **whom))
    if everywhere:
        yield Finding(
            "mfa_everywhere",
            "warning",
            "Another policy already asks our people for MFA at every application, so whatever they open first starts "
            f"their registration, not only our tile: {', '.join(everywhere)}.",
            "Exclude the enrollment group from it until people have registered, or tell new hires to open the tile "
            "first.",
            everywhere,
        )
    guarded = run.desired.registration_policy != "off"  # ours is turned on before the other one is
    if not guarded and not any(guards_registration(policy, **whom) for policy in others):
        yield unguarded(run, mode)


def unguarded(run: OperationContext, mode: Mode) -> Finding:
    """The main risk of enrolling ahead of the first day (entra-docs, policy-all-users-security-info-registration)."""
    accepted = run.desired.unprotected_registration
    return Finding(
        "registration_unguarded",
        "blocking" if mode is Mode.ENABLE and not accepted else "warning",
        "No enabled policy guards the registration of sign-in methods: whoever has a new hire's first password can "
        "register a phone in their place.",
        "Set REGISTRATION_POLICY to mfa or mfa_or_trusted_location and apply, and hand out Temporary Access Passes. If "
        "registration is guarded in another way, set ACKNOWLEDGE_UNPROTECTED_REGISTRATION to true.",
    )


def limit(run: OperationContext, mode: Mode, policies: Policies) -> Iterator[Finding]:
    """Whether there is room for what an apply makes. A policy of ours that has an id is there, listed or not."""
    if mode is not Mode.APPLY or len(policies) < MANY_POLICIES:
        return
    to_make = sum(
        1
        for kind in policy_resources_of(run.desired)
        if getattr(run.objects, kind.id_field) is None and not kind.among(run, policies)
    )
    full = to_make > 0 and len(policies) + to_make > MOST_POLICIES
    yield Finding(
        "policy_limit",
        "blocking" if full else "warning",
        f"The tenant has {len(policies)} Conditional Access policies, and Entra takes {MOST_POLICIES} (195 in tenants "
        "that the newer limit has not reached).",
        "Delete policies that nobody needs; those that are off count too.",
    )


def state_of_ours(run: OperationContext, mode: Mode, policies: Policies) -> Iterator[Finding]:
    """What somebody did to our own policies since the last apply."""
    for kind in policy_resources_of(run.desired):
        for policy in kind.among(run, policies):
            if policy["state"] == "disabled":
                yield disabled(kind, policy)
            if mode is Mode.ENABLE:
                yield from drifted(run, kind, policy)


def disabled(kind: PolicyResource, policy: dict[str, Any]) -> Finding:
    """This product knows report-only and enabled; a person turned it off."""
    return Finding(
        "policy_disabled",
        "warning",
        f"Somebody turned the {kind.name} {policy['id']} off: it neither asks anybody nor records what it would do, "
        "and What-If does not look at it.",
        'Find out why. Then turn it on with {"mode":"enable"}, or back to report-only with {"mode":"disable"}.',
        (policy["id"],),
    )


def drifted(run: OperationContext, kind: PolicyResource, policy: dict[str, Any]) -> Iterator[Finding]:
    """A policy that was changed must not come into force as it is: it might spare no emergency account any more."""
    if run.desired.strength is not None and run.strength_id is None:
        return  # that has a finding of its own
    fields = [change.field for change in kind.diff(run, Observed(policy))]
    if fields:
        yield Finding(
            "policy_drifted",
            "blocking",
            f"The {kind.name} {policy['id']} is not as it should be and would come into force so: {', '.join(fields)}.",
            'Apply first, which puts that back: POST /api/tenant {"mode":"apply"}.',
            (policy["id"],),
        )
