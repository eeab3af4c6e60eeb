"""/applications: app registrations, by id, `appId` and `uniqueName`."""

from collections.abc import Iterable
from typing import Any

from local.entra.applications.application.body import APPLICATION_BODY
from local.entra.applications.application.defaults import changed_values, default_values
from local.entra.applications.application.rules import check_limits
from local.entra.applications.application.schema import APPLICATION
from local.entra.applications.key_credentials import complete_keys, without_keys
from local.entra.applications.password_credentials import new_password, without_secret
from local.entra.directory.deleted_item.recycling import discard
from local.entra.directory.user.routes import by_object_id
from local.entra.protocol.collection import Entity, folded
from local.entra.protocol.deleted import Deleted
from local.entra.protocol.errors import bad_request, duplicate_value, invalid_value, not_found, required
from local.entra.protocol.link_rules import bound_owners
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState
from local.identities import TENANT_DOMAIN

LONGEST_DISPLAY_NAME = 120
LONGEST_DESCRIPTION = 1024
MOST_REDIRECT_URIS = 256
AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")


def list_applications(call: Call) -> Reply:
    rows = (without_keys(row, call.options) for row in call.state.applications)
    listing = Listing(rows, APPLICATION, "/applications", call.origin)
    return Reply(body=page(listing, call.options))


def get_application(call: Call) -> Reply:
    found = without_keys(call.state.applications.as_read(find_application(call)), call.options)
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
    return created(call, APPLICATION_BODY.checked(call.document()), add_caller=True)


def created(call: Call, document: dict[str, Any], *, add_caller: bool) -> Reply:
    state = call.state
    if not document.get("displayName"):
        raise required("displayName", "Application")
    check_values(document)
    check_limits(document, audience=document.get("signInAudience", AUDIENCES[0]))
    check_unique_name(state, document.get("uniqueName"))
    check_addresses_free(state, document.get("identifierUris") or ())
    owners = bound_owners(state, document)
    values = APPLICATION_BODY.kept(document)
    passwords = [new_password(state, item) for item in values.pop("passwordCredentials", None) or ()]
    application: Entity = {
        "id": state.ids(),
        "appId": state.ids(),
        "createdDateTime": state.clock.text(),
        "publisherDomain": TENANT_DOMAIN,
        "signInAudience": "AzureADMyOrg",
        **default_values(),
        "passwordCredentials": [without_secret(item) for item in passwords],
    }
    application.update(changed_values(application, complete_keys(state, values)))
    state.applications.add(application)
    for owner in [call.caller.object_id, *owners] if add_caller else owners:
        state.add_owner(application["id"], owner)
    answer = {**application, "passwordCredentials": passwords}
    return Reply(201, entity(answer, schema=APPLICATION, options=call.options, origin=call.origin))


def check_addresses_free(state: TenantState, addresses: Iterable[str], *, own_id: str | None = None) -> None:
    """An identifier URI belongs to one application (the Azure PowerShell pages quote the refusal)."""
    wanted = set(addresses)
    for other in state.applications.objects.values():
        if other["id"] != own_id and wanted.intersection(other.get("identifierUris") or ()):
            raise duplicate_value("identifierUris")


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


def update_application(call: Call) -> Reply:
    """204. The service principal follows: its name is the application's."""
    application = find_application(call)
    document = APPLICATION_BODY.checked(call.document(), current=application)
    check_values(document)
    check_limits(document, audience=str(document.get("signInAudience") or application["signInAudience"]))
    unique_name = document.get("uniqueName", application.get("uniqueName"))
    if unique_name != application.get("uniqueName"):
        if application.get("uniqueName") is not None:
            raise invalid_value("uniqueName", "Application")
        check_unique_name(call.state, unique_name)
    if "appRoles" in document:
        check_app_roles(application.get("appRoles") or [], document["appRoles"])
    check_addresses_free(call.state, document.get("identifierUris") or (), own_id=application["id"])
    changes = complete_keys(call.state, APPLICATION_BODY.kept(document))
    call.state.applications.note_change(application)
    application.update(changed_values(application, changes))
    principal = principal_of(call.state, application)
    if principal is not None:
        principal["displayName"] = application["displayName"]
    return Reply(204)


def principal_of(state: TenantState, application: Entity) -> Entity | None:
    """The service principal of an application, also one that reads do not show yet."""
    return next(state.service_principals.having("appId", (application["appId"],)), None)


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
    document = {**APPLICATION_BODY.checked(call.document()), "uniqueName": call.keys["uniqueName"]}
    return created(call, document, add_caller=call.state.settings.upsert_adds_owner)


def delete_application(call: Call) -> Reply:
    """To the recycle bin, its service principal with it."""
    state = call.state
    application = state.applications.remove(find_application(call)["id"])
    state.deleted[application["id"]] = Deleted("application", application, state.clock.now())
    principal = principal_of(state, application)
    if principal is not None:
        discard_service_principal(state, principal["id"])
        state.deleted[principal["id"]].parent = application["id"]
    return Reply(204)


def discard_service_principal(state: TenantState, object_id: str) -> None:
    """To the recycle bin with its memberships and the assignments from and to it."""
    discard(state, "servicePrincipal", object_id)


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
