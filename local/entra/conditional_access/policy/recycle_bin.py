"""/identity/conditionalAccess/deletedItems/policies: where a deleted policy waits 30 days.

The reference pages of the policy recycle bin list no application permission for reading, restoring and deleting for
good, so a caller without a signed-in administrator is refused. The setting `policyBinAppOnly` opens it.
"""

from datetime import timedelta

from local.entra.clock import timestamp
from local.entra.conditional_access.policy.book import DeletedPolicy
from local.entra.limits.permission_rule import DENIED_POLICY
from local.entra.limits.permissions import refusal
from local.entra.protocol.errors import GraphError
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import POLICY

PATH = "/identity/conditionalAccess/deletedItems/policies"
KEPT = timedelta(days=30)


def opened(call: Call) -> dict[str, DeletedPolicy]:
    """The bin without what has been in it too long.

    Raises:
        GraphError: the bin is not for applications.
    """
    if not call.state.settings.policy_bin_app_only:
        raise refusal(DENIED_POLICY)
    deleted = call.state.policy_book.deleted
    limit = call.state.clock.now() - KEPT
    for policy_id in [policy_id for policy_id, item in deleted.items() if item.when <= limit]:
        del deleted[policy_id]
    return deleted


def found(call: Call) -> DeletedPolicy:
    policy_id = call.keys["policy"].lower()
    item = opened(call).get(policy_id)
    if item is None:
        raise GraphError(404, "NotFound", f"{call.keys['policy']} does not exist in the directory.")
    return item


def list_deleted(call: Call) -> Reply:
    rows = [{**item.policy, "deletedDateTime": timestamp(item.when)} for item in opened(call).values()]
    return Reply(body=page(Listing(rows, POLICY, PATH, call.origin), call.options))


def get_deleted(call: Call) -> Reply:
    item = found(call)
    row = {**item.policy, "deletedDateTime": timestamp(item.when)}
    return Reply(body=entity(row, schema=POLICY, options=call.options, origin=call.origin))


def restore(call: Call) -> Reply:
    """200 and the policy, which is what it was."""
    policy = found(call).policy
    del call.state.policy_book.deleted[policy["id"]]
    call.state.policies.add(policy)
    call.state.policy_book.note(policy["id"], policy, now=call.state.clock.now())
    return Reply(body=entity(policy, schema=POLICY, options=call.options, origin=call.origin))


def delete_for_good(call: Call) -> Reply:
    del call.state.policy_book.deleted[found(call).policy["id"]]
    return Reply(204)


ROUTES = (
    Route("GET", PATH, list_deleted),
    Route("GET", f"{PATH}/{{policy}}", get_deleted),
    Route("DELETE", f"{PATH}/{{policy}}", delete_for_good),
    Route("POST", f"{PATH}/{{policy}}/restore", restore),
)
