"""The value of one property, as OData addresses it: `/servicePrincipals/{id}/appRoles`.

Seen in pnp/cli-microsoft365, which lists roles and scopes so. Other properties answer 501.
"""

from local.entra.applications.application.routes import find_application
from local.entra.applications.service_principal.routes import find_service_principal, shown
from local.entra.protocol.routing import Call, Reply, Route

APPLICATION, PRINCIPAL = "/applications/{application}", "/servicePrincipals/{servicePrincipal}"


def list_values(call: Call) -> Reply:
    root, _, name = call.template.strip("/").split("/")
    holder = find_application(call) if root == "applications" else shown(call.state, find_service_principal(call))
    context = f"{call.origin}/v1.0/$metadata#{root}('{holder['id']}')/{name}"
    return Reply(body={"@odata.context": context, "value": list(holder.get(name) or ())})


ROUTES = tuple(
    Route("GET", path, list_values)
    for path in (f"{APPLICATION}/appRoles", f"{PRINCIPAL}/appRoles", f"{PRINCIPAL}/oauth2PermissionScopes")
)
