"""Compares the Graph application roles of the managed identities with the table of them, and makes them equal.

`POST` and `DELETE /servicePrincipals/{id}/appRoleAssignments` (learn.microsoft.com/graph/api/
serviceprincipal-post-approleassignments). A person needs the directory role Privileged Role Administrator for them, an
application AppRoleAssignment.ReadWrite.All with Application.Read.All.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kiota_abstractions.method import Method

from provisioning.errors import Rejected
from provisioning.graph.client import Graph, collect
from provisioning.graph.errors import ALREADY_ASSIGNED, GraphError
from provisioning.graph.requests import json_request
from provisioning.model.graph_roles import DANGEROUS, GraphRole, roles_together

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"  # of Microsoft Graph in every tenant
IDS_REMEDY = (
    "Take the principal IDs from `azd env get-values`. A newly created identity takes a minute or two to appear in "
    "Entra; wait, and then run the command again."
)


class GrantState(StrEnum):
    """How one role of one identity stands."""

    HELD = "held"
    MISSING = "missing"
    SURPLUS = "surplus"
    TEMPORARY = "temporary"  # of the table, held, and needed for a single step only


@dataclass(frozen=True)
class Grant:
    """One role of one identity.

    Attributes:
        role: The permission's name; its id where Graph no longer knows one.
        state: How it stands.
        remark: What it is for, or what its holder could do with it.
        assignment_id: Of the app role assignment; None where it is missing.
    """

    role: str
    state: GrantState
    remark: str = ""
    assignment_id: str | None = None


@dataclass(frozen=True)
class IdentityGrants:
    """What one app's identity holds and should hold.

    Attributes:
        app: front, people, passes or tenant; all that it serves, where one identity serves several.
        principal_id: Of its service principal.
        name: The identity's display name.
        grants: In the table's order, what is surplus last.
        elsewhere: The other APIs on which it holds a role; those are not this table's to judge.
    """

    app: str
    principal_id: str
    name: str
    grants: tuple[Grant, ...]
    elsewhere: tuple[str, ...] = ()

    def of(self, *states: GrantState) -> tuple[Grant, ...]:
        """Return the grants that stand so."""
        return tuple(grant for grant in self.grants if grant.state in states)


@dataclass(frozen=True)
class MicrosoftGraph:
    """Microsoft Graph's service principal in the tenant, with the ids of its application roles by name."""

    principal_id: str
    role_ids: Mapping[str, str]

    def role_id(self, role: str) -> str:
        """Return a role's id.

        Raises:
            Rejected: Microsoft Graph offers no such role here.
        """
        if role not in self.role_ids:
            raise Rejected(
                f"Microsoft Graph offers no application role {role} in this tenant.",
                remedy="Check that GRAPH_ENDPOINT matches the tenant's cloud; a national cloud may lack a role.",
            )
        return self.role_ids[role]


async def read_microsoft_graph(graph: Graph) -> MicrosoftGraph:
    """Read which application roles Microsoft Graph offers here; their ids are never assumed."""
    info = graph.build.service_principals_with_app_id(GRAPH_APP_ID).to_get_request_information()
    found = await graph.send(info)
    roles = {role["value"]: role["id"] for role in found["appRoles"] if role.get("value") and role.get("isEnabled")}
    return MicrosoftGraph(found["id"], roles)


async def read_grants(
    graph: Graph,
    principals: Mapping[str, str],
    *,
    microsoft_graph: MicrosoftGraph,
    asked: frozenset[str],
    unwanted: frozenset[str] = frozenset(),
    single: bool = False,
) -> list[IdentityGrants]:
    """Read what each identity holds, and compare it with the table.

    Args:
        graph: As who bootstraps.
        principals: The identity's principal id, or client id, by app.
        microsoft_graph: Microsoft Graph's own service principal.
        asked: Roles that are granted only if asked for, and are.
        unwanted: Roles of the table that another way was chosen instead of.
        single: Whether one identity is meant to serve every app, for trying out.

    Raises:
        Rejected: An id is of no managed identity, or two apps share one though they should not, or the other way round.
        PermissionDenied: The caller may not read service principals.
    """
    found = []
    for apps, identity in (await read_identities(graph, principals, single=single)).values():
        principal_id = str(identity["id"])
        builder = graph.build.service_principals.by_service_principal_id(principal_id).app_role_assignments
        present = await collect(graph.pages(builder.to_get_request_information()))
        ours = [item for item in present if item["resourceId"] == microsoft_graph.principal_id]
        others = {str(item["resourceDisplayName"]) for item in present if item not in ours}
        roles = roles_together(apps)
        grants = compare_grants(roles, ours, microsoft_graph=microsoft_graph, asked=asked, unwanted=unwanted)
        name = str(identity["displayName"])
        found.append(IdentityGrants(", ".join(apps), principal_id, name, grants, tuple(sorted(others))))
    return found


