"""The security group whose members the policy asks for MFA. The people identity owns it, so it needs no Graph role."""

from dataclasses import replace
from typing import Any

from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder

from provisioning.graph.odata import literal, query
from provisioning.model.operation import Step
from provisioning.model.plan import Change, Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.fields import Field
from provisioning.tenant.resources.lookup import find_object
from provisioning.tenant.resources.managed import ManagedResource
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.owners import OWNERS, owner_change, owners_of, reference, write_owners
from provisioning.tenant.resources.ownership import (
    NOT_OURS,
    find_name_conflicts,
    has_our_key,
    not_ours,
    unexpected_owners,
)

GroupsQuery = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters

SHOWN = 5  # members in a finding
DESCRIPTION = "New hires who set up multi-factor authentication before anything asks for it."


class GroupResource(ManagedResource):
    """A plain security group with assigned members."""

    name = "group"
    reason = "New hires are added to it; the policy and the tile are for its members."
    id_fields = ("group_id",)
    stands_alone = True
    dependent_ids = ("assignment_id",)
    required = "the group"

    def fields(self, context: OperationContext) -> tuple[Field, ...]:
        """Return its names; what makes it a plain security group is given once and then watched by `tampering`."""
        desired = context.desired
        return (
            Field("displayName", desired.display_name, "Admins look for the name that DISPLAY_NAME gives."),
            Field("description", DESCRIPTION, "It tells admins what the group is for."),
            Field("uniqueName", desired.unique_name, fixed=True),
            Field("mailNickname", desired.unique_name, fixed=True),
            Field("mailEnabled", False, fixed=True),
            Field("securityEnabled", True, fixed=True),
        )

    def collection(self, context: OperationContext) -> Any:
        """Return the SDK's builder for groups."""
        return context.graph.build.groups

    def item(self, context: OperationContext, object_id: str) -> Any:
        """Return the SDK's builder for one group."""
        return context.graph.build.groups.by_group_id(object_id)

    async def read(self, context: OperationContext) -> Observed:
        """Read it by id, else by uniqueName; a new one only where nobody has our name."""
        known, desired = context.objects.group_id, context.desired
        by_key = context.graph.build.groups_with_unique_name(desired.unique_name).to_get_request_information()
        by_id = self.item(context, known).to_get_request_information() if known else None
        found = await find_object(context, self.name, known=known, by_id=by_id, by_key=by_key)
        if found.item is None:
            return replace(found, findings=() if found.deleted else await groups_of_our_name(context))
        group = found.item
        if group["id"] != known and (members := await some_members(context, group["id"])):
            return replace(found, findings=(not_ours(self.name, group["id"], known=known, members=members),))
        owners = await owners_of(context, self.item(context, group["id"]), what=self.name)
        expected = {desired.people_principal_id, *desired.expected_owner_ids, *ours_by_mistake(context)}
        strangers = unexpected_owners(self.name, group["id"], owners, expected=expected)
        return replace(found, owners=owners, findings=(*tampering(group), *strangers), ids={"group_id": group["id"]})

    def creation(self, context: OperationContext) -> tuple[Change, ...]:
        """Return its properties and its owner."""
        owner = Change(OWNERS, None, [context.desired.people_principal_id], self.reason)
        return (*super().creation(context), owner)

    def diff(self, context: OperationContext, observed: Observed) -> tuple[Change, ...]:
        """Return names and the owner."""
        mistakes = ours_by_mistake(context)
        owner = owner_change(
            observed.owners,
            add=context.desired.people_principal_id,
            remove=next(iter(mistakes), None),
            reason="Only an owner may change members without a Graph permission, and the people identity must.",
        )
        return (*super().diff(context, observed), *owner)

    async def post(self, context: OperationContext, body: dict[str, Any]) -> dict[str, Any]:
        """Send a new one with its owner bound: without one nobody could change it (msgraph-bicep-types#233)."""
        owner = context.desired.people_principal_id
        return await super().post(context, {**body, "owners@odata.bind": [reference(context, owner)]})

    async def create(self, context: OperationContext) -> Step:
        """Make it, and remember which owner it was given."""
        await context.save(group_owner_id=context.desired.people_principal_id)
        return await super().create(context)

    def ids_of(self, item: Any) -> dict[str, Any]:
        """Return its id."""
        return {"group_id": item["id"]}

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Put back the names; add the owner, and take off only an owner that a wrong setting added."""
        await super().update(context, observed, tuple(change for change in changes if change.field != OWNERS))
        for change in changes:
            if change.field == OWNERS:
                await write_owners(context, self.item(context, str(observed.object_id)), change)
                await context.save(group_owner_id=context.desired.people_principal_id)

    def is_ours(self, context: OperationContext, observed: Observed) -> bool:
        """Return whether it has our key, and nobody but us filled it."""
        strange = any(finding.code == NOT_OURS for finding in observed.findings)
        return has_our_key(context, observed.item) and not strange


async def some_members(context: OperationContext, group_id: str) -> list[str]:
    """Return a few members of a group. People are put into a group whose id was kept before, so any is a stranger's."""
    builder = context.graph.build.groups.by_group_id(group_id).members
    found = await context.graph.send(builder.to_get_request_information())
    return [str(item["id"]) for item in found["value"]][:SHOWN]


def ours_by_mistake(context: OperationContext) -> set[str]:
    """Return the owner that we set while PEOPLE_PRINCIPAL_ID named it, and that is not named there any more."""
    before, desired = context.objects.group_owner_id, context.desired
    kept = {owner.casefold() for owner in (desired.people_principal_id, *desired.expected_owner_ids)}
    return {before} if before is not None and before.casefold() not in kept else set()


async def groups_of_our_name(context: OperationContext) -> tuple[Finding, ...]:
    """Name groups of our name: Graph takes two without a word (terraform-provider-azuread#182)."""
    name = context.desired.display_name
    parameters = GroupsQuery(filter=f"displayName eq {literal(name)}", select=["id", "displayName", "uniqueName"])
    request = context.graph.build.groups.to_get_request_information(query(parameters))
    return await find_name_conflicts(context, request, what="group")


def tampering(group: dict[str, Any]) -> list[Finding]:
    """Tell what else than a plain security group it became: no write of ours changes that back."""
    anew = "Remove the group and apply, which creates a plain one"
    found = [
        (text, remedy)
        for text, remedy, wrong in (
            ("role-assignable", anew, group.get("isAssignableToRole") is True),
            (
                "dynamic",
                "Change its membership type to Assigned in the Entra admin center",
                "DynamicMembership" in (group.get("groupTypes") or []),
            ),
            ("mail-enabled", anew, group.get("mailEnabled") is True),
            ("not a security group", anew, group.get("securityEnabled") is False),
            ("synchronized from on-premises", anew, group.get("onPremisesSyncEnabled") is True),
        )
        if wrong
    ]
    if not found:
        return []
    faults, remedies = [text for text, _ in found], list(dict.fromkeys(remedy for _, remedy in found))
    return [
        Finding(
            "group_tampered",
            "blocking",
            f"The group {group['id']} is {' and '.join(faults)}.",
            f"{'. '.join(remedies)}.",
            (group["id"],),
        )
    ]
