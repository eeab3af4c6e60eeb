"""/applications: app registrations, by id, `appId` and `uniqueName`."""

from typing import Any

from local.entra.applications.application_limits import check_limits
from local.entra.directory.directory_schemas import APPLICATION
from local.entra.directory.users import by_object_id
from local.entra.protocol.collection import Entity, folded
from local.entra.protocol.errors import bad_request, duplicate_value, invalid_value, not_found, required
from local.entra.protocol.links import bound_ids, check_exist, check_link_count
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import Deleted, TenantState
from local.identities import TENANT_DOMAIN

LONGEST_DISPLAY_NAME = 120
LONGEST_DESCRIPTION = 1024
MOST_REDIRECT_URIS = 256
AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
WEB: dict[str, Any] = {
    "homePageUrl": None,
    "logoutUrl": None,
    "redirectUris": [],
    "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
    "redirectUriSettings": [],
}


def list_applications(call: Call) -> Reply:
    listing = Listing(call.state.applications, APPLICATION, "/applications", call.origin)
    return Reply(body=page(listing, call.options))


def get_application(call: Call) -> Reply:
    found = find_application(call)
    return Reply(body=entity(found, schema=APPLICATION, options=call.options, origin=call.origin))


def find_application(call: Call) -> Entity:
    """The application in the path, by id or alternate key."""
    for prop in ("appId", "uniqueName"):
        value = call.keys.get(prop)
        if value is not None:
            found = call.state.applications.find(prop, value)
            if found is None:
                raise not_found(value)
            return found
    return by_object_id(call.state.applications, call.keys["application"])


def create_application(call: Call) -> Reply:
    """201; the caller becomes an owner (microsoftgraph/msgraph-sdk-powershell issue 829)."""
    return created(call, APPLICATION.spelled(call.document()), add_caller=True)


def created(call: Call, document: dict[str, Any], *, add_caller: bool) -> Reply:
    state = call.state
    if not document.get("displayName"):
        raise required("displayName", "Application")
    check_values(document)
    check_limits(document, audience=document.get("signInAudience", AUDIENCES[0]))
    check_unique_name(state, document.get("uniqueName"))
    owners = bound_ids(document.get("owners@odata.bind", []))
    check_link_count(len(owners))
    check_exist(state, owners)
    now = state.clock.text()
    application: Entity = {
        "id": state.ids(),
        "appId": state.ids(),
        "createdDateTime": now,
        "publisherDomain": TENANT_DOMAIN,
        "signInAudience": "AzureADMyOrg",
        "web": WEB,
        "info": {},
    }
    writable = {name: value for name, value in document.items() if name in APPLICATION.writable}
    application = merged(application, writable)
    state.applications.add(application)
    for owner in [call.caller.object_id, *owners] if add_caller else owners:
        state.add_owner(application["id"], owner)
    return Reply(201, entity(application, schema=APPLICATION, options=call.options, origin=call.origin))


def check_values(document: dict[str, Any]) -> None:
    """The limits of the app manifest (ED supported-accounts-validation and the resource page)."""
    name = document.get("displayName", "app")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_DISPLAY_NAME:
        raise invalid_value("displayName", "Application")
    for prop in ("description", "notes"):
        if len(document.get(prop) or "") > LONGEST_DESCRIPTION:
            raise invalid_value(prop, "Application")
    if document.get("signInAudience", AUDIENCES[0]) not in AUDIENCES:
        raise invalid_value("signInAudience", "Application")
    web = document.get("web") or {}
    if not isinstance(web, dict) or len(web.get("redirectUris") or ()) > MOST_REDIRECT_URIS:
        raise invalid_value("web", "Application")
    check_tags(document.get("tags"), "Application")


def check_tags(tags: Any, resource: str) -> None:
    if tags is None:
        return
    texts = isinstance(tags, list) and all(isinstance(tag, str) and 0 < len(tag) <= 256 for tag in tags)
    if not texts or len(set(tags)) != len(tags) or any(" " in tag for tag in tags):
        raise invalid_value("tags", resource)