async def read_identities(
    graph: Graph, principals: Mapping[str, str], *, single: bool
) -> dict[str, tuple[list[str], dict[str, Any]]]:
    """Read which identity serves which apps, by principal id.

    Raises:
        Rejected: An id is of no managed identity, or the apps share one though they should not, or do not though they
            should.
    """
    found: dict[str, tuple[list[str], dict[str, Any]]] = {}
    for app, object_id in principals.items():
        identity = await read_identity(graph, object_id, app=app)
        apps, _ = found.setdefault(str(identity["id"]), ([], identity))
        if apps and not single:
            raise Rejected(
                f"{apps[0]} and {app} name the same identity, {identity['id']}.",
                remedy="Give each app its own identity, so that none holds another's permissions. To run everything in "
                "one app, for trying out, set SINGLE_APP=true or use --single.",
            )
        apps.append(app)
    if single and len(found) > 1:
        raise Rejected(
            f"One app is meant to run everything, but {len(found)} identities are named: {', '.join(found)}.",
            remedy="Leave out SINGLE_APP and --single, or name the one identity for every app.",
        )
    return found


async def read_identity(graph: Graph, object_id: str, *, app: str) -> dict[str, Any]:
    """Read a managed identity's service principal by its object id or its client id.

    Raises:
        Rejected: There is none, or it is something else, which must not get these permissions.
    """
    build = graph.build
    by_object_id = build.service_principals.by_service_principal_id(object_id).to_get_request_information()
    by_client_id = build.service_principals_with_app_id(object_id).to_get_request_information()
    found: dict[str, Any] | None = await graph.send_or_none(by_object_id) or await graph.send_or_none(by_client_id)
    if found is None:
        raise Rejected(f"This tenant has no managed identity {object_id}, which is named for {app}.", remedy=IDS_REMEDY)
    if found["servicePrincipalType"] != "ManagedIdentity":
        kind = found["servicePrincipalType"]
        raise Rejected(f"{object_id}, named for {app}, is of type {kind}, not a managed identity.", remedy=IDS_REMEDY)
    return found


def compare_grants(
    roles: Mapping[str, GraphRole],
    present: list[dict[str, Any]],
    *,
    microsoft_graph: MicrosoftGraph,
    asked: frozenset[str],
    unwanted: frozenset[str],
) -> tuple[Grant, ...]:
    """Compare one identity's assignments with the table.

    Args:
        roles: Those it should have.
        present: Its assignments on Microsoft Graph.
        microsoft_graph: Gives the roles' names.
        asked: Roles that are granted only if asked for, and are.
        unwanted: Roles of the table that another way was chosen instead of.
    """
    names = {role_id: name for name, role_id in microsoft_graph.role_ids.items()}
    held = {names.get(item["appRoleId"], str(item["appRoleId"])): str(item["id"]) for item in present}
    grants = []
    for name, role in roles.items():
        if name in unwanted:
            continue
        wanted = role.by_default or name in asked
        remark = f"to {role.purpose}" + (f"; instead of {role.instead}" if role.instead else "")
        if name in held:
            state = GrantState.TEMPORARY if role.once and not wanted else GrantState.HELD
            grants.append(Grant(name, state, remark, held.pop(name)))
        elif wanted:
            grants.append(Grant(name, GrantState.MISSING, remark))
    surplus = (Grant(name, GrantState.SURPLUS, DANGEROUS.get(name, ""), held[name]) for name in sorted(held))
    return (*grants, *surplus)


async def grant_role(graph: Graph, identity: IdentityGrants, role: str, *, microsoft_graph: MicrosoftGraph) -> None:
    """Grant one role; one that is there already is well, too.

    Raises:
        Rejected: Microsoft Graph offers no such role here.
        PermissionDenied: The caller may not grant.
    """
    content = {
        "principalId": identity.principal_id,
        "resourceId": microsoft_graph.principal_id,
        "appRoleId": microsoft_graph.role_id(role),
    }
    builder = graph.build.service_principals.by_service_principal_id(identity.principal_id).app_role_assignments
    try:
        await graph.send(json_request(Method.POST, builder, content))
    except GraphError as error:
        if not error.says(ALREADY_ASSIGNED):
            raise


async def revoke_role(graph: Graph, identity: IdentityGrants, grant: Grant) -> None:
    """Take one role away; one that is gone already is well, too.

    Raises:
        PermissionDenied: The caller may not take it away.
    """
    builder = graph.build.service_principals.by_service_principal_id(identity.principal_id).app_role_assignments
    item = builder.by_app_role_assignment_id(str(grant.assignment_id))
    await graph.send_or_none(item.to_delete_request_information())
