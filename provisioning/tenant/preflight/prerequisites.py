"""What the tenant must have before a policy of ours makes sense: emergency accounts, a license, no security defaults.

One request each. Nothing here is ever written; security defaults least of all.
"""

from collections.abc import Mapping
from typing import Any

from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from provisioning.graph.accounts import IDS_PER_FILTER
from provisioning.graph.client import collect
from provisioning.graph.odata import literal, query
from provisioning.model.operation import Mode
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext

UsersQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters

# Service plans AAD_PREMIUM and AAD_PREMIUM_P2 (entra-docs, licensing-service-plan-reference); P2 includes P1.
PREMIUM_PLANS = frozenset({"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "eec0eb4f-6444-4f95-aba0-50c24d67f998"})
IN_FORCE = frozenset({"Enabled", "Warning"})


async def break_glass(run: OperationContext) -> tuple[Finding, ...]:
    """Every emergency account must exist: an id with a typing error is refused late, or excludes nobody."""
    wanted = run.desired.break_glass_user_ids
    found: set[str] = set()
    for start in range(0, len(wanted), IDS_PER_FILTER):
        ids = ", ".join(literal(user_id) for user_id in wanted[start : start + IDS_PER_FILTER])
        parameters = UsersQuery(filter=f"id in ({ids})", select=["id"])
        info = run.graph.build.users.to_get_request_information(query(parameters))
        found |= {str(item["id"]).casefold() for item in await collect(run.graph.pages(info))}
    missing = tuple(user_id for user_id in wanted if user_id.casefold() not in found)
    if not missing:
        return ()
    return (
        Finding(
            "break_glass_missing",
            "blocking",
            f"There is no account with the object id {' or '.join(missing)}, so it cannot be excluded.",
            "Set BREAK_GLASS_USER_IDS to the object ids of your emergency accounts, separated by commas.",
            missing,
        ),
    )


async def license(run: OperationContext) -> tuple[Finding, ...]:
    """Entra refuses every Conditional Access policy without P1, a report-only one too."""
    answer = await run.graph.send(run.graph.build.subscribed_skus.to_get_request_information())
    skus: list[Mapping[str, Any]] = answer["value"]
    if any(is_in_force(sku) and has_premium(sku) for sku in skus):
        return ()
    lapsed = sorted({f"{sku['skuPartNumber']} is {sku['capabilityStatus']}" for sku in skus if has_premium(sku)})
    state = f" ({', '.join(lapsed)})" if lapsed else ""
    return (
        Finding(
            "no_p1",
            "blocking",
            f"The tenant has no Entra ID P1 or P2 in force{state}, which Conditional Access needs.",
            "Buy or renew Entra ID P1, or a suite that contains it, for everybody whom the policy covers.",
        ),
    )


def is_in_force(sku: Mapping[str, Any]) -> bool:
    """Whether a subscription counts and has seats; one in its grace period ("Warning") does (subscribedSku)."""
    units = sku.get("prepaidUnits") or {}
    return sku.get("capabilityStatus") in IN_FORCE and (units.get("enabled") or 0) + (units.get("warning") or 0) > 0


def has_premium(sku: Mapping[str, Any]) -> bool:
    """Whether it contains P1 or P2, switched on."""
    return any(
        str(plan.get("servicePlanId")).casefold() in PREMIUM_PLANS and plan.get("provisioningStatus") == "Success"
        for plan in sku.get("servicePlans") or ()
    )


async def security_defaults(run: OperationContext, mode: Mode) -> tuple[Finding, ...]:
    """Entra takes a report-only policy beside them and refuses an enabled one."""
    builder = run.graph.build.policies.identity_security_defaults_enforcement_policy
    answer = await run.graph.send(builder.to_get_request_information())
    if answer.get("isEnabled") is not True:
        return ()
    return (
        Finding(
            "security_defaults_on",
            "blocking" if mode is Mode.ENABLE else "warning",
            "Security defaults are on. Entra takes report-only policies beside them, but no enabled one.",
            "Decide with your security team to replace them by Conditional Access; this product never does.",
        ),
    )
