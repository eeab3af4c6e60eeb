"""/organization and /subscribedSkus: the tenant, its domain and its licences."""

from typing import Any

from local.identities import TENANT_DOMAIN
from local.tenant.routing import Call, Reply, Route
from local.tenant.state import TenantState

SERVICE_PLANS = {
    "AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "AAD_PREMIUM_P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
}
SKUS = {
    "AAD_PREMIUM": "078d2b04-f1bd-4111-bbd6-b4b1b354cef4",
    "AAD_PREMIUM_P2": "84a661c4-e949-4bd2-a560-ed7766fcaf2b",
}


def plans(state: TenantState) -> list[str]:
    """Names of the Entra plans the tenant has; a P2 SKU lists P1 as well."""
    held = [("AAD_PREMIUM", state.settings.licence_p1), ("AAD_PREMIUM_P2", state.settings.licence_p2)]
    return [name for name, has in held if has]


def list_skus(call: Call) -> Reply:
    rows = [sku(call.state, name) for name in plans(call.state)]
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#subscribedSkus", "value": rows})


def sku(state: TenantState, name: str) -> dict[str, Any]:
    included = ["AAD_PREMIUM"] if name == "AAD_PREMIUM" else ["AAD_PREMIUM", name]
    return {
        "id": f"{state.tenant_id}_{SKUS[name]}",
        "accountId": state.tenant_id,
        "accountName": TENANT_DOMAIN,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": len(state.users),
        "skuId": SKUS[name],
        "skuPartNumber": name,
        "subscriptionIds": [],
        "prepaidUnits": {"enabled": len(state.users) + 25, "suspended": 0, "warning": 0, "lockedOut": 0},
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
    state = call.state
    assigned = [
        {
            "assignedDateTime": "2020-01-07T08:00:00Z",
            "capabilityStatus": "Enabled",
            "service": "AADPremiumService",
            "servicePlanId": SERVICE_PLANS[name],
        }
        for name in plans(state)
    ]
    domain = {
        "capabilities": "Email",
        "isDefault": True,
        "isInitial": False,
        "name": TENANT_DOMAIN,
        "type": "Managed",
    }
    row = {
        "id": state.tenant_id,
        "displayName": "Example",
        "createdDateTime": "2020-01-07T08:00:00Z",
        "assignedPlans": assigned,
        "verifiedDomains": [domain],
        "tenantType": "AAD",
    }
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#organization", "value": [row]})


ROUTES = (
    Route("GET", "/subscribedSkus", list_skus),
    Route("GET", "/organization", list_organization),
)
