"""/identity/conditionalAccess/policies, with the numbered errors of the policy service."""

from datetime import datetime
from typing import Any

from local.entra.conditional_access.policy.book import DeletedPolicy
from local.entra.conditional_access.policy.rules import check_control_rules, check_references
from local.entra.conditional_access.policy.schema import POLICY_PARTS, check_body, complete_policy, policy_error
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError
from local.entra.protocol.filters import compile_filter
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import POLICY
from local.entra.state import TenantState

PATH = "/identity/conditionalAccess/policies"


def list_policies(call: Call) -> Reply:
    """A page of policies. Unlike the directory, this service knows `$skip`, and `$count` without a header."""
    options = call.options
    rows: list[Entity] = list(call.state.policies)
    if "$filter" in options.values:
        rows = list(filter(compile_filter(options.values["$filter"], schema=POLICY, advanced=False), rows))
    first = "$skiptoken" not in options.values
    total = {"@odata.count": len(rows)} if options.counted and first else {}
    skip = options.values.get("$skip", "0")
    if not skip.isascii() or not skip.isdigit():
        raise GraphError(400, "BadRequest", f"Invalid value '{skip}' for $skip query option found.")
    rest = options.changed(skip=None)
    answer = page(Listing(rows[int(skip) if first else 0 :], POLICY, PATH, call.origin), rest)
    return Reply(body={"@odata.context": answer.pop("@odata.context"), **total, **answer})


def get_policy(call: Call) -> Reply:
    policy = call.state.policies.as_read(find_policy(call))
    return Reply(body=entity(policy, schema=POLICY, options=call.options, origin=call.origin))


def find_policy(call: Call) -> Entity:
    found = call.state.policies.get(call.keys["policy"])
    if found is None:
        raise GraphError(404, "NotFound", f"{call.keys['policy']} does not exist in the directory.")
    return found


def create_policy(call: Call) -> Reply:
    """201. The same body twice makes two policies: nothing about a policy is unique but its id."""
    state = call.state
    check_license(state)
    document = call.json if isinstance(call.json, dict) else {}
    check_body(document, state=state)
    policy = complete_policy(document, state=state)
    check_control_rules(policy, state=state)
    check_application_scope(call, document)
    check_references(policy, state=state)
    check_enabled(policy, state=state)
    if len(state.policies) >= state.settings.policy_limit:
        # The service's own text for this is not known.
        raise GraphError(400, "BadRequest", f"The tenant has its {state.settings.policy_limit} policies already.")
    policy = {
        "id": state.ids(),
        "templateId": None,
        "createdDateTime": state.clock.text(),
        "modifiedDateTime": None,
        **policy,
    }
    state.policies.add(policy)
    state.policy_book.note(policy["id"], policy, now=state.clock.now())
    return Reply(201, entity(policy, schema=POLICY, options=call.options, origin=call.origin))


def update_policy(call: Call) -> Reply:
    """204. What the body does not name stays as it is, see `merged`."""
    state = call.state
    check_license(state)
    policy = find_policy(call)
    document = call.json if isinstance(call.json, dict) else {}
    check_body(document, state=state, policy=policy)
    check_application_scope(call, document)
    kept = {name: policy[name] for name in POLICY_PARTS}
    changed = complete_policy(merged(kept, document), state=state)
    check_control_rules(changed, state=state)
    check_references(changed, state=state)
    check_enabled(changed, state=state)
    if policy["id"] not in state.policy_book.history:
        state.policy_book.note(policy["id"], policy, now=datetime.fromisoformat(policy["createdDateTime"]))
    state.policies.note_change(policy)
    policy.update({**changed, "modifiedDateTime": state.clock.text()})
    state.policy_book.note(policy["id"], policy, now=state.clock.now())
    return Reply(204)


def merged(kept: Any, change: Any) -> Any:
    """What a PATCH leaves of a section: names left out stay, `[]` clears a list, null clears a section.

    Sources: Microsoft365DSC issues 2058, 2079 and 3885 (the lists of `users` and `applications` that were left out did
    not change; the fix sends every list, empty ones as `[]`) and 6218 (`grantControls` without `builtInControls` keeps
    `mfa`: 1108 beside a strength); OData 4.0 Part 1, 11.4.3, for the depth: members of complex values are merged,
    lists replaced.
    """
    if not isinstance(kept, dict) or not isinstance(change, dict):
        return change
    return {**kept, **{name: merged(kept.get(name), value) for name, value in change.items()}}


def delete_policy(call: Call) -> Reply:
    """204; for 30 days the policy is in the policy service's own recycle bin."""
    state, now = call.state, call.state.clock.now()
    policy = state.policies.remove(find_policy(call)["id"])
    state.policy_book.deleted[policy["id"]] = DeletedPolicy(policy, now)
    state.policy_book.note(policy["id"], None, now=now)
    return Reply(204)


def check_license(state: TenantState) -> None:
    if not state.settings.premium:
        raise GraphError(
            403,
            "AccessDenied",
            "Your tenant is not licensed for this feature. Please upgrade your subscription to access it.",
        )


def check_application_scope(call: Call, document: dict[str, Any]) -> None:
    """Writing the application condition needs Application.Read.All too (IntuneCD issue 142)."""
    conditions = document.get("conditions")
    writes = isinstance(conditions, dict) and conditions.get("applications")
    if writes and "Application.Read.All" not in call.caller.roles:
        raise GraphError(
            403,
            "AccessDenied",
            "Insufficient privileges to create or update policy. Application.Read.All scope is required to add/edit "
            "application condition.",
        )


def check_enabled(policy: Entity, *, state: TenantState) -> None:
    """Report-only and disabled policies are accepted while security defaults are on."""
    if policy["state"] == "enabled" and state.settings.security_defaults:
        raise policy_error(
            "Security Defaults is enabled in the tenant. You must disable Security defaults before enabling a "
            "Conditional Access policy.",
            state=state,
        )


ROUTES = (
    Route("GET", PATH, list_policies),
    Route("POST", PATH, create_policy),
    Route("GET", f"{PATH}/{{policy}}", get_policy),
    Route("PATCH", f"{PATH}/{{policy}}", update_policy),
    Route("DELETE", f"{PATH}/{{policy}}", delete_policy),
)
