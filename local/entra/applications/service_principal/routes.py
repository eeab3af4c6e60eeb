"""/servicePrincipals: an application's presence in the tenant, which assignments and policies refer to."""

from typing import Any

from local.entra.applications.application.routes import LONGEST_DESCRIPTION, check_tags, discard_service_principal
from local.entra.applications.key_credentials import complete_keys, without_keys
from local.entra.applications.service_principal.body import SERVICE_PRINCIPAL_BODY
from local.entra.applications.service_principal.schema import SERVICE_PRINCIPAL
from local.entra.directory.user.routes import by_object_id
from local.entra.ids import GRAPH_APP_ID
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, bad_request, invalid_value, not_found, required
from local.entra.protocol.link_rules import bound_owners
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState


def list_service_principals(call: Call) -> Reply:
    rows = (without_keys(shown(call.state, row), call.options) for row in call.state.service_principals)
    return Reply(body=page(Listing(rows, SERVICE_PRINCIPAL, "/servicePrincipals", call.origin), call.options))


def get_service_principal(call: Call) -> Reply:
    row = without_keys(shown(call.state, find_service_principal(call)), call.options)
    return Reply(body=entity(row, schema=SERVICE_PRINCIPAL, options=call.options, origin=call.origin))


def find_service_principal(call: Call) -> Entity:
    """The service principal in the path, by id or `appId`."""
    app_id = call.keys.get("appId")
    if app_id is not None:
        found = call.state.service_principals.find("appId", app_id)
        if found is None:
            raise not_found(app_id)
        return found
    return by_object_id(call.state.service_principals, call.keys["servicePrincipal"])


def shown(state: TenantState, principal: Entity) -> Entity:
    """The service principal with what it takes from its application: name, addresses, roles, scopes, tags.

    Source: hashicorp/terraform-provider-azuread issue 1224 and its test `TestAccServicePrincipal_complete`.
    """
    application = state.applications.find("appId", principal["appId"])
    principal = state.service_principals.as_read(principal)
    if application is None:
        return principal
    application = state.applications.as_read(application)
    web, addresses = application["web"], application.get("identifierUris") or ()
    tags = list(dict.fromkeys([*principal.get("tags", ()), *(application.get("tags") or ())]))
    return {
        **principal,
        "displayName": application["displayName"],
        "appDisplayName": application["displayName"],
        "appDescription": application.get("description"),
        "homepage": web.get("homePageUrl"),
        "logoutUrl": web.get("logoutUrl"),
        "replyUrls": web.get("redirectUris") or [],
        "appRoles": application.get("appRoles") or [],
        "info": application.get("info"),
        "oauth2PermissionScopes": application["api"].get("oauth2PermissionScopes") or [],
        "servicePrincipalNames": [principal["appId"], *addresses],
        "signInAudience": application["signInAudience"],
        "verifiedPublisher": application["verifiedPublisher"],
        "tags": tags,
    }


def create_service_principal(call: Call) -> Reply:
    """201. A new application that has not replicated is 400 NoBackingApplicationObject; a second one is 409."""
    return created(call, SERVICE_PRINCIPAL_BODY.checked(call.document()))


def created(call: Call, document: dict[str, Any]) -> Reply:
    state = call.state
    app_id = document.get("appId")
    if not isinstance(app_id, str) or not app_id:
        raise required("appId", "ServicePrincipal")
    application = state.applications.find("appId", app_id)
    if application is None:
        raise unreplicated(state, app_id)
    if "Application.ReadWrite.All" not in call.caller.roles:
        refuse_foreign_application(call, application)
    if state.service_principals.taken("appId", app_id):
        raise duplicate(app_id)
    check_values(document)
    owners = bound_owners(state, document)
    principal = new_service_principal(state, application, document)
    state.service_principals.add(principal)
    if state.settings.service_principal_auto_owner:
        owners.append(call.caller.object_id)
    for owner in owners:
        state.add_owner(principal["id"], owner)
    row = shown(state, principal)
    return Reply(201, entity(row, schema=SERVICE_PRINCIPAL, options=call.options, origin=call.origin))


