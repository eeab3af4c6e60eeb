"""What a stand-in tenant starts with, and any number of invented people: the same ones for the same number."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from local import identities
from local.entra.clock import Clock, timestamp
from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE, GRAPH_APP_ID, IdFactory, random_ids
from local.entra.limits.app_roles import APP_ROLES, GRAPH_NAMES, GRAPH_SCOPES
from local.entra.protocol.collection import Entity
from local.entra.protocol.words import words
from local.entra.state import TenantState

GIVEN_NAMES = words(
    "Ada Aisha Alba Amir Anika Anton Bela Bruno Carla Chen Dana Diego Elif Emeka Enzo Farah Finn "
    "Greta Hana Hugo Ines Ivan Jade Jonas Kaito Kira Lars Leila Mara Mateo Mina Nadia Nils Noor Olga "
    "Omar Petra Priya Quinn Rafael Rosa Samir Sofia Tariq Uma Viktor Wanda Yara Yusuf Zoe"
)
SURNAMES = words(
    "Abe Adler Almeida Bakker Berg Castro Chopra Costa Dahl Diaz Duarte Eklund Fischer Fontaine "
    "Garcia Haddad Hansen Ito Ivanova Jansen Kaya Keller Kim Kovacs Larsen Lopez Maier Mbeki Moreau "
    "Nakamura Novak Okafor Olsen Park Patel Petrov Quiroga Rossi Sato Silva Singh Tanaka Toth Ueda "
    "Varga Weber Wolf Yilmaz Zhang Zulu"
)
DAYS = 1100  # on which a person may have been hired
DEPARTMENTS = (
    ("Engineering", "Engineer"),
    ("Finance", "Accountant"),
    ("Human Resources", "HR Partner"),
    ("Operations", "Coordinator"),
    ("Sales", "Account Manager"),
    ("Support", "Support Specialist"),
)


def new_tenant(
    *,
    users: int = 0,
    seed: int | None = None,
    clock: Clock | None = None,
    ids: IdFactory | None = None,
    identity_header: str | None = None,
) -> TenantState:
    """A tenant with its two fixed people, the managed identities, Graph itself and `users` invented people.

    Args:
        users: how many people besides the two.
        seed: makes the ids of new objects repeatable.
        clock: time of the directory.
        ids: object ids; instead of `seed`.
        identity_header: see `TenantState`.
    """
    state = TenantState(clock=clock or Clock(), ids=ids or random_ids(seed), identity_header=identity_header)
    seed_fixed_people(state)
    seed_graph(state)
    for identity in identities.MANAGED_IDENTITIES:
        add_service_principal(
            state,
            object_id=identity.principal_id,
            app_id=identity.client_id,
            name=identity.name,
            kind="ManagedIdentity",
        )
        grant(state, principal_id=identity.principal_id, roles=identity.roles)
    seed_users(state, users)
    return state


def seed_fixed_people(state: TenantState) -> None:
    """The emergency account and the administrator, both long-standing Global Administrators."""
    people = (
        (identities.BREAK_GLASS_USER_ID, "Break", "Glass", "break-glass"),
        (identities.ADMINISTRATOR_USER_ID, "Avery", "Administrator", "admin"),
    )
    for object_id, given, surname, alias in people:
        state.users.add_settled(
            {
                "id": object_id,
                "displayName": f"{given} {surname}",
                "givenName": given,
                "surname": surname,
                "userPrincipalName": f"{alias}@{identities.TENANT_DOMAIN}",
                "mail": f"{alias}@{identities.TENANT_DOMAIN}",
                "mailNickname": alias,
                "accountEnabled": True,
                "userType": "Member",
                "createdDateTime": "2020-01-07T08:00:00Z",
            }
        )
        state.directory_roles.append(
            {
                "id": f"{object_id}-1",
                "principalId": object_id,
                "roleDefinitionId": GLOBAL_ADMINISTRATOR_ROLE,
                "directoryScopeId": "/",
            }
        )


def seed_graph(state: TenantState) -> None:
    """The service principal of Microsoft Graph, whose app roles are the permissions."""
    roles = [
        {
            "id": role_id,
            "value": name,
            "displayName": name,
            "description": f"Allows the app {name} without a signed-in user.",
            "allowedMemberTypes": ["Application"],
            "isEnabled": True,
            "origin": "Application",
        }
        for name, role_id in APP_ROLES.items()
    ]
    graph = add_service_principal(
        state, object_id=state.ids(), app_id=GRAPH_APP_ID, name="Microsoft Graph", kind="Application"
    )
    graph["appRoles"] = roles
    graph["servicePrincipalNames"] = [GRAPH_APP_ID, *GRAPH_NAMES]
    graph["oauth2PermissionScopes"] = [
        {
            "id": scope_id,
            "value": name,
            "adminConsentDescription": f"Allows the app {name} on behalf of the signed-in user.",
            "adminConsentDisplayName": name,
            "userConsentDescription": f"Allows the app {name} on your behalf.",
            "userConsentDisplayName": name,
            "type": "User",
            "isEnabled": True,
        }
        for name, scope_id in GRAPH_SCOPES.items()
    ]


def add_service_principal(state: TenantState, *, object_id: str, app_id: str, name: str, kind: str) -> Entity:
    """A service principal that has no application in this tenant."""
    entity: Entity = {
        "id": object_id,
        "appId": app_id,
        "displayName": name,
        "appDisplayName": name,
        "servicePrincipalType": kind,
        "servicePrincipalNames": [app_id],
        "accountEnabled": True,
        "appRoleAssignmentRequired": False,
        "appRoles": [],
        "tags": [],
        "createdDateTime": "2026-01-05T08:00:00Z",
    }
    state.service_principals.add_settled(entity)
    return entity


def grant(state: TenantState, *, principal_id: str, roles: tuple[str, ...] | list[str]) -> None:
    """Make `roles` the Graph permissions of a service principal, no more and no less.

    Raises:
        ValueError: a permission is not in the table of app roles.
    """
    unknown = [name for name in roles if name not in APP_ROLES]
    if unknown:
        raise ValueError(f"'{unknown[0]}' is not an application permission the stand-in knows (app_roles.py).")
    graph = state.service_principals.find("appId", GRAPH_APP_ID)
    principal = state.service_principals.get(principal_id)
    if graph is None or principal is None:
        raise ValueError(f"There is no service principal with the id {principal_id}.")
    for key, item in list(state.assignments.items()):
        if item["principalId"] == principal_id and item["resourceId"] == graph["id"]:
            del state.assignments[key]
    for name in roles:
        assignment = {
            "id": state.ids().replace("-", ""),
            "appRoleId": APP_ROLES[name],
            "createdDateTime": state.clock.text(),
            "principalDisplayName": principal["displayName"],
            "principalId": principal_id,
            "principalType": "ServicePrincipal",
            "resourceDisplayName": graph["displayName"],
            "resourceId": graph["id"],
        }
        state.assignments[assignment["id"]] = assignment


def seed_users(state: TenantState, count: int) -> list[str]:
    """Add `count` people and return their ids. The n-th person of every tenant is the same, hire date apart.

    Hire dates run from 30 days ahead to about three years back; one in 50 is disabled, one in 100 a guest.
    """
    first = state.seeded_users
    state.seeded_users += count
    today = state.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    added = []
    for person in people(first=first, count=count, today=today):
        state.users.add_settled(person)
        added.append(person["id"])
    return added


def people(*, first: int, count: int, today: datetime) -> Iterator[Entity]:
    """Invented people number `first` to `first + count - 1`."""

    @cache
    def day(offset: int) -> str:
        return timestamp(today + timedelta(days=30 - offset))

    for index in range(first, first + count):
        digest = hashlib.blake2b(str(index).encode(), digest_size=16).hexdigest()
        yield person(index, day=day, digest=digest)


def person(index: int, *, day: Callable[[int], str], digest: str) -> dict[str, Any]:
    """One invented person; `day` tells the possible hire dates, newest first; `digest` makes the object id."""
    given = GIVEN_NAMES[index * 7 % len(GIVEN_NAMES)]
    surname = SURNAMES[(index // len(GIVEN_NAMES) + index * 3) % len(SURNAMES)]
    department, title = DEPARTMENTS[index % len(DEPARTMENTS)]
    guest = index % 100 == 99
    number = f"{index + 1:06d}"
    alias = f"{given}.{surname}.{number}".lower()
    hired = index * 7 % DAYS
    result: dict[str, Any] = {
        "id": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}",
        "displayName": f"{given} {surname}",
        "givenName": given,
        "surname": surname,
        "userPrincipalName": f"{alias}#EXT#@{identities.TENANT_DOMAIN}"
        if guest
        else f"{alias}@{identities.TENANT_DOMAIN}",
        "mail": f"{alias}@{identities.TENANT_DOMAIN}",
        "mailNickname": alias,
        "jobTitle": title,
        "department": department,
        "employeeId": f"E{number}",
        "employeeType": "Employee",
        "employeeHireDate": day(hired),
        "accountEnabled": index % 50 != 49 or guest,
        "userType": "Guest" if guest else "Member",
        "createdDateTime": day(min(max(hired + 14, 31), DAYS - 1)),
        "preferredLanguage": "en",
        "usageLocation": "NL",
    }
    if guest:
        result["externalUserState"] = "Accepted"
    return result
