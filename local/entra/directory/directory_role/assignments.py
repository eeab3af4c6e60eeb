"""/roleManagement/directory/roleAssignments: who holds which directory role."""

from local.entra.protocol.query import Listing, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import ROLE_ASSIGNMENT

PATH = "/roleManagement/directory/roleAssignments"


def list_role_assignments(call: Call) -> Reply:
    return Reply(body=page(Listing(call.state.directory_roles, ROLE_ASSIGNMENT, PATH, call.origin), call.options))


ROUTES = (Route("GET", PATH, list_role_assignments),)
