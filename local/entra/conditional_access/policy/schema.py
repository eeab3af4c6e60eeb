"""The document of a Conditional Access policy: its shape and its defaults."""

from typing import Any

from local.entra.conditional_access.policy_evaluation import BUILT_IN_STRENGTHS, STRENGTH_COMBINATIONS
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, not_implemented
from local.entra.protocol.graph_types import body_faults, known_type
from local.entra.protocol.words import words
from local.entra.state import TenantState

STATES = ("enabled", "disabled", "enabledForReportingButNotEnforced")
CLIENT_APP_TYPES = ("all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "easSupported", "other")
CONTROLS = words("block mfa compliantDevice domainJoinedDevice approvedApplication compliantApplication passwordChange")
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
FIRST_PARTY_UNSUPPORTED = (MICROSOFT_GRAPH,)
"""First-party applications that cannot be targeted by themselves (Entra's application picker leaves them out)."""
USER_ACTIONS = ("urn:user:registersecurityinfo", "urn:user:registerdevice")
APPLICATION_KEYWORDS = ("All", "None", "Office365", "MicrosoftAdminPortals")
USER_KEYWORDS = ("All", "None", "GuestsOrExternalUsers")
MOST_APPLICATIONS = 250
APPLICATION_LISTS = (
    "includeApplications",
    "excludeApplications",
    "includeUserActions",
    "includeAuthenticationContextClassReferences",
)
USER_LISTS = ("includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles", "excludeRoles")
RISK_LISTS = ("userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels")
OPTIONAL_CONDITIONS = (
    "clientApplications",
    "devices",
    "insiderRiskLevels",
    "locations",
    "platforms",
    "authenticationFlows",
)
UNSUPPORTED_CONDITIONS = (
    "clientApplications",
    "devices",
    "insiderRiskLevels",
    "authenticationFlows",
    "servicePrincipalRiskLevels",
)
LOCATION_KEYWORDS = ("All", "AllTrusted")

SCHEMA_MISMATCH = (
    "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of ConditionalAccessPolicy "
    "type. For examples, please see API documentation at "
    "https://docs.microsoft.com/en-us/graph/api/conditionalaccesspolicy-{page}?view=graph-rest-1.0."
)
POLICY_PARTS = ("displayName", "state", "conditions", "grantControls", "sessionControls")


def schema_mismatch(state: TenantState, *, page: str = "post") -> GraphError:
    """1007, which names the page of a POST or, as terraform-provider-msgraph issue 63 shows, of an `update`."""
    return policy_error(SCHEMA_MISMATCH.format(page=page), state=state)


def check_body(document: dict[str, Any], *, state: TenantState, policy: Entity | None = None) -> None:
    """Refuse what a policy's type does not know, at any depth, and values of a wrong type.

    Sources: terraform-provider-msgraph issue 63 (unknown properties), terraform-provider-azuread issues 730 and 1555
    (a value of a wrong kind; `externalTenants` without its `@odata.type`).

    Args:
        policy: the policy that a PATCH changes; its own id may stand in the body.

    Raises:
        GraphError: 1007, also for what only the service writes (unconfirmed); 501 for `description`, which v1.0 names.
    """
    page = "post" if policy is None else "update"
    if any(body_faults(document, known_type("conditionalAccessPolicy"))):
        raise schema_mismatch(state, page=page)
    for name, value in document.items():
        own_id = policy is not None and name == "id" and value == policy["id"]
        if name == "description" and value is not None:
            raise not_implemented("the property description of a Conditional Access policy")
        if name not in (*POLICY_PARTS, "description") and "@" not in name and value is not None and not own_id:
            raise schema_mismatch(state, page=page)


def policy_error(text: str, *, state: TenantState) -> GraphError:
    """400 in either of the two forms that exist: the text in `error.message` or in `innerError.message`."""
    if state.settings.conditional_access_error_form == "old":
        return GraphError(
            400,
            "BadRequest",
            "The server could not process the request because it is malformed or incorrect.",
            inner={"message": text},
        )
    return GraphError(400, "BadRequest", text)


def complete_policy(document: dict[str, Any], *, state: TenantState) -> Entity:
    """A policy with every property a GET shows.

    Raises:
        GraphError: the shape is wrong (1007, 1012), a license is missing (1039), or the service fails (500).
    """
    conditions, grant = document.get("conditions"), document.get("grantControls")
    good = (
        isinstance(document.get("displayName"), str)
        and 0 < len(document["displayName"].strip()) <= state.settings.policy_name_limit
        and document.get("state") in STATES
        and isinstance(conditions, dict)
        and (isinstance(grant, dict) or isinstance(document.get("sessionControls"), dict))
    )
    if not good or not isinstance(conditions, dict):
        raise schema_mismatch(state)
    return {
        "displayName": document["displayName"],
        "state": document["state"],
        "conditions": complete_conditions(conditions, state=state),
        "grantControls": None if grant is None else complete_grant(grant, state=state),
        "sessionControls": document.get("sessionControls"),
    }


def complete_conditions(conditions: dict[str, Any], *, state: TenantState) -> dict[str, Any]:
    users, applications = conditions.get("users"), conditions.get("applications")
    client_types = conditions.get("clientAppTypes")
    if (
        not isinstance(users, dict)
        or not isinstance(applications, dict)
        or not text_list(client_types, CLIENT_APP_TYPES)
    ):
        raise schema_mismatch(state)
    for name in UNSUPPORTED_CONDITIONS:
        if conditions.get(name):
            raise not_implemented(f"conditions.{name} of a Conditional Access policy")
    if any(conditions.get(name) for name in RISK_LISTS) and not state.settings.license_p2:
        raise policy_error("1039: Cannot create or update policies with premium P2 features.", state=state)
    return {
        "clientAppTypes": client_types,
        **{name: conditions.get(name) or [] for name in RISK_LISTS},
        **{name: conditions.get(name) for name in OPTIONAL_CONDITIONS},
        "applications": complete_applications(applications, state=state),
        "users": complete_users(users, state=state),
    }


def complete_applications(applications: dict[str, Any], *, state: TenantState) -> dict[str, Any]:
    if applications.get("applicationFilter"):
        raise not_implemented("conditions.applications.applicationFilter of a Conditional Access policy")
    result = {name: applications.get(name) or [] for name in APPLICATION_LISTS}
    if not all(text_list(value) or value == [] for value in result.values()):
        raise schema_mismatch(state)
    if result["includeApplications"] and result["includeUserActions"]:
        raise policy_error(
            "1012: Policy contains invalid 'applications' condition: includeApplications and includeUserActions cannot "
            "be used together.",
            state=state,
        )
    if not any(result[name] for name in APPLICATION_LISTS if name != "excludeApplications"):
        # hashicorp/terraform-provider-azuread PR 925: an empty block is answered with a 500.
        raise GraphError(
            500,
            "InternalServerError",
            "There was an internal server error while processing the request. Error ID: " + state.ids(),
        )
    if len(result["includeApplications"]) > MOST_APPLICATIONS or not text_list(
        result["includeUserActions"] or [USER_ACTIONS[0]], USER_ACTIONS
    ):
        raise schema_mismatch(state)
    return {**result, "applicationFilter": None}


def complete_users(users: dict[str, Any], *, state: TenantState) -> dict[str, Any]:
    result: dict[str, Any] = {name: users.get(name) or [] for name in USER_LISTS}
    guests = users.get("includeGuestsOrExternalUsers")
    check_guests(users, state=state)
    included = any(result[name] for name in USER_LISTS if name.startswith("include")) or guests
    if not included or not all(text_list(value) or value == [] for value in result.values()):
        raise schema_mismatch(state)
    return {
        **result,
        "includeGuestsOrExternalUsers": guests,
        "excludeGuestsOrExternalUsers": users.get("excludeGuestsOrExternalUsers"),
    }


def check_guests(users: dict[str, Any], *, state: TenantState) -> None:
    """Guests are named by the keyword or by the finer condition, not by both (azuread provider, issue 1196)."""
    for side in ("include", "exclude"):
        if users.get(f"{side}GuestsOrExternalUsers") and "GuestsOrExternalUsers" in (users.get(f"{side}Users") or ()):
            raise policy_error("'GuestsOrExternalUsers' cannot be combined with guestOrExternalUsers", state=state)


def complete_grant(grant: dict[str, Any], *, state: TenantState) -> dict[str, Any]:
    """The grant controls; `mfa` and an authentication strength exclude each other."""
    controls = grant.get("builtInControls") or []
    strength = grant.get("authenticationStrength")
    strength_id = strength.get("id") if isinstance(strength, dict) else None
    if strength_id and isinstance(controls, list) and "mfa" in controls:
        # Microsoft365DSC issue 6218.
        raise policy_error(
            "1108: Authentication strengths cannot be used alongside the MFA built-in control.", state=state
        )
    good = (
        grant.get("operator") in ("AND", "OR")
        and (controls == [] or text_list(controls, CONTROLS))
        and bool(controls or strength_id or grant.get("termsOfUse") or grant.get("customAuthenticationFactors"))
        and (strength is None or find_strength(state, strength_id) is not None)
    )
    if not good:
        raise schema_mismatch(state)
    return {
        "operator": grant["operator"],
        "builtInControls": controls,
        "customAuthenticationFactors": grant.get("customAuthenticationFactors") or [],
        "termsOfUse": grant.get("termsOfUse") or [],
        "authenticationStrength": find_strength(state, strength_id) if strength_id else None,
    }


def find_strength(state: TenantState, strength_id: Any) -> dict[str, Any] | None:
    """The authentication strength with this id, built in or the tenant's own, or None."""
    if strength_id in BUILT_IN_STRENGTHS:
        return strength_document(strength_id)
    found = state.strengths.get(str(strength_id))
    return None if found is None else dict(found)


def strength_document(strength_id: str) -> dict[str, Any]:
    """A built-in authentication strength as a policy shows it."""
    return {
        "id": strength_id,
        "createdDateTime": "2021-12-01T00:00:00Z",
        "modifiedDateTime": "2021-12-01T00:00:00Z",
        "displayName": BUILT_IN_STRENGTHS[strength_id],
        "description": "",
        "policyType": "builtIn",
        "requirementsSatisfied": "mfa",
        "allowedCombinations": list(STRENGTH_COMBINATIONS[strength_id]),
    }


def text_list(value: Any, allowed: tuple[str, ...] | list[str] | None = None) -> bool:
    """Whether `value` is a list with at least one text, all of them allowed."""
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(item, str) and (allowed is None or item in allowed) for item in value)
