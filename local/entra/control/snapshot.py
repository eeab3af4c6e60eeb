"""The tenant in short: what two moments are compared by."""

from typing import Any

from local.entra.state import TenantState


def snapshot(state: TenantState) -> dict[str, Any]:
    """Ids, names and links of everything in the tenant, in an order that does not depend on the way there."""
    return {
        "userCount": len(state.users),
        "groups": sorted((group_summary(state, group) for group in state.groups.objects.values()), key=by_id),
        "applications": sorted(
            (application_summary(state, item) for item in state.applications.objects.values()), key=by_id
        ),
        "servicePrincipals": sorted(
            (
                {
                    "id": item["id"],
                    "appId": item["appId"],
                    "displayName": item["displayName"],
                    "accountEnabled": item["accountEnabled"],
                    "appRoleAssignmentRequired": item["appRoleAssignmentRequired"],
                    "tags": sorted(item.get("tags") or ()),
                    "owners": sorted(state.owners.get(item["id"], ())),
                }
                for item in state.service_principals.objects.values()
            ),
            key=by_id,
        ),
        "assignments": sorted(
            (
                {name: item[name] for name in ("id", "principalId", "resourceId", "appRoleId")}
                for item in state.assignments.values()
            ),
            key=by_id,
        ),
        "policies": sorted(
            (
                {name: item[name] for name in ("id", "displayName", "state", "conditions", "grantControls")}
                for item in state.policies.objects.values()
            ),
            key=by_id,
        ),
        "methods": {
            user_id: sorted(method["@odata.type"].rpartition(".")[2] for method in methods)
            for user_id, methods in sorted(state.methods.items())
            if methods
        },
        "temporaryAccessPasses": sorted(state.passes),
        "deleted": sorted(
            ({"id": object_id, "kind": item.kind} for object_id, item in state.deleted.items()), key=by_id
        ),
    }


def by_id(item: dict[str, Any]) -> str:
    return str(item["id"])


def group_summary(state: TenantState, group: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": group["id"],
        "displayName": group["displayName"],
        "uniqueName": group.get("uniqueName"),
        "members": sorted(state.members.get(group["id"], ())),
        "owners": sorted(state.owners.get(group["id"], ())),
    }


def application_summary(state: TenantState, application: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": application["id"],
        "appId": application["appId"],
        "displayName": application["displayName"],
        "uniqueName": application.get("uniqueName"),
        "redirectUris": sorted(application["web"].get("redirectUris") or ()),
        "owners": sorted(state.owners.get(application["id"], ())),
        "federatedCredentials": sorted(item["name"] for item in state.federated_credentials.get(application["id"], ())),
        "hasLogo": application["id"] in state.logos,
    }
