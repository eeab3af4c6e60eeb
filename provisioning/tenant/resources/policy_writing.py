"""A Conditional Access policy of ours is written: made report-only, repaired section by section, and read back.

Sections that differ go back whole, with everything an admin put into them, lists that should be empty as [] and what
should be absent as null: Graph keeps what a PATCH leaves out (Microsoft365DSC#2079, #2058, #3885).
"""

from collections.abc import Mapping
from typing import Any

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provisioning.errors import ProductError, TransientError
from provisioning.graph.errors import GraphError
from provisioning.graph.requests import json_request
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change
from provisioning.tenant.context import REPLICATION, OperationContext
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.policy_base import ENABLED, REPORT_ONLY, Policies, PolicyBase, PolicyState
from provisioning.tenant.resources.policy_errors import NotAsWritten, policy_error
from provisioning.tenant.resources.policy_sections import sendable

READ_BACKS = 3


class PolicyWriting(PolicyBase):
    """Makes a policy of ours and repairs it; believes neither before Graph shows it."""

    async def create(self, context: OperationContext) -> Step:
        """Make it. What was sent and not answered is not sent again before it would be listed.

        Raises:
            NotReady: A run that died may have made it a moment ago; Graph would take a second one without a word.
            NotAsWritten: Graph shows another policy than was sent.
        """
        sent_at = getattr(context.objects, self.sent_field)
        if sent_at is not None and context.now() - sent_at < REPLICATION:
            raise context.not_there_yet(f"the {self.name} that an earlier run may have made")
        await context.save(**{self.sent_field: context.now()})
        builder = context.graph.build.identity.conditional_access.policies
        body, state, listed = self.wanted(context), self.first_state(context), context.observed.policies
        try:
            made = await self.write(context, json_request(Method.POST, builder, body), body)
        except TransientError:
            raise  # it may have been made
        except ProductError:
            await context.save(**{self.sent_field: None})  # refused, so it was not made
            raise
        await context.record_created(**{self.id_field: made["id"], self.sent_field: None})
        await self.confirm(context, made["id"], state=state, answer=made, listed=listed)
        if state == ENABLED:
            await self.note_state(context, made["id"], state)
            detail = "In force at once, because it guards people that the enrollment policy already asks."
        else:
            detail = "Report-only: it records what it would do, and asks nobody yet."
        return Step(self.name, StepOutcome.CREATED, made["id"], detail=detail)

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Write the sections that differ, with everything else that stands in them.

        Raises:
            NotAsWritten: Graph shows another policy than was sent.
        """
        item = observed.item or {}
        body: dict[str, Any] = {}
        conditions = sendable(item.get("conditions") or {})
        for change in changes:
            top, _, section = change.field.partition(".")
            if section:
                conditions[section] = change.after
                body["conditions"] = conditions
            else:
                body[top] = change.after
        listed, state = context.observed.policies, str(body.get("state", item.get("state")))
        await self.write(context, json_request(Method.PATCH, self.item(context, str(observed.object_id)), body), body)
        await self.confirm(context, str(observed.object_id), state=state, listed=listed)

    async def confirm(
        self,
        context: OperationContext,
        policy_id: str,
        *,
        state: str,
        answer: dict[str, Any] | None = None,
        listed: Policies | None = None,
    ) -> None:
        """Compare what Graph shows with what was wanted; a policy that differs goes back to report-only.

        Args:
            context: Of the run.
            policy_id: Which.
            state: The state that it should be in.
            answer: Graph's answer to a POST.
            listed: All policies before the write; with what Graph shows of this one they need not be listed again.

        Raises:
            NotAsWritten: It differs.
        """
        fields = self.unlike(context, answer, state=state) if answer else ()
        item = answer
        for _ in range(READ_BACKS):
            async with context.pace():  # a replica may show what was before, so it is asked a few times
                shown = await context.read_or_none(self.item(context, policy_id).to_get_request_information())
            if shown is None:
                break  # too young to be read; its answer tells
            item, fields = shown, self.unlike(context, shown, state=state)
            if not fields:
                others = [policy for policy in listed or () if policy["id"] != policy_id]
                context.observed.policies = [*others, shown] if listed is not None else None
                return
        if fields:
            undone = await self.hold_back(context, policy_id, item or {})
            raise NotAsWritten(f"{self.name} {policy_id}", fields, undone=undone)

    def unlike(self, context: OperationContext, item: dict[str, Any], *, state: str) -> tuple[str, ...]:
        """Return what is not as it was sent."""
        drifted = [change.field for change in self.diff(context, Observed(item))]
        return (*drifted, *(["state"] if item.get("state") != state else []))

    async def hold_back(self, context: OperationContext, policy_id: str, item: Mapping[str, Any]) -> str:
        """Turn a policy that is not as it was sent back to report-only; returns what was done, as a sentence."""
        if item.get("state") not in (REPORT_ONLY, "disabled"):
            builder = self.item(context, policy_id)
            off: dict[str, Any] = {"state": REPORT_ONLY}
            try:
                await self.write(context, json_request(Method.PATCH, builder, off), off)
            except GraphError:  # what became of it is not even valid: off with all that it should be
                whole = {**self.wanted(context), **off}
                await self.write(context, json_request(Method.PATCH, builder, whole), whole)
            await self.note_state(context, policy_id, REPORT_ONLY)
            return "It was turned back to report-only."
        return "It asks nobody."

    async def note_state(self, context: OperationContext, policy_id: str, state: PolicyState) -> None:
        """Keep whether it was turned on, so that its loss can be told."""
        others = tuple(item for item in context.objects.policies_in_force if item != policy_id)
        in_force = (*others, policy_id) if state == ENABLED else others
        if set(in_force) != set(context.objects.policies_in_force):
            await context.save(policies_in_force=in_force)

    async def write(
        self,
        context: OperationContext,
        info: RequestInformation,
        body: dict[str, Any],
    ) -> dict[str, Any]:
        """Send a policy as JSON: the SDK's model cannot carry back what an admin added in words it does not know.

        The list that was read is true no more, until what was written is read back.
        """
        context.observed.policies = None
        try:
            async with context.pace():
                answer: dict[str, Any] | None = await context.write(info, repeatable=False)
        except GraphError as error:
            raise policy_error(context, error, what=self.refers_to(context, body)) from error
        return answer or {}

    def refers_to(self, context: OperationContext, body: Mapping[str, Any]) -> str:
        """Return the objects that a policy names, for the reason why it waits or fails."""
        users = (body.get("conditions") or {}).get("users") or {}
        ours = str(context.objects.group_id).casefold()
        others = [item for item in (*users.get("includeGroups", ()), *users.get("excludeGroups", ()))]
        others = [item for item in others if item.casefold() != ours]
        foreign = f" and the other groups that the policy names: {', '.join(others)}" if others else ""
        return (
            f"the group {context.objects.group_id}, the service principal of application {context.objects.app_id}"
            f"{foreign}"
        )
