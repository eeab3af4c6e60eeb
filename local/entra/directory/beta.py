"""What `/beta` has beyond v1.0: the same objects with more properties.

The handlers know v1.0 only. What a call says about a property of beta's own is taken out before they see it, kept
beside the object, and shown in the answer. Source: the beta reference pages of group, user, application and
servicePrincipal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.entra.applications.application.schema import APPLICATION
from local.entra.directory.expansion import answer_expanded
from local.entra.directory.user.schema import USER
from local.entra.protocol.collection import Collection
from local.entra.protocol.errors import bad_request
from local.entra.protocol.routing import Call, Handler, Reply

BLANK: Mapping[str, Mapping[str, Any]] = {
    "groups": {
        "membershipRuleProcessingStatus": None,
        "onPremisesObjectIdentifier": None,
        "writebackConfiguration": {"isEnabled": None, "onPremisesGroupType": None},
    },
    "users": {
        "cloudRealtimeCommunicationInfo": None,
        "deviceKeys": (),
        "infoCatalogs": (),
        "onPremisesObjectIdentifier": None,
        "onPremisesSipInfo": None,
        "refreshTokensValidFromDateTime": None,
    },
    "applications": {"onPremisesPublishing": None, "windows": None},
    "servicePrincipals": {
        "errorUrl": None,
        "isAuthorizationServiceEnabled": False,
        "isManagementRestricted": None,
        "passwordSingleSignOnSettings": None,
        "publishedPermissionScopes": (),
        "publisherName": None,
        "samlMetadataUrl": None,
    },
}
"""The properties that only beta has, with what an object shows that never set one."""

WRITABLE = frozenset(
    {"infoCatalogs", "onPremisesPublishing", "passwordSingleSignOnSettings", "samlMetadataUrl", "windows",
     "writebackConfiguration"}
)  # fmt: skip
DEFAULTS = {
    "users": ",".join(sorted(USER.properties - USER.single_only - {"signInActivity", "employeeLeaveDateTime"})),
    "applications": ",".join((*APPLICATION.default, "oauth2RequirePostResponse")),
}
"""What beta shows without `$select` beyond v1.0: nearly everything of a person, where v1.0 shows eleven properties."""


@dataclass(frozen=True)
class BetaCall:
    """A call of beta, taken apart.

    Args:
        blank: beta's own properties of the collection.
        names: those of them that the answer shows.
        written: what the body says about them.
        rest: the call as v1.0 would make it.
    """

    blank: Mapping[str, Any]
    names: tuple[str, ...]
    written: Mapping[str, Any]
    rest: Call
    hide_id: bool = False


def answer_beta(call: Call, handler: Handler) -> Reply:
    """The answer of the v1.0 handler with beta's own properties."""
    collection = root_of(call)
    if collection not in BLANK or call.template.count("/") > 2:
        return answer_expanded(call, handler)
    beta = taken_apart(call, BLANK[collection])
    reply = answer_expanded(beta.rest, handler)
    if reply.status >= 400 or call.request.method == "DELETE":
        return reply
    keep(beta, reply)
    return shown(beta, reply)


def taken_apart(call: Call, blank: Mapping[str, Any]) -> BetaCall:
    """A call without beta's own properties in `$select` and body.

    Raises:
        GraphError: 400 for one that cannot be written.
    """
    json = call.json
    written = {name: value for name, value in json.items() if name in blank} if isinstance(json, dict) else {}
    for name in written:
        if name not in WRITABLE:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
    if written:
        json = {name: value for name, value in json.items() if name not in blank} or {"@odata.type": ""}
    options = call.options
    names, hide_id = tuple(blank), False
    if "$select" in options.values:
        known = {name.lower(): name for name in (*blank, "id")}
        asked = [name.strip() for name in options.values["$select"].split(",") if name.strip()]
        asked = [known.get(name.lower(), name) for name in asked]
        names = tuple(name for name in asked if name in blank)
        others = [name for name in asked if name not in blank]
        hide_id = bool(names) and "id" not in others
        options = options.changed(select=",".join([*others, "id"] if hide_id else others))
    elif (
        call.request.method == "GET" and root_of(call) in DEFAULTS and not call.template.endswith(("/delta", "/$count"))
    ):
        options = options.changed(select=DEFAULTS[root_of(call)])
    rest = replace(call, json=json, options=options)
    return BetaCall(blank, names, written, rest, hide_id)


def keep(beta: BetaCall, reply: Reply) -> None:
    """Store what the body said, under the id of the object that was written."""
    if not beta.written:
        return
    object_id = reply.body["id"] if isinstance(reply.body, dict) else object_id_of(beta.rest)
    stored = beta.rest.state.beta_properties.setdefault(object_id, {})
    for name, value in beta.written.items():
        before = stored.get(name)
        stored[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value


def object_id_of(call: Call) -> str:
    """The id of the object in the path, whichever key names it."""
    (prop, value), *_ = call.keys.items()
    if prop == "user":
        found = call.state.user(value)
    elif prop in ("appId", "uniqueName"):
        found = collection_of(call).find(prop, value)
    else:
        return value.lower()
    return value if found is None else str(found["id"])


def collection_of(call: Call) -> Collection:
    state, root = call.state, root_of(call)
    if root == "groups":
        return state.groups
    return state.applications if root == "applications" else state.service_principals


def root_of(call: Call) -> str:
    """The collection that the path starts with."""
    return call.template.strip("/").partition("/")[0].partition("(")[0]


def shown(beta: BetaCall, reply: Reply) -> Reply:
    body = reply.body
    if not isinstance(body, dict) or (not beta.names and "$select" not in beta.rest.options.values):
        return reply
    if isinstance(body.get("value"), list):
        body = {**body, "value": [with_beta(beta, item) for item in body["value"]]}
    elif "id" in body:
        body = with_beta(beta, body)
    if "@odata.context" in body:
        body["@odata.context"] = re.sub(r"\(.*\)", "", body["@odata.context"])
    return replace(reply, body=body)


def with_beta(beta: BetaCall, item: dict[str, Any]) -> dict[str, Any]:
    stored = beta.rest.state.beta_properties.get(item.get("id", ""), {})
    own = {name: stored.get(name, beta.blank[name]) for name in beta.names}
    return {**{name: value for name, value in item.items() if name != "id" or not beta.hide_id}, **own}
