"""POST, PATCH and DELETE of people, and their managers.

Sources: the pages user-post-users, user-update, user-delete, user-post-manager and user-list-directreports; texts of
refusals from public issues of hashicorp/terraform-provider-azuread and Azure/azure-cli.
"""

import re
from datetime import datetime
from typing import Any

from local.entra.directory.deleted_item.recycling import discard
from local.entra.directory.organization import domain_names
from local.entra.directory.user.body import USER_BODY
from local.entra.directory.user.routes import find_user
from local.entra.directory.user.schema import USER
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import (
    bad_request,
    denied,
    duplicate_value,
    invalid_value,
    not_found,
    not_implemented,
    required,
)
from local.entra.protocol.linked_objects import of_any_kind, page_of_objects, show_any
from local.entra.protocol.links import check_exist, reference_id
from local.entra.protocol.query import entity
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState

RESOURCE = "User"
NEEDED = ("accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile")
LONGEST = {"displayName": 256, "mailNickname": 64, "employeeId": 16, "givenName": 64, "surname": 64, "jobTitle": 128,
           "department": 64, "userPrincipalName": 113}  # fmt: skip
COUNTRY = re.compile(r"^[A-Za-z]{2}$")
AGE_GROUPS = (None, "", "Minor", "NotAdult", "Adult")
CONSENTS = (None, "", "Granted", "Denied", "NotRequired")
CHARACTER_KINDS = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())
SHORTEST_PASSWORD, LONGEST_PASSWORD, KINDS_IN_PASSWORD = 8, 256, 3


def create_user(call: Call) -> Reply:
    """201."""
    state, document = call.state, USER_BODY.checked(call.document())
    for name in NEEDED:
        if document.get(name) is None:
            raise required(name, RESOURCE)
    check_person(state, document)
    check_password(document["passwordProfile"])
    user: Entity = {
        "id": state.ids(),
        "createdDateTime": state.clock.text(),
        "userType": "Member",
        **without_password(USER_BODY.kept(document)),
    }
    state.users.add(user)
    return Reply(201, entity(user, schema=USER, options=call.options, origin=call.origin))


def update_user(call: Call) -> Reply:
    """204."""
    user = find_user(call)
    document = USER_BODY.checked(call.document(), current=user)
    if document.get("employeeLeaveDateTime") is not None:
        raise denied()  # it needs User-LifeCycleInfo.ReadWrite.All, which no client of this tenant can have
    if USER.single_only & document.keys():
        raise not_implemented(f"a change of '{sorted(USER.single_only & document.keys())[0]}'")
    check_person(call.state, document, old=user)
    if document.get("passwordProfile") is not None:
        check_password(document["passwordProfile"], change=True)
    change_person(call.state, user, without_password(USER_BODY.kept(document)))
    return Reply(204)


