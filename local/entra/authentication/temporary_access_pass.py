"""Temporary Access Passes: who can be given one, how long it lives, and whether it can be used.

Sources: the pages authentication-post-temporaryaccesspassmethods and temporaryaccesspassauthenticationmethod of the
Graph documentation; the texts of the refusals are those of public issues.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from local.entra.authentication.methods_policy.targets import PASS, method_allowed
from local.entra.clock import timestamp
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError
from local.entra.protocol.graph_types import body_faults, known_type
from local.entra.state import TenantState

SHORTEST_PASS_MINUTES, LONGEST_PASS_MINUTES = 10, 43_200
GRACE = timedelta(minutes=1)
"""How old a start may be; the service's own allowance for the way of a request is not known."""
WRITTEN = frozenset({"startDateTime", "lifetimeInMinutes", "isUsableOnce"})
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def shown_pass(state: TenantState, user_id: str, access_pass: Entity) -> Entity:
    """A pass as a GET shows it: without its code, with whether it can be used now."""
    reason = usability(state, user_id, access_pass)
    return {
        **{name: value for name, value in access_pass.items() if name != "used"},
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        "temporaryAccessPass": None,
        "isUsable": reason == "EnabledByPolicy",
        "methodUsabilityReason": reason,
    }


def usability(state: TenantState, user_id: str, access_pass: Entity) -> str:
    """Whether a pass can be used now, as `methodUsabilityReason` names it."""
    now = state.clock.now()
    starts = datetime.fromisoformat(access_pass["startDateTime"])
    if not method_allowed(state, PASS, user_id):
        return "DisabledByPolicy"
    if access_pass["isUsableOnce"] and access_pass["used"]:
        return "OneTimeUsed"
    if now < starts:
        return "NotYetValid"
    if now >= starts + timedelta(minutes=access_pass["lifetimeInMinutes"]):
        return "Expired"
    return "EnabledByPolicy"


def create_pass(state: TenantState, user: Entity, document: dict[str, Any]) -> Entity:
    """A new pass, which replaces the one the person has.

    A property that a pass does not have, or that only Graph sets, is refused in words of our own.

    Raises:
        GraphError: the policy does not allow it.
    """
    settings = state.settings
    faults = list(body_faults(document, known_type("temporaryAccessPassAuthenticationMethod")))
    strange = [fault.path for fault in faults] + [name for name in document if "@" not in name and name not in WRITTEN]
    if strange:
        raise refused_pass(f"Invalid {strange[0]} specified.")
    lifetime = document.get("lifetimeInMinutes") or settings.tap_default_minutes
    lowest = max(settings.tap_minimum_minutes, SHORTEST_PASS_MINUTES)
    highest = min(settings.tap_maximum_minutes, LONGEST_PASS_MINUTES)
    if user.get("userType") == "Guest":
        raise refused_pass("Temporary Access Pass cannot be added to an external guest user.")
    administrator = bool(state.roles_in_directory(user["id"]))
    allowed = settings.tap_for_administrators or not administrator
    if not allowed or not method_allowed(state, PASS, user["id"]):
        # The status is not documented and therefore a setting; the text is the one seen in public issues.
        raise refused_pass(
            "Converged UserCredentialPolicy does not allow creating or updating the method TemporaryAccessPass.",
            status=settings.tap_refusal_status,
        )
    if not isinstance(lifetime, int) or not lowest <= lifetime <= highest:
        raise refused_pass(f"Invalid LifetimeInMinutes specified. The valid range between {lowest} and {highest}.")
    if settings.tap_second_post == "refused" and user["id"] in state.passes:
        raise refused_pass("A Temporary Access Pass already exists for this user.")
    once = document.get("isUsableOnce")
    if once is False and settings.tap_one_time_only:
        raise refused_pass("The policy allows a Temporary Access Pass for one-time use only.")
    access_pass: Entity = {
        "id": state.ids(),
        "isUsable": True,
        "isUsableOnce": settings.tap_one_time_only if once is None else bool(once),
        "methodUsabilityReason": "EnabledByPolicy",
        "createdDateTime": state.clock.text(),
        "startDateTime": start_of(document, state),
        "lifetimeInMinutes": lifetime,
        "temporaryAccessPass": "".join(secrets.choice(READABLE) for _ in range(settings.tap_length)),
        "used": False,
    }
    state.passes[user["id"]] = access_pass
    return access_pass


def start_of(document: dict[str, Any], state: TenantState) -> str:
    """The start that was asked for, or now.

    Raises:
        GraphError: it is no time, or more than `GRACE` ago (microsoftgraph/msgraph-sdk-dotnet issue 2724).
    """
    text = document.get("startDateTime")
    if text is None:
        return state.clock.text()
    try:
        start = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise refused_pass("Invalid StartDateTime specified.") from error
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    if start < state.clock.now() - GRACE:
        raise refused_pass("Invalid StartDateTime specified. It can not be a time in the past.")
    return timestamp(start)


def refused_pass(message: str, *, status: int = 400) -> GraphError:
    return GraphError(status, "badRequest", message)
