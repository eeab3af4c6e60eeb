"""The security group whose members the policy asks for MFA. The people identity owns it, so it needs no Graph role."""

from typing import Any

from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.group import Group

from provisioning.errors import Refused
from provisioning.graph.client import everything
from provisioning.graph.errors import GraphError
from provisioning.graph.query import literal, query
from provisioning.store.operations import Step
from provisioning.tenant.desired import Apply, foreign, step

GroupsQuery = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters

NAME = "group"
FIELDS = ["id", "displayName", "uniqueName", "securityEnabled", "mailEnabled", "groupTypes", "isAssignableToRole"]


async def ensure(run: Apply) -> Step:
    """Make the group unless it is there."""
    known = run.objects.group_id
    if known is not None:
        try:
            group = await run.graph.send(run.graph.build.groups.by_group_id(known).to_get_request_information())
        except GraphError as error:
            raise run.gone(NAME, known) if error.status == 404 else error from error
        check(group)
        return step(NAME, "unchanged", known)
    group = await by_unique_name(run)
    if group is not None:
        check(group)
        await run.made(group_id=group["id"])
        return step(NAME, "unchanged", group["id"], detail="Made by an earlier run.")
    await refuse_namesakes(run)
    try:
        group = await run.graph.send(run.graph.build.groups.to_post_request_information(body(run)), repeatable=False)
    except GraphError as error:
        raise run.unready(error, NAME) from error
    await run.made(group_id=group["id"])
    return step(NAME, "created", group["id"])


def body(run: Apply) -> Group:
    """The new group. Its owner is bound at once: without one nobody could change it (msgraph-bicep-types#233)."""
    desired = run.desired
    owner = f"{run.graph.root}/directoryObjects/{desired.people_principal_id}"
    return Group(
        display_name=desired.display_name,
        description="New hires who set up multi-factor authentication before anything asks for it.",
        unique_name=desired.unique_name,
        mail_enabled=False,
        mail_nickname=desired.unique_name,
        security_enabled=True,
        group_types=[],
        additional_data={"owners@odata.bind": [owner]},
    )


async def by_unique_name(run: Apply) -> dict[str, Any] | None:
    """The group with our key, if an earlier run made it and did not live to keep its id."""
    builder = run.graph.build.groups_with_unique_name(run.desired.unique_name)
    try:
        found: dict[str, Any] = await run.graph.send(builder.to_get_request_information())
    except GraphError as error:
        if error.status == 404:
            return None
        raise
    return found


async def refuse_namesakes(run: Apply) -> None:
    """Graph takes two groups of one name without a word (terraform-provider-azuread#182); people would mix them up."""
    name = run.desired.display_name
    parameters = GroupsQuery(filter=f"displayName eq {literal(name)}", select=["id", "displayName"])
    pages = run.graph.pages(run.graph.build.groups.to_get_request_information(query(parameters)))
    if namesakes := [item["id"] for item in await everything(pages)]:
        raise foreign(NAME, name, namesakes)


def check(group: dict[str, Any]) -> None:
    """Ours is a plain security group; anything else was tampered with.

    Raises:
        Refused: It is role-assignable, dynamic or mail-enabled.
    """
    faults = [
        text
        for text, wrong in (
            ("role-assignable", group.get("isAssignableToRole") is True),
            ("dynamic", "DynamicMembership" in (group.get("groupTypes") or [])),
            ("mail-enabled", group.get("mailEnabled") is True),
            ("not a security group", group.get("securityEnabled") is False),
        )
        if wrong
    ]
    if faults:
        raise Refused(
            f"The group {group['id']} is {' and '.join(faults)}.",
            remedy="Make it a plain security group with assigned members again.",
        )
