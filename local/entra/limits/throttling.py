"""How much a client may ask in which time, and what it is told when it asks for more.

Sources: the page `throttling-limits` of the Graph documentation (identity and access, Conditional Access, and identity
and access reports limits) with its headers and body. What a write to `members@odata.bind` costs is a comment in
canvas-lms; the share of a limit that each priority gets is ours, the page says only who is throttled first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.entra.limits.meters import Meter
from local.entra.protocol.errors import GraphError
from local.entra.protocol.routing import Caller, GraphRequest
from local.entra.state import TenantState

SIZES = ((50, 3_500), (501, 5_000))
LARGE = 8_000
UNIT_SECONDS = 10.0
APP_WRITES, APP_WRITE_SECONDS = 3_000, 150.0
TENANT_WRITES, TENANT_WRITE_SECONDS = 18_000, 300.0
REPORTS, REPORT_SECONDS = 5, 10.0
POLICY_SECONDS = 1.0
WARNING_SHARE = 0.8
SHARES = {"low": 0.8, "high": 1.1}
USERS_PER_WRITE = 3

QUESTIONS = ("/getByIds", "/checkMemberGroups", "/checkMemberObjects", "/getMemberGroups", "/getMemberObjects")
"""Actions that only read, though they are a POST."""

READ_UNITS = {
    "GET /users": 2,
    "GET /applications": 2,
    "GET /servicePrincipals/{servicePrincipal}/appRoleAssignments": 2,
    "GET /groups/{group}/members": 3,
    "GET /groups/{group}/members/microsoft.graph.{kind}": 3,
    "GET /groups/{group}/transitiveMembers": 5,
    "GET /groups/{group}/transitiveMembers/microsoft.graph.{kind}": 5,
    "GET /subscribedSkus": 3,
    "POST /directoryObjects/getByIds": 3,
}


@dataclass(frozen=True)
class Limit:
    """A limit as it applies to one call.

    Args:
        name: whose meter it is.
        capacity: how much fits into `seconds`.
        scope: what `x-ms-throttle-scope` says before the two ids.
        reason: what `x-ms-throttle-information` says.
    """

    name: tuple[str, ...]
    capacity: float
    seconds: float
    cost: float
    scope: str = ""
    reason: str = ""

    @property
    def rate(self) -> float:
        return self.capacity / self.seconds


def charge(
    state: TenantState, caller: Caller, request: GraphRequest, *, template: str, query: Mapping[str, str], json: Any
) -> dict[str, str]:
    """Count a call against its limits; returns the headers its answer carries.

    Raises:
        GraphError: 429, in the form of the service that is asked too much.
    """
    if template.startswith("/identity/conditionalAccess"):
        policy_limit(state)
    elif template.startswith("/reports/"):
        report_limit(state, caller)
    elif template.startswith("/users/{user}/authentication"):
        method_limit(state, caller)
    elif not template.startswith("/users/{user}/sendMail"):
        return directory_limit(state, caller, request, template=template, query=query, json=json)
    return {}


def directory_limit(
    state: TenantState, caller: Caller, request: GraphRequest, *, template: str, query: Mapping[str, str], json: Any
) -> dict[str, str]:
    """Resource units and writes, per application and tenant."""
    units = resource_units(f"{request.method} {template}", query)
    limits = directory_limits(state, caller, units=units, writes=writes_of(request.method, template, json))
    share = SHARES.get(request.headers.get("x-ms-throttle-priority", "").lower(), 1.0)
    headers = {"x-ms-resource-unit": str(units)}
    fullest = 0.0
    for limit in limits:
        missing = missing_from(state, limit, share=share)
        used = (meter_of(state, limit).used + limit.cost) / limit.capacity
        fullest = max(fullest, used)
        if missing:
            raise throttled(state, caller, limit, wait=missing / limit.rate, headers=headers, used=used)
    for limit in limits:
        meter_of(state, limit).used += limit.cost
    if fullest > WARNING_SHARE:
        headers["x-ms-throttle-limit-percentage"] = f"{fullest:.2f}"
    return headers


def directory_limits(state: TenantState, caller: Caller, *, units: int, writes: int) -> list[Limit]:
    settings = state.settings
    limits = []
    if settings.throttle_directory > 0:
        capacity = tenant_units(len(state.users)) * settings.throttle_directory
        scope = "Tenant_Application/ReadWrite"
        limits.append(
            Limit(("units", caller.app_id), capacity, UNIT_SECONDS, units, scope, "ResourceUnitLimitExceeded")
        )
    if writes and settings.throttle_writes > 0:
        factor, reason = settings.throttle_writes, "WriteLimitExceeded"
        scope = "Tenant_Application/Write"
        limits.append(Limit(("writes", caller.app_id), APP_WRITES * factor, APP_WRITE_SECONDS, writes, scope, reason))
        limits.append(Limit(("writes",), TENANT_WRITES * factor, TENANT_WRITE_SECONDS, writes, "Tenant/Write", reason))
    return limits


def tenant_units(people: int) -> int:
    """Resource units per 10 seconds: S below 50 people, M from 50 to 500, L above."""
    return next((units for bound, units in SIZES if people < bound), LARGE)


def resource_units(call: str, query: Mapping[str, str]) -> int:
    """What a call costs: $select makes it cheaper, $expand dearer, and so does a page of less than 20."""
    units = READ_UNITS.get(call, 1)
    units -= "$select" in query
    units += "$expand" in query
    top = query.get("$top", "")
    units -= top.isdecimal() and int(top) < 20
    return max(1, units)


def writes_of(method: str, template: str, json: Any) -> int:
    """How many writes a call is: none for a read, several for many members at once."""
    if method == "GET" or template.endswith(QUESTIONS):
        return 0
    bound = json.get("members@odata.bind") if isinstance(json, dict) else None
    return max(1, -(-len(bound) // USERS_PER_WRITE)) if isinstance(bound, list) else 1


def meter_of(state: TenantState, limit: Limit) -> Meter:
    return state.meters.setdefault(limit.name, Meter(at=state.clock.now()))


def missing_from(state: TenantState, limit: Limit, *, share: float = 1.0) -> float:
    """What the limit lacks for its cost, 0 when the call may pass."""
    meter = meter_of(state, limit)
    meter.settle(state.clock.now(), rate=limit.rate)
    return meter.missing(limit.cost, capacity=limit.capacity * share)


def throttled(
    state: TenantState, caller: Caller, limit: Limit, *, wait: float, headers: Mapping[str, str], used: float
) -> GraphError:
    """429 of the directory. The wait is a decimal number, as in the documentation's sample."""
    return GraphError(
        429,
        "TooManyRequests",
        "Please retry again later.",
        headers={
            **headers,
            "Retry-After": f"{max(wait, 0.001):.3f}",
            "x-ms-throttle-limit-percentage": f"{used:.2f}",
            "x-ms-throttle-scope": f"{limit.scope}/{caller.app_id}/{state.tenant_id}",
            "x-ms-throttle-information": limit.reason,
        },
        inner={"code": "429", "status": "429", "message": "Please retry after"},
    )


