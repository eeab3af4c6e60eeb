"""What a Conditional Access policy may refer to and combine: errors 1032, 1034 and 1054 of the policy service."""

from typing import Any

import orjson

from local.entra.conditional_access.policy.schema import (
    APPLICATION_KEYWORDS,
    FIRST_PARTY_UNSUPPORTED,
    LOCATION_KEYWORDS,
    USER_KEYWORDS,
    policy_error,
)
from local.entra.directory.user.routes import OBJECT_ID
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError
from local.entra.state import TenantState


def check_references(policy: Entity, *, state: TenantState) -> None:
    """Applications must have a service principal (1034) and groups must exist (1054), replicated both."""
    check_applications(policy["conditions"]["applications"], state=state)
    users = policy["conditions"]["users"]
    check_people_and_roles(users, state=state)
    excluded = users["excludeGroups"] if state.settings.policy_checks_excluded_groups else ()
    for group_id in (*users["includeGroups"], *excluded):
        if state.groups.get(group_id) is None:
            raise policy_error(f"1054: Invalid group value: {group_id}", state=state)
    locations = policy["conditions"].get("locations") or {}
    for location_id in (*(locations.get("includeLocations") or ()), *(locations.get("excludeLocations") or ())):
        if location_id not in LOCATION_KEYWORDS and location_id.lower() not in state.policy_book.named_locations:
            # The service's own number for this is not known.
            raise policy_error(f"Invalid location value: {location_id}", state=state)


def check_people_and_roles(users: dict[str, Any], *, state: TenantState) -> None:
    """Roles are named by template ids (1102: docs-contrib issue 1302), people by object ids or keywords.

    Whether a person has to exist is not known; a text that cannot be an id is refused, in words of our own.
    """
    roles = [item for item in (*users["includeRoles"], *users["excludeRoles"]) if not OBJECT_ID.match(item)]
    if roles:
        raise policy_error(f"1102: 'users' condition contains invalid role ids: {', '.join(roles)}.", state=state)
    people = [item for item in (*users["includeUsers"], *users["excludeUsers"]) if item not in USER_KEYWORDS]
    strange = [item for item in people if not OBJECT_ID.match(item)]
    if strange:
        raise policy_error(f"'users' condition contains invalid user ids: {', '.join(strange)}.", state=state)


def check_applications(applications: dict[str, Any], *, state: TenantState) -> None:
    invalid = {}
    for app_id in (*applications["includeApplications"], *applications["excludeApplications"]):
        fault = None if app_id in APPLICATION_KEYWORDS else application_fault(app_id, state)
        if fault is not None:
            invalid[app_id] = fault
    if invalid:
        listed = orjson.dumps(invalid).decode()
        raise policy_error(f"1034: Policy contains invalid applications: {listed}", state=state)


def application_fault(app_id: str, state: TenantState) -> str | None:
    if app_id.lower() in FIRST_PARTY_UNSUPPORTED:
        return "UnsupportedFirstPartyApplication"
    if state.service_principals.find("appId", app_id) is None:
        return "ServicePrincipalNotFound"
    application = state.applications.find("appId", app_id)
    if application is not None and application.get("isFallbackPublicClient"):
        return "PublicClientsAreUnsupported"
    return None


def check_control_rules(policy: Entity, *, state: TenantState) -> None:
    """Controls that only some policies may have: a password change, and a browser session that stays.

    Source: concept-conditional-access-grant and concept-conditional-access-session of the Entra documentation. Both
    need all applications, the password change a user risk and multifactor authentication as well.
    """
    conditions, grant, session = policy["conditions"], policy["grantControls"], policy["sessionControls"]
    everything = conditions["applications"]["includeApplications"] == ["All"]
    if grant is not None and "passwordChange" in grant["builtInControls"]:
        strong = "mfa" in grant["builtInControls"] or grant["authenticationStrength"] is not None
        if not (everything and strong and grant["operator"] == "AND" and conditions["userRiskLevels"]):
            raise invalid_control("InvalidPasswordResetControl", state)
    if session and (session.get("persistentBrowser") or {}).get("isEnabled") and not everything:
        raise invalid_control("InvalidConditionsForPersistentBrowserSessionMode", state)


def invalid_control(reason: str, state: TenantState) -> GraphError:
    return policy_error(f"1032: ConditionalActionPolicy validation failed due to {reason}.", state=state)