def without_password(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes without the password, which no answer shows."""
    return {name: value for name, value in changes.items() if name != "passwordProfile"}


def check_person(state: TenantState, document: dict[str, Any], *, old: Entity | None = None) -> None:
    """Refuse values that the directory refuses.

    Raises:
        GraphError: 400 naming the property.
    """
    for name, longest in LONGEST.items():
        value = document.get(name)
        if value is not None and (not isinstance(value, str) or not 0 < len(value) <= longest):
            raise invalid_value(name, RESOURCE)
    if not isinstance(document.get("accountEnabled", True), bool):
        raise invalid_value("accountEnabled", RESOURCE)
    for name, allowed in (("ageGroup", AGE_GROUPS), ("consentProvidedForMinor", CONSENTS)):
        if document.get(name) not in allowed:
            raise invalid_value(name, RESOURCE)
    if document.get("usageLocation") and not COUNTRY.match(str(document["usageLocation"])):
        raise invalid_value("usageLocation", RESOURCE)
    check_hire_date(document.get("employeeHireDate"))
    check_principal_name(state, document.get("userPrincipalName"), old=old)


def check_hire_date(value: Any) -> None:
    try:
        if value is not None:
            datetime.fromisoformat(str(value))
    except ValueError as error:
        raise invalid_value("employeeHireDate", RESOURCE) from error


def check_principal_name(state: TenantState, name: str | None, *, old: Entity | None) -> None:
    """The name is unique, also among those in use by people not replicated yet, and in a verified domain."""
    if name is None or (old is not None and name.lower() == str(old["userPrincipalName"]).lower()):
        return
    alias, at, domain = name.rpartition("@")
    if not at or not alias or any(letter.isspace() for letter in alias):
        raise invalid_value("userPrincipalName", RESOURCE)
    if domain.lower() not in domain_names(state):
        raise bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain "
            "names in your organization."
        )
    if state.users.taken("userPrincipalName", name):
        raise duplicate_value("userPrincipalName")


def check_password(profile: Any, *, change: bool = False) -> None:
    """The complexity every cloud account must have: 8 to 256 letters of three kinds (page concept-sspr-policy)."""
    password = profile.get("password") if isinstance(profile, dict) else None
    if password is None and change:
        return
    if not isinstance(password, str):
        raise required("password", "PasswordProfile")
    kinds = sum(any(map(kind, password)) for kind in CHARACTER_KINDS)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or kinds < KINDS_IN_PASSWORD:
        raise bad_request(
            "The specified password does not comply with password complexity requirements. Please provide a different "
            "password."
        )


def change_person(state: TenantState, user: Entity, changes: dict[str, Any]) -> None:
    """Write properties of a person, for deltas and indexes to know."""
    state.users.note_change(user)
    user.update(changes)
    if changes.keys() & set(state.users.indexed):
        state.users.reindex()
    if changes:
        state.journal.note("user", user["id"], changes)


def delete_person(state: TenantState, user_id: str) -> None:
    """To the recycle bin; methods and passes go, memberships wait for the person to come back."""
    discard(state, "user", user_id)
    state.methods.pop(user_id, None)
    state.passes.pop(user_id, None)


def delete_user(call: Call) -> Reply:
    delete_person(call.state, find_user(call)["id"])
    return Reply(204)


def get_manager(call: Call) -> Reply:
    """The manager as a directory object; 404 when there is none."""
    manager = of_any_kind(call, call.state.managers.get(find_user(call)["id"], ""))
    if manager is None:
        raise not_found("manager")
    names = call.options.select(USER)
    context = f"{call.origin}/v1.0/$metadata#directoryObjects/$entity"
    return Reply(body={"@odata.context": context, **show_any(call)(manager.entity, names)})


def put_manager(call: Call) -> Reply:
    """204."""
    user, manager = find_user(call), reference_id(call, "manager")
    check_exist(call.state, [manager])
    if call.state.users.get(manager) is None or manager == user["id"]:
        raise invalid_value("manager", RESOURCE)
    set_manager(call.state, user["id"], manager)
    return Reply(204)


def set_manager(state: TenantState, user_id: str, manager_id: str) -> None:
    """Make one person the manager of another."""
    state.managers[user_id] = manager_id
    state.journal.note("user", user_id, ("manager",))


def delete_manager(call: Call) -> Reply:
    user_id = find_user(call)["id"]
    if call.state.managers.pop(user_id, None) is None:
        raise not_found("manager")
    call.state.journal.note("user", user_id, ("manager",))
    return Reply(204)


def list_reports(call: Call) -> Reply:
    """Who has this person as manager."""
    user_id = find_user(call)["id"]
    reports = [report for report, manager in call.state.managers.items() if manager == user_id]
    return Reply(body=page_of_objects(call, reports, path=f"/users/{user_id}/directReports"))


ROUTES = (
    Route("POST", "/users", create_user),
    Route("PATCH", "/users/{user}", update_user),
    Route("DELETE", "/users/{user}", delete_user),
    Route("GET", "/users/{user}/manager", get_manager),
    Route("PUT", "/users/{user}/manager/$ref", put_manager),
    Route("DELETE", "/users/{user}/manager/$ref", delete_manager),
    Route("GET", "/users/{user}/directReports", list_reports),
)