def policy_limit(state: TenantState) -> None:
    """Conditional Access: one request a second per tenant, of whatever application, and no Retry-After."""
    pace = state.settings.throttle_conditional_access
    if pace > 0 and not pass_or_wait(state, Limit(("policies",), pace, POLICY_SECONDS, 1)):
        raise GraphError(
            429,
            "TooManyRequests",
            "Please retry again later.",
            inner={"code": "429", "status": "429", "message": "Please retry after"},
        )


def report_limit(state: TenantState, caller: Caller) -> None:
    """Reports: five requests in ten seconds per application and tenant, and always the same Retry-After."""
    factor = state.settings.throttle_reports
    limit = Limit(("reports", caller.app_id), REPORTS * factor, REPORT_SECONDS, 1)
    if factor > 0 and not pass_or_wait(state, limit):
        raise GraphError(429, "UnknownError", "Too Many Requests", headers={"Retry-After": "10"})


def method_limit(state: TenantState, caller: Caller) -> None:
    """Authentication methods of people: the service's figure is not known, so a setting gives it."""
    most = state.settings.throttle_authentication_methods
    limit = Limit(("methods", caller.app_id), most, UNIT_SECONDS, 1)
    if most > 0 and not pass_or_wait(state, limit):
        raise GraphError(429, "TooManyRequests", "Please retry again later.", headers={"Retry-After": "10"})


def pass_or_wait(state: TenantState, limit: Limit) -> bool:
    """Count a call when the limit has room for it."""
    if missing_from(state, limit):
        return False
    meter_of(state, limit).used += limit.cost
    return True
