"""/identity/conditionalAccess/evaluate: What-If, answered by the code that decides the sign-in pages' interrupt.

Source of the names: the action `evaluate` and its types in the v1.0 metadata (msgraph-metadata at f54f11b).
"""

from dataclasses import replace
from typing import Any

from local.entra.conditional_access.policy.schema import CLIENT_APP_TYPES
from local.entra.conditional_access.policy_conditions import REGISTER_DEVICE, REGISTER_SECURITY_INFO, SignIn
from local.entra.conditional_access.policy_evaluation import Verdict, analyze
from local.entra.conditional_access.sign_in_facts import at_place, facts_of
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, not_found, not_implemented
from local.entra.protocol.query import project
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import POLICY

# deviceInfo resource type, those that this stand-in looks at or a caller may send.
DEVICE_PROPERTIES = frozenset(
    {"@odata.type", "deviceId", "displayName", "isCompliant", "manufacturer", "model", "operatingSystem"}
    | {"operatingSystemVersion", "ownership", "profileType", "trustType"}
)
USER_SIGN_IN = "#microsoft.graph.userSignIn"
ACTIONS = {
    "registerSecurityInformation": REGISTER_SECURITY_INFO,
    "registerOrJoinDevices": REGISTER_DEVICE,
}
UNSUPPORTED_CONDITIONS = ("insiderRiskLevel", "authenticationFlow", "servicePrincipalRiskLevel")


def evaluate(call: Call) -> Reply:
    """200 and what every policy, or with `appliedPoliciesOnly` every one that applies, makes of the sign-in.

    The stored policies are asked, not the ones that have reached the sign-in already.
    """
    document = call.document()
    user = user_of(call, part(document, "signInIdentity"))
    conditions = part(document, "signInConditions", default={})
    sign_in = with_conditions(call, target(call, user, part(document, "signInContext")), conditions)
    verdicts = analyze(call.state.policies, sign_in)
    if document.get("appliedPoliciesOnly"):
        verdicts = [verdict for verdict in verdicts if verdict.applies]
    return Reply(
        body={
            "@odata.context": f"{call.origin}/v1.0/$metadata#Collection(microsoft.graph.whatIfAnalysisResult)",
            "value": [shown(verdict) for verdict in verdicts],
        }
    )


def shown(verdict: Verdict) -> dict[str, Any]:
    """A policy with its verdict. Reasons are flags, which Graph writes as one text with commas."""
    return {
        **project(verdict.policy, names=POLICY.default, schema=POLICY),
        "policyApplies": verdict.applies,
        "analysisReasons": ",".join(verdict.reasons) or "notSet",
    }


def part(document: dict[str, Any], name: str, *, default: dict[str, Any] | None = None) -> dict[str, Any]:
    found = document.get(name)
    value = default if found is None else found
    if not isinstance(value, dict):
        raise malformed(f"The request needs an object '{name}'.")
    return value


def malformed(message: str) -> GraphError:
    """400; the service's own texts for this action are not known."""
    return GraphError(400, "BadRequest", message)


def user_of(call: Call, identity: dict[str, Any]) -> Entity:
    kind = identity.get("@odata.type", USER_SIGN_IN)
    if kind != USER_SIGN_IN:
        raise not_implemented(f"What-If for {kind}")
    user_id = str(identity.get("userId") or "")
    found = call.state.user(user_id)
    if found is None:
        raise not_found(user_id)
    return found


def target(call: Call, user: Entity, context: dict[str, Any]) -> SignIn:
    """The sign-in to one application, for one user action or for one authentication context."""
    applications = context.get("includeApplications")
    if isinstance(applications, list) and applications:
        if len(applications) > 1:
            raise not_implemented("What-If for more than one application in a call")
        return facts_of(call.state, user, app_id=str(applications[0]))
    if context.get("userAction") in ACTIONS:
        return facts_of(call.state, user, user_action=ACTIONS[context["userAction"]])
    if context.get("authenticationContextValue"):
        return facts_of(call.state, user, authentication_context=str(context["authenticationContextValue"]))
    raise malformed("The signInContext needs includeApplications, userAction or authenticationContextValue.")


def with_conditions(call: Call, sign_in: SignIn, conditions: dict[str, Any]) -> SignIn:
    for name in UNSUPPORTED_CONDITIONS:
        if conditions.get(name) not in (None, "none"):
            raise not_implemented(f"signInConditions.{name}")
    client_app = conditions.get("clientAppType") or sign_in.client_app
    if client_app not in CLIENT_APP_TYPES:
        raise malformed(f"There is no clientAppType '{client_app}'.")
    changed = replace(
        sign_in,
        client_app=client_app,
        platform=conditions.get("devicePlatform"),
        sign_in_risk=conditions.get("signInRiskLevel"),
        user_risk=conditions.get("userRiskLevel"),
        device=device_of(conditions),
    )
    try:
        return at_place(call.state, changed, ip_address=conditions.get("ipAddress"), country=conditions.get("country"))
    except ValueError as error:
        raise malformed("The ipAddress is not an address.") from error


def device_of(conditions: dict[str, Any]) -> dict[str, Any] | None:
    """What the question says of the device, checked against the type; None where it says nothing."""
    device = conditions.get("deviceInfo")
    if device is None:
        return None
    if not isinstance(device, dict) or not DEVICE_PROPERTIES.issuperset(device):
        raise malformed("The deviceInfo has a property that the type does not have.")
    return device


ROUTES = (Route("POST", "/identity/conditionalAccess/evaluate", evaluate),)
