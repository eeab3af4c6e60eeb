"""/policies/authenticationStrengthPolicies: the built-in authentication strengths, and the tenant's own.

Source: the pages authenticationstrengthroot-list-policies, authenticationstrengthroot-post-policies,
authenticationstrengthpolicy-update, -updateallowedcombinations, -usage and -delete. The policy service's texts are not
known.
"""

from typing import Any

from local.entra.conditional_access.policy.schema import find_strength, strength_document
from local.entra.conditional_access.policy_evaluation import BUILT_IN_STRENGTHS
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, not_found
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words

PATH = "/policies/authenticationStrengthPolicies"
OTHER_PATH = "/identity/conditionalAccess/authenticationStrength/policies"
LONGEST_NAME, MOST_CUSTOM = 30, 15
NAMES = words(
    "id createdDateTime modifiedDateTime displayName description policyType requirementsSatisfied allowedCombinations"
)
MULTIFACTOR_COMBINATIONS = words(
    "windowsHelloForBusiness fido2 x509CertificateMultiFactor deviceBasedPush temporaryAccessPassOneTime "
    "temporaryAccessPassMultiUse password,microsoftAuthenticatorPush password,softwareOath password,hardwareOath "
    "password,x509CertificateSingleFactor password,x509CertificateMultiFactor password,sms password,voice "
    "federatedMultiFactor microsoftAuthenticatorPush,federatedSingleFactor softwareOath,federatedSingleFactor "
    "hardwareOath,federatedSingleFactor sms,federatedSingleFactor voice,federatedSingleFactor"
)
SINGLE_COMBINATIONS = words("password sms x509CertificateSingleFactor federatedSingleFactor qrCodePin hardwareOath")
STRENGTH = Schema(
    name="microsoft.graph.authenticationStrengthPolicy",
    resource="AuthenticationStrengthPolicy",
    entity_set="policies/authenticationStrengthPolicies",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={"policyType": Filterable(EQUALITY), "displayName": Filterable(PLAIN_TEXT), "id": Filterable(EQUALITY)},
)


def list_strengths(call: Call) -> Reply:
    rows = [*map(strength_document, BUILT_IN_STRENGTHS), *call.state.strengths.values()]
    return Reply(body=page(Listing(rows, STRENGTH, call.request.path, call.origin), call.options))


def get_strength(call: Call) -> Reply:
    return Reply(body=shown(call, find(call)))


def find(call: Call) -> Entity:
    found = find_strength(call.state, call.keys["strength"].lower())
    if found is None:
        raise not_found(call.keys["strength"])
    return found


def find_own(call: Call) -> Entity:
    """The tenant's own strength in the path; a built-in one cannot be changed."""
    if find(call)["policyType"] == "builtIn":
        raise refused("Built-in authentication strength policies cannot be changed or deleted.")
    return call.state.strengths[call.keys["strength"].lower()]


def shown(call: Call, strength: Entity) -> dict[str, Any]:
    return entity(strength, schema=STRENGTH, options=call.options, origin=call.origin)


def refused(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def create_strength(call: Call) -> Reply:
    """201."""
    state, document = call.state, call.document()
    combinations = checked_combinations(document.get("allowedCombinations"))
    check_name(call, document.get("displayName"))
    if len(state.strengths) >= MOST_CUSTOM:
        raise refused(f"A tenant can have at most {MOST_CUSTOM} custom authentication strengths.")
    now = state.clock.text()
    strength: Entity = {
        "id": state.ids(),
        "createdDateTime": now,
        "modifiedDateTime": now,
        "displayName": document["displayName"],
        "description": document.get("description") or "",
        "policyType": "custom",
        "requirementsSatisfied": satisfied_by(combinations),
        "allowedCombinations": combinations,
    }
    state.strengths[strength["id"]] = strength
    return Reply(201, shown(call, strength))


def satisfied_by(combinations: list[str]) -> str:
    return "mfa" if set(combinations) <= set(MULTIFACTOR_COMBINATIONS) else "none"


def checked_combinations(value: Any) -> list[str]:
    """The combinations of methods, each known, and none that a single factor meets beside one that does not."""
    known = (*MULTIFACTOR_COMBINATIONS, *SINGLE_COMBINATIONS)
    if not isinstance(value, list) or not value or not all(item in known for item in value):
        raise refused("The authentication strength has no allowedCombinations, or one that is not known.")
    return list(dict.fromkeys(value))


def check_name(call: Call, name: Any) -> None:
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
        raise refused(f"An authentication strength needs a displayName of at most {LONGEST_NAME} letters.")
    others = [*BUILT_IN_STRENGTHS.values(), *(row["displayName"] for row in call.state.strengths.values())]
    if name.lower() in map(str.lower, others):
        raise refused("An authentication strength with this displayName exists already.")


def update_strength(call: Call) -> Reply:
    """204; name and description alone, the combinations have an action of their own."""
    strength, document = find_own(call), call.document()
    if "allowedCombinations" in document and document["allowedCombinations"] != strength["allowedCombinations"]:
        raise refused("allowedCombinations are changed with updateAllowedCombinations.")
    if document.get("displayName", strength["displayName"]) != strength["displayName"]:
        check_name(call, document["displayName"])
    changes: dict[str, Any] = {name: document[name] for name in ("displayName", "description") if name in document}
    change(call, strength, changes)
    return Reply(204)


def update_combinations(call: Call) -> Reply:
    """200, with what was and what is."""
    strength = find_own(call)
    before = strength["allowedCombinations"]
    combinations = checked_combinations(call.document().get("allowedCombinations"))
    changes = {"allowedCombinations": combinations, "requirementsSatisfied": satisfied_by(combinations)}
    change(call, strength, changes)
    context = f"{call.origin}/v1.0/$metadata#microsoft.graph.updateAllowedCombinationsResult"
    result = {
        "additionalInformation": "",
        "conditionalAccessReferences": [policy["id"] for policy in users_of(call, strength)],
        "currentCombinations": combinations,
        "previousCombinations": before,
    }
    return Reply(body={"@odata.context": context, **result})


def change(call: Call, strength: Entity, changes: dict[str, Any]) -> None:
    """Write a strength; policies that demand it show what it is now."""
    strength.update({**changes, "modifiedDateTime": call.state.clock.text()})
    for policy in users_of(call, strength):
        policy["grantControls"]["authenticationStrength"] = dict(strength)


def users_of(call: Call, strength: Entity) -> list[Entity]:
    """The policies that demand a strength."""
    return [
        policy
        for policy in call.state.policies.objects.values()
        if ((policy.get("grantControls") or {}).get("authenticationStrength") or {}).get("id") == strength["id"]
    ]


def delete_strength(call: Call) -> Reply:
    strength = find_own(call)
    if users_of(call, strength):
        raise refused("The authentication strength is used by a Conditional Access policy.")
    del call.state.strengths[strength["id"]]
    return Reply(204)


ROUTES = tuple(
    Route(method, f"{path}{suffix}", handler)
    for path in (PATH, OTHER_PATH)
    for method, suffix, handler in (
        ("GET", "", list_strengths),
        ("POST", "", create_strength),
        ("GET", "/{strength}", get_strength),
        ("PATCH", "/{strength}", update_strength),
        ("DELETE", "/{strength}", delete_strength),
        ("POST", "/{strength}/updateAllowedCombinations", update_combinations),
    )
)