def check_unique_name(state: TenantState, unique_name: str | None) -> None:
    """A uniqueName is taken also while its application is in the recycle bin (msgraph-bicep-types issue 137)."""
    if unique_name is None:
        return
    in_bin = any(
        item.kind == "application" and folded(item.entity, "uniqueName") == unique_name.lower()
        for item in state.deleted.values()
    )
    if in_bin or state.applications.taken("uniqueName", unique_name):
        raise duplicate_value("uniqueName")


def merged(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`old` with `changes`; complex values are merged property by property, lists are replaced."""
    result = dict(old)
    for name, value in changes.items():
        before = result.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            value = merged(before, value)
        result[name] = value
    result.pop("@odata.type", None)
    return result


def update_application(call: Call) -> Reply:
    application, document = find_application(call), APPLICATION.spelled(call.document())
    check_values(document)
    check_limits(document, audience=str(document.get("signInAudience") or application["signInAudience"]))
    unique_name = document.get("uniqueName", application.get("uniqueName"))
    if unique_name != application.get("uniqueName"):
        if application.get("uniqueName") is not None:
            raise invalid_value("uniqueName", "Application")
        check_unique_name(call.state, unique_name)
    if "appRoles" in document:
        check_app_roles(application.get("appRoles") or [], document["appRoles"])
    changes = {name: value for name, value in document.items() if name in APPLICATION.writable}
    application.update(merged(application, changes))
    return Reply(204)


def check_app_roles(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    """An app role must be disabled before it is changed or left out."""
    wanted = {role.get("id"): role for role in new}
    for role in old:
        replacement = wanted.get(role["id"])
        if role.get("isEnabled") and (replacement is None or replacement.get("value") != role.get("value")):
            raise bad_request(
                "Permission (scope or role) cannot be deleted or updated unless disabled first.",
                details=({"code": "CannotDeleteOrUpdateEnabledEntitlement", "target": "appRoles", "message": ""},),
            )


def upsert_application(call: Call) -> Reply:
    """PATCH by uniqueName. What it creates does not get the caller as owner (msgraph-bicep-types issue 134)."""
    if call.state.applications.find("uniqueName", call.keys["uniqueName"]) is not None:
        return update_application(call)
    if "create-if-missing" not in call.request.headers.get("prefer", ""):
        raise not_found(call.keys["uniqueName"])
    document = {**APPLICATION.spelled(call.document()), "uniqueName": call.keys["uniqueName"]}
    return created(call, document, add_caller=call.state.settings.upsert_adds_owner)


def delete_application(call: Call) -> Reply:
    """To the recycle bin, its service principal with it."""
    state = call.state
    application = state.applications.remove(find_application(call)["id"])
    state.deleted[application["id"]] = Deleted("application", application, state.clock.now())
    principal = next(
        (item for item in state.service_principals.objects.values() if item["appId"] == application["appId"]), None
    )
    if principal is not None:
        discard_service_principal(state, principal["id"])
        state.deleted[principal["id"]].parent = application["id"]
    return Reply(204)


def discard_service_principal(state: TenantState, object_id: str) -> None:
    """To the recycle bin; assignments from and to it go."""
    principal = state.service_principals.remove(object_id)
    for key, assignment in list(state.assignments.items()):
        if object_id in (assignment["resourceId"], assignment["principalId"]):
            del state.assignments[key]
    for members in state.members.values():
        members.pop(object_id, None)
    state.deleted[object_id] = Deleted("servicePrincipal", principal, state.clock.now())


ROUTES = (
    Route("GET", "/applications", list_applications),
    Route("POST", "/applications", create_application),
    Route("GET", "/applications/{application}", get_application),
    Route("PATCH", "/applications/{application}", update_application),
    Route("DELETE", "/applications/{application}", delete_application),
    Route("GET", "/applications(appId='{appId}')", get_application),
    Route("PATCH", "/applications(appId='{appId}')", update_application),
    Route("DELETE", "/applications(appId='{appId}')", delete_application),
    Route("GET", "/applications(uniqueName='{uniqueName}')", get_application),
    Route("DELETE", "/applications(uniqueName='{uniqueName}')", delete_application),
    Route("PATCH", "/applications(uniqueName='{uniqueName}')", upsert_application),
)
