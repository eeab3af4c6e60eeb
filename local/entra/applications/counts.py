"""/applications/$count and /servicePrincipals/$count: text/plain, and only with the advanced-query header."""

from local.entra.applications.application.schema import APPLICATION
from local.entra.applications.service_principal.routes import shown
from local.entra.applications.service_principal.schema import SERVICE_PRINCIPAL
from local.entra.protocol.query import counted
from local.entra.protocol.routing import Call, Reply, Route

PLAIN = {"content-type": "text/plain"}


def count_applications(call: Call) -> Reply:
    rows = call.state.applications.rows(advanced=True)
    return Reply(body=counted(rows, APPLICATION, call.options), headers=PLAIN)


def count_service_principals(call: Call) -> Reply:
    rows = [shown(call.state, row) for row in call.state.service_principals.rows(advanced=True)]
    return Reply(body=counted(rows, SERVICE_PRINCIPAL, call.options), headers=PLAIN)


ROUTES = (
    Route("GET", "/applications/$count", count_applications),
    Route("GET", "/servicePrincipals/$count", count_service_principals),
)
