"""/organization and /subscribedSkus: the tenant, its domain and its licenses."""

from typing import Any

from local.entra.protocol.errors import bad_request, not_found
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState
from local.identities import TENANT_DOMAIN

SERVICE_PLANS = {
    "AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "AAD_PREMIUM_P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
}
SKUS = {
    "AAD_PREMIUM": "078d2b04-f1bd-4111-bbd6-b4b1b354cef4",
    "AAD_PREMIUM_P2": "84a661c4-e949-4bd2-a560-ed7766fcaf2b",
}
STATUS_COLUMNS = {"Enabled": "enabled", "Warning": "warning", "Suspended": "suspended", "LockedOut": "lockedOut"}


def domain_names(state: TenantState) -> tuple[str, ...]:
    """The verified domains: the default one and, last, the one every tenant begins with."""
    return TENANT_DOMAIN, f"{TENANT_DOMAIN.partition('.')[0]}.onmicrosoft.com"


def plans(state: TenantState) -> list[str]:
    """Names of the Entra plans the tenant has; a P2 SKU lists P1 as well."""
    held = [("AAD_PREMIUM", state.settings.license_p1), ("AAD_PREMIUM_P2", state.settings.license_p2)]
    return [name for name, has in held if has]


def refuse_options(call: Call) -> None:
    """A collection without paging, `$filter` or `$top` (v1.0 metadata)."""
    for option in ("$filter", "$top", "$count"):
        if option in call.options.values:
            raise bad_request(f"'{option}' is not supported by the service.")


def list_skus(call: Call) -> Reply:
    refuse_options(call)
    rows = [sku(call.state, name) for name in plans(call.state)]
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#subscribedSkus", "value": rows})


def get_sku(call: Call) -> Reply:
    for row in (sku(call.state, name) for name in plans(call.state)):
        if row["id"] == call.keys["sku"].lower():
            return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#subscribedSkus/$entity", **row})
    raise not_found(call.keys["sku"])


def units(state: TenantState) -> dict[str, int]:
    """The seats, in the column of the license's status."""
    seats, column = len(state.users) + 25, STATUS_COLUMNS.get(state.settings.license_status, "suspended")
    return {name: seats if name == column else 0 for name in ("enabled", "suspended", "warning", "lockedOut")}


def sku(state: TenantState, name: str) -> dict[str, Any]:
    included = ["AAD_PREMIUM"] if name == "AAD_PREMIUM" else ["AAD_PREMIUM", name]
    return {
        "id": f"{state.tenant_id}_{SKUS[name]}",
        "accountId": state.tenant_id,
        "accountName": TENANT_DOMAIN,
        "appliesTo": "User",
        "capabilityStatus": state.settings.license_status,
        "consumedUnits": len(state.users),
        "skuId": SKUS[name],
        "skuPartNumber": name,
        "subscriptionIds": [],
        "prepaidUnits": units(state),
        "servicePlans": [
            {
                "servicePlanId": SERVICE_PLANS[plan],
                "servicePlanName": plan,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            }
            for plan in included
        ],
    }


def list_organization(call: Call) -> Reply:
    rows = [organization(call.state)]
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#organization", "value": rows})


def get_organization(call: Call) -> Reply:
    if call.keys["organization"].lower() != call.state.tenant_id:
        raise not_found(call.keys["organization"])
    context = f"{call.origin}/v1.0/$metadata#organization/$entity"
    return Reply(body={"@odata.context": context, **organization(call.state)})


def organization(state: TenantState) -> dict[str, Any]:
    """The tenant itself."""
    assigned = [
        {
            "assignedDateTime": "2020-01-07T08:00:00Z",
            "capabilityStatus": state.settings.license_status,
            "service": "AADPremiumService",
            "servicePlanId": SERVICE_PLANS[name],
        }
        for name in plans(state)
    ]
    names = domain_names(state)
    domains = [
        {
            "capabilities": "Email",
            "isDefault": name == names[0],
            "isInitial": name == names[-1],
            "name": name,
            "type": "Managed",
        }
        for name in names
    ]
    return {
        "id": state.tenant_id,
        "displayName": "Example",
        "createdDateTime": "2020-01-07T08:00:00Z",
        "assignedPlans": assigned,
        "verifiedDomains": domains,
        "tenantType": "AAD",
    }


ROUTES = (
    Route("GET", "/subscribedSkus", list_skus),
    Route("GET", "/subscribedSkus/{sku}", get_sku),
    Route("GET", "/organization", list_organization),
    Route("GET", "/organization/{organization}", get_organization),
)
