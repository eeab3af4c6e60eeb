"""/reports/authenticationMethods/userRegistrationDetails: who registered what, some hours ago.

Sources: the pages authenticationmethodsroot-list-userregistrationdetails and howto-authentication-methods-activity;
the texts of the refusals are those of public issues.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from local.entra.authentication.method.kinds import kind_of, usable_ways
from local.entra.authentication.temporary_access_pass import usability
from local.entra.clock import timestamp
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, not_found
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, Filterable, Schema
from local.entra.protocol.words import words
from local.entra.state import TenantState

PATH = "/reports/authenticationMethods/userRegistrationDetails"
TEXT = frozenset({"eq", "startswith"})
BOOLEANS = words(
    "isAdmin isMfaCapable isMfaRegistered isPasswordlessCapable isSsprCapable isSsprEnabled isSsprRegistered "
    "isSystemPreferredAuthenticationMethodEnabled"
)
NAMES = (
    *words("id userPrincipalName userDisplayName userType lastUpdatedDateTime methodsRegistered"),
    *words("systemPreferredAuthenticationMethods userPreferredMethodForSecondaryAuthentication"),
    *BOOLEANS,
)
DETAILS = Schema(
    name="microsoft.graph.userRegistrationDetails",
    resource="UserRegistrationDetails",
    entity_set="reports/authenticationMethods/userRegistrationDetails",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={
        "id": Filterable(EQUALITY, EQUALITY),
        "methodsRegistered": Filterable(frozenset({"any"}), frozenset({"any"})),
        "userDisplayName": Filterable(TEXT, TEXT),
        "userPrincipalName": Filterable(TEXT, TEXT),
        "userType": Filterable(EQUALITY, EQUALITY),
        **{name: Filterable(frozenset({"eq"}), frozenset({"eq"})) for name in BOOLEANS},
    },
    booleans=frozenset(BOOLEANS),
)
LICENSE_TEXTS = {
    "old": "Neither tenant is B2C or tenant doesn't have premium license",
    "new": "Tenant is not a B2C tenant and doesn't have premium license",
}


def check_license(state: TenantState) -> None:
    if not state.settings.premium:
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            LICENSE_TEXTS.get(state.settings.report_license_text, LICENSE_TEXTS["old"]),
        )


def list_details(call: Call) -> Reply:
    check_license(call.state)
    return Reply(body=page(Listing(rows(call.state), DETAILS, PATH, call.origin), call.options))


def get_details(call: Call) -> Reply:
    check_license(call.state)
    refreshed = refresh_time(call.state)
    user = call.state.user(call.keys["details"])
    if user is None or not reported(call.state, user, refreshed):
        raise not_found(call.keys["details"])
    row = details(call.state, user, refreshed)
    return Reply(body=entity(row, schema=DETAILS, options=call.options, origin=call.origin))


def refresh_time(state: TenantState) -> datetime:
    """The moment the report is of."""
    return state.clock.now() - timedelta(seconds=state.settings.report_lag)


def rows(state: TenantState) -> Iterator[Entity]:
    """Deleted people are absent at once, new people and methods come with the report's next refresh."""
    refreshed = refresh_time(state)
    return (details(state, user, refreshed) for user in state.users if reported(state, user, refreshed))


def reported(state: TenantState, user: Entity, refreshed: datetime) -> bool:
    created = user.get("createdDateTime")
    known = created is None or datetime.fromisoformat(created) <= refreshed
    return known and (state.settings.report_shows_disabled or bool(user.get("accountEnabled")))


def details(state: TenantState, user: Entity, refreshed: datetime) -> Entity:
    """One person's row."""
    methods = [
        method
        for method in state.methods.get(user["id"], ())
        if datetime.fromisoformat(method["createdDateTime"]) <= refreshed
    ]
    kinds = list(dict.fromkeys(kind_of(method) for method in methods))
    names = [kind.reported for kind in kinds]
    allowed = [kind for kind in kinds if usable_ways(state, user["id"], kind)]
    access_pass = state.passes.get(user["id"])
    if access_pass is not None and datetime.fromisoformat(access_pass["createdDateTime"]) <= refreshed:
        names += ["temporaryAccessPass"] if usability(state, user["id"], access_pass) == "EnabledByPolicy" else []
    registered = any(kind.ways for kind in kinds)
    preferred = next((kind.preferred for kind in allowed if kind.preferred != "none"), "none")
    return {
        "id": user["id"],
        "userPrincipalName": user["userPrincipalName"],
        "userDisplayName": user["displayName"],
        "userType": "guest" if user.get("userType") == "Guest" else "member",
        "isAdmin": bool(state.roles_in_directory(user["id"])),
        "isMfaRegistered": registered,
        "isMfaCapable": bool(allowed),
        "isPasswordlessCapable": any(kind.passwordless for kind in allowed),
        "isSsprRegistered": registered,
        "isSsprEnabled": False,
        "isSsprCapable": False,
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": [],
        "userPreferredMethodForSecondaryAuthentication": preferred,
        "methodsRegistered": names,
        "lastUpdatedDateTime": timestamp(refreshed),
    }


ROUTES = (
    Route("GET", PATH, list_details),
    Route("GET", f"{PATH}/{{details}}", get_details),
)