def check_values(document: dict[str, Any]) -> None:
    check_tags(document.get("tags"), "ServicePrincipal")
    for name in ("description", "notes"):
        if len(document.get(name) or "") > LONGEST_DESCRIPTION:
            raise invalid_value(name, "ServicePrincipal")
    for name in ("accountEnabled", "appRoleAssignmentRequired"):
        if not isinstance(document.get(name, True), bool):
            raise invalid_value(name, "ServicePrincipal")


def new_service_principal(state: TenantState, application: Entity, document: dict[str, Any]) -> Entity:
    return {
        "id": state.ids(),
        "accountEnabled": True,
        "appRoleAssignmentRequired": False,
        "displayName": application["displayName"],
        "tags": [],
        **complete_keys(state, SERVICE_PRINCIPAL_BODY.kept(document)),
        "appId": application["appId"],
        "appOwnerOrganizationId": state.tenant_id,
        "createdDateTime": state.clock.text(),
        "servicePrincipalType": "Application",
    }


def unreplicated(state: TenantState, app_id: str) -> GraphError:
    """400, or the misleading 403 that some saw, for an application that exists but has not replicated."""
    if state.settings.unreplicated_application == "denied" and state.applications.taken("appId", app_id):
        return foreign_application()
    return no_backing_application(app_id)


def no_backing_application(app_id: str) -> GraphError:
    message = f"The appId '{app_id}' of the service principal does not reference a valid application object."
    return bad_request(
        message, details=({"code": "NoBackingApplicationObject", "target": "appId", "message": message},)
    )


def refuse_foreign_application(call: Call, application: Entity) -> None:
    """With Application.ReadWrite.OwnedBy alone the caller must own the application (microsoft-graph-docs 16138)."""
    if not call.state.owns(call.caller.object_id, application["id"]):
        raise foreign_application()


def foreign_application() -> GraphError:
    return GraphError(
        403,
        "Authorization_RequestDenied",
        "When using this permission, the backing application of the service principal being created must in the "
        "local tenant",
    )


def duplicate(app_id: str) -> GraphError:
    message = (
        "The service principal cannot be created, updated, or restored because the service principal name "
        f"{app_id} is already in use."
    )
    return GraphError(
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        message,
        details=({"code": "ObjectConflict", "target": "None", "message": message},),
    )


def update_service_principal(call: Call) -> Reply:
    principal = find_service_principal(call)
    document = SERVICE_PRINCIPAL_BODY.checked(call.document(), current=principal)
    check_values(document)
    call.state.service_principals.note_change(principal)
    principal.update(complete_keys(call.state, SERVICE_PRINCIPAL_BODY.kept(document)))
    return Reply(204)


def upsert_service_principal(call: Call) -> Reply:
    """PATCH by appId: 204, or 201 with `Prefer: create-if-missing` (page serviceprincipal-upsert)."""
    if call.state.service_principals.find("appId", call.keys["appId"]) is not None:
        return update_service_principal(call)
    if "create-if-missing" not in call.request.headers.get("prefer", ""):
        raise not_found(call.keys["appId"])
    document = SERVICE_PRINCIPAL_BODY.checked(call.json) if isinstance(call.json, dict) else {}
    return created(call, {**document, "appId": call.keys["appId"]})


def delete_service_principal(call: Call) -> Reply:
    """204. Microsoft Graph's own cannot be deleted (hashicorp/terraform-provider-azuread expects the refusal)."""
    principal = find_service_principal(call)
    if principal["appId"] == GRAPH_APP_ID:
        raise GraphError(
            403, "Authorization_RequestDenied", "Specified App Principal ID is a Microsoft-internal appid."
        )
    discard_service_principal(call.state, principal["id"])
    return Reply(204)


ROUTES = (
    Route("GET", "/servicePrincipals", list_service_principals),
    Route("POST", "/servicePrincipals", create_service_principal),
    Route("GET", "/servicePrincipals/{servicePrincipal}", get_service_principal),
    Route("PATCH", "/servicePrincipals/{servicePrincipal}", update_service_principal),
    Route("DELETE", "/servicePrincipals/{servicePrincipal}", delete_service_principal),
    Route("GET", "/servicePrincipals(appId='{appId}')", get_service_principal),
    Route("PATCH", "/servicePrincipals(appId='{appId}')", upsert_service_principal),
    Route("DELETE", "/servicePrincipals(appId='{appId}')", delete_service_principal),
)
