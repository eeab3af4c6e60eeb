"""The security group whose members the policy asks for MFA. The people identity owns it, so it needs no Graph role."""

from dataclasses import replace
from typing import Any

from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.group import Group
from msgraph.generated.models.reference_create import ReferenceCreate

from provisioning.graph.errors import GraphError
from provisioning.graph.odata import literal, query
from provisioning.model.plan import Change, Finding, differing
from provisioning.store.operations import Step
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import Observed, Resource, owners_of, reference, seek
from provisioning.tenant.resources.ownership import find_name_conflicts, has_our_key, unexpected_owners

GroupsQuery = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters

DESCRIPTION = "New hires who set up multi-factor authentication before anything asks for it."


class GroupResource(Resource):
    """A plain security group with assigned members."""

    name = "group"
    reason = "New hires are put into it; the policy and the tile are for its members."
    id_fields = ("group_id",)

    async def look(self, run: OperationContext) -> Observed:
        """By id, else by uniqueName; a new one only where nobody has our name."""
        groups, known = run.graph.build.groups, run.objects.group_id
        by_key = run.graph.build.groups_with_unique_name(run.desired.unique_name).to_get_request_information()
        by_id = groups.by_group_id(known).to_get_request_information() if known else None
        found = await seek(run, self.name, known=known, by_id=by_id, by_key=by_key)
        if found.item is None:
            return replace(found, findings=() if found.deleted else await groups_of_our_name(run))
        group = found.item
        owners_info = groups.by_group_id(group["id"]).owners.to_get_request_information()
        owners = await owners_of(run, owners_info, what=self.name)
        expected = (run.desired.people_principal_id, *run.desired.expected_owner_ids)
        strangers = unexpected_owners(self.name, group["id"], owners, expected=expected)
        if run.objects.group_id != group["id"]:
            run.note(group_id=group["id"])
        return replace(found, owners=owners, findings=(*tampering(group), *strangers))

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """Its name, key and owner."""
        return {
            "displayName": run.desired.display_name,
            "uniqueName": run.desired.unique_name,
            "owners": [run.desired.people_principal_id],
        }

    def drift(self, run: OperationContext, found: Observed) -> tuple[Change, ...]:
        """Name, description and owner."""
        group = found.item or {}
        owner = run.desired.people_principal_id
        has_owner = owner.casefold() in {item.casefold() for item in found.owners}
        return (
            *differing(
                "displayName",
                group.get("displayName"),
                run.desired.display_name,
                reason="Admins look for the name that DISPLAY_NAME gives.",
            ),
            *differing("description", group.get("description"), DESCRIPTION, reason="It tells admins what this is."),
            *(
                ()
                if has_owner
                else (
                    Change(
                        "owners",
                        sorted(found.owners),
                        sorted([*found.owners, owner]),
                        "Only an owner may change members without a Graph permission, and the people identity must.",
                    ),
                )
            ),
        )

    async def create(self, run: OperationContext) -> Step:
        """Make it with its owner bound: without one nobody could change it (msgraph-bicep-types#233)."""
        info = run.graph.build.groups.to_post_request_information(new_group(run))
        try:
            group = await run.graph.send(info, repeatable=False)
        except GraphError as error:
            raise run.unready(error, "the group") from error
        await run.made(group_id=group["id"])
        return Step(self.name, "created", group["id"])

    async def update(self, run: OperationContext, found: Observed, changes: tuple[Change, ...]) -> None:
        """Put back the name; add the owner, taking nobody off."""
        builder = run.graph.build.groups.by_group_id(str(found.object_id))
        fields = {change.field for change in changes}
        if fields - {"owners"}:
            change = Group(display_name=run.desired.display_name, description=DESCRIPTION)
            await run.graph.send(builder.to_patch_request_information(change))
        if "owners" in fields:
            body = ReferenceCreate(odata_id=reference(run, run.desired.people_principal_id))
            await run.graph.send(builder.owners.ref.to_post_request_information(body), repeatable=False)

    async def delete(self, run: OperationContext, found: Observed) -> None:
        """Into the recycle bin, with its memberships."""
        builder = run.graph.build.groups.by_group_id(str(found.object_id))
        await run.graph.send(builder.to_delete_request_information())

    def is_ours(self, run: OperationContext, found: Observed) -> bool:
        """By the key."""
        return has_our_key(run, found.item)


def new_group(run: OperationContext) -> Group:
    """The new group."""
    desired = run.desired
    return Group(
        display_name=desired.display_name,
        description=DESCRIPTION,
        unique_name=desired.unique_name,
        mail_enabled=False,
        mail_nickname=desired.unique_name,
        security_enabled=True,
        group_types=[],
        additional_data={"owners@odata.bind": [reference(run, desired.people_principal_id)]},
    )


async def groups_of_our_name(run: OperationContext) -> tuple[Finding, ...]:
    """Graph takes two groups of one name without a word (terraform-provider-azuread#182); people would mix them up."""
    name = run.desired.display_name
    parameters = GroupsQuery(filter=f"displayName eq {literal(name)}", select=["id", "displayName", "uniqueName"])
    request = run.graph.build.groups.to_get_request_information(query(parameters))
    return await find_name_conflicts(run, request, what="group")


def tampering(group: dict[str, Any]) -> list[Finding]:
    """Ours is a plain security group; what else it became cannot be changed back by a write of ours."""
    faults = [
        text
        for text, wrong in (
            ("role-assignable", group.get("isAssignableToRole") is True),
            ("dynamic", "DynamicMembership" in (group.get("groupTypes") or [])),
            ("mail-enabled", group.get("mailEnabled") is True),
            ("not a security group", group.get("securityEnabled") is False),
            ("synchronized from on-premises", group.get("onPremisesSyncEnabled") is True),
        )
        if wrong
    ]
    if not faults:
        return []
    return [
        Finding(
            "group_tampered",
            "blocking",
            f"The group {group['id']} is {' and '.join(faults)}.",
            "Make it a plain security group with assigned members again.",
            (group["id"],),
        )
    ]
