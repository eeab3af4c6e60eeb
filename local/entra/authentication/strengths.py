"""/policies/authenticationStrengthPolicies: the built-in authentication strengths, read only.

Source: the page authenticationstrengthroot-list-policies.
"""

from local.entra.conditional_access.policy_document import strength_document
from local.entra.conditional_access.policy_evaluation import BUILT_IN_STRENGTHS
from local.entra.protocol.errors import not_found
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words

PATH = "/policies/authenticationStrengthPolicies"
OTHER_PATH = "/identity/conditionalAccess/authenticationStrength/policies"
NAMES = words(
    "id createdDateTime modifiedDateTime displayName description policyType requirementsSatisfied allowedCombinations"
)
STRENGTH = Schema(
    name="microsoft.graph.authenticationStrengthPolicy",
    resource="AuthenticationStrengthPolicy",
    entity_set="policies/authenticationStrengthPolicies",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={"policyType": Filterable(EQUALITY), "displayName": Filterable(PLAIN_TEXT), "id": Filterable(EQUALITY)},
)


def list_strengths(call: Call) -> Reply:
    rows = [strength_document(strength_id) for strength_id in BUILT_IN_STRENGTHS]
    return Reply(body=page(Listing(rows, STRENGTH, call.request.path, call.origin), call.options))


def get_strength(call: Call) -> Reply:
    strength_id = call.keys["strength"].lower()
    if strength_id not in BUILT_IN_STRENGTHS:
        raise not_found(call.keys["strength"])
    row = strength_document(strength_id)
    return Reply(body=entity(row, schema=STRENGTH, options=call.options, origin=call.origin))


ROUTES = (
    Route("GET", PATH, list_strengths),
    Route("GET", f"{PATH}/{{strength}}", get_strength),
    Route("GET", OTHER_PATH, list_strengths),
    Route("GET", f"{OTHER_PATH}/{{strength}}", get_strength),
)
