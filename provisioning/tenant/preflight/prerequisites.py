"""What the tenant must have before a policy of ours makes sense: a license, and no security defaults. Pure.

Nothing here is ever written; security defaults least of all.
"""

from collections.abc import Mapping
from typing import Any

from provisioning.model.operation import Mode
from provisioning.model.plan import Finding
from provisioning.tenant.desired import Desired
from provisioning.tenant.preflight.facts import TenantFacts

# Service plans AAD_PREMIUM and AAD_PREMIUM_P2 (entra-docs, licensing-service-plan-reference); P2 includes P1.
PREMIUM_PLANS = frozenset({"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "eec0eb4f-6444-4f95-aba0-50c24d67f998"})
# Application role Mail.Send of Microsoft Graph, the same in every tenant (Microsoft Graph permissions reference).
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
IN_FORCE = frozenset({"Enabled", "Warning"})


def license(facts: TenantFacts) -> tuple[Finding, ...]:
    """Tell that P1 is missing: without it Entra refuses every Conditional Access policy, a report-only one too."""
    skus = facts.subscriptions
    if skus is None or any(is_subscription_in_force(sku) and has_premium(sku) for sku in skus):
        return ()
    lapsed = sorted({f"{sku['skuPartNumber']} is {sku['capabilityStatus']}" for sku in skus if has_premium(sku)})
    state = f" ({', '.join(lapsed)})" if lapsed else ""
    return (
        Finding(
            "no_p1",
            "blocking",
            f"The tenant has no active Entra ID P1 or P2{state}, which Conditional Access requires.",
            "Buy or renew Entra ID P1, or a suite that contains it, for everyone the policy covers.",
        ),
    )


def mail_from_everywhere(facts: TenantFacts) -> tuple[Finding, ...]:
    """Tell that the people identity may send as anybody, which makes the scope of Exchange's RBAC void: rights add up.

    A scope grants nothing that Graph shows, so a role that is there is one that an admin consented to.
    """
    if facts.people_roles is None or MAIL_SEND not in facts.people_roles:
        return ()
    return (
        Finding(
            "mail_from_everywhere",
            "warning",
            "The people identity holds the permission Mail.Send: it may send mail as anyone in the tenant, and a scope "
            "set in Exchange's RBAC for Applications has no effect.",
            "Revoke it: python -m provisioning bootstrap --revoke. Messages need only the role in Exchange; see "
            "docs/messages.md.",
        ),
    )


def passes_by_password(desired: Desired) -> tuple[Finding, ...]:
    """Tell that a manager may have a pass made after a sign-in by password: the policy covers newcomers alone.

    The page cannot see it: an ID token of the v2.0 endpoint does not say how a person signed in (entra-docs,
    id-token-claims-reference).
    """
    if not desired.passes or desired.everybody:
        return ()
    return (
        Finding(
            "passes_by_password",
            "warning",
            "Managers can have passes made, but our policy asks only newcomers for MFA: anyone who has a manager's "
            "password and a link meant for that manager could sign in as the newcomer.",
            "Set POLICY_USERS to all, or make sure that another policy asks managers and the helpdesk for MFA here.",
        ),
    )


def one_identity(desired: Desired) -> tuple[Finding, ...]:
    """Tell that one identity serves every app, so that nothing stands between the page and the policies."""
    if not desired.single_app:
        return ()
    return (
        Finding(
            "single_app",
            "warning",
            "One app with one identity runs everything (SINGLE_APP): an attacker who takes over the page can write "
            "policies, too.",
            "Use this only for trying out. Before people depend on it, create another environment without SINGLE_APP, "
            "and take this one down.",
        ),
    )


def is_subscription_in_force(sku: Mapping[str, Any]) -> bool:
    """Tell whether a subscription counts and has seats; one in its grace period ("Warning") does (subscribedSku)."""
    units = sku.get("prepaidUnits") or {}
    return sku.get("capabilityStatus") in IN_FORCE and (units.get("enabled") or 0) + (units.get("warning") or 0) > 0


def has_premium(sku: Mapping[str, Any]) -> bool:
    """Tell whether it contains P1 or P2, switched on."""
    return any(
        str(plan.get("servicePlanId")).casefold() in PREMIUM_PLANS and plan.get("provisioningStatus") == "Success"
        for plan in sku.get("servicePlans") or ()
    )


def security_defaults(facts: TenantFacts, mode: Mode) -> tuple[Finding, ...]:
    """Tell that they are on: Entra takes a report-only policy beside them and refuses an enabled one."""
    if not facts.security_defaults:
        return ()
    return (
        Finding(
            "security_defaults_on",
            "blocking" if mode is Mode.ENABLE else "warning",
            "Security defaults are on. Entra accepts report-only policies alongside them, but no enabled policy.",
            "Decide with your security team whether to replace them with Conditional Access; this product never does "
            "that.",
        ),
    )


def group_restriction(facts: TenantFacts, *, group_id: str | None) -> tuple[Finding, ...]:
    """Tell that a restricted management administrative unit keeps this product from the group's members."""
    if not facts.group_restricted:
        return ()
    return (
        Finding(
            "group_restricted",
            "blocking",
            f"The group {group_id} is in a restricted management administrative unit, which keeps its members from "
            "this product.",
            "Take the group out of that administrative unit.",
            (str(group_id),),
        ),
    )
