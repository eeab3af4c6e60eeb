"""/roleManagement/directory/roleAssignments: who holds which directory role."""

from local.tenant.query import Listing, page
from local.tenant.routing import Call, Reply, Route
from local.tenant.schema import ROLE_ASSIGNMENT

PATH = "/roleManagement/directory/roleAssignments"


def list_role_assignments(call: Call) -> Reply:
    return Reply(body=page(Listing(call.state.directory_roles, ROLE_ASSIGNMENT, PATH, call.origin), call.options))


ROUTES = (Route("GET", PATH, list_role_assignments),)
