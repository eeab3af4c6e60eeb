"""What the steps of one run share, and what a 404 or a refused write means in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kiota_abstractions.request_information import RequestInformation

from provisioning.clock import Clock
from provisioning.errors import NotReady
from provisioning.graph.client import Graph, collect
from provisioning.graph.errors import GraphError
from provisioning.store.tenant_objects import TenantObjects, TenantObjectStore
from provisioning.tenant.desired import Desired

# The longest that was reported; Microsoft gives no figure (msgraph-bicep-types#193).
REPLICATION = timedelta(minutes=15)
LOOK_AGAIN = 10.0  # seconds
LOOK_AGAIN_LATER = 60.0  # seconds, once something has been missing for a minute
JUST_MADE = timedelta(minutes=2)
TRUSTED_ANSWER = timedelta(minutes=1)
ASSIGN = "AppRoleAssignment.ReadWrite.All"


@dataclass
class OperationContext:
    """One run of an operation. `objects` grows as it goes.

    Args:
        graph: As the tenant identity.
        state: Where ids are kept the moment they are known.
        desired: What should be.
        objects: What is known to be ours.
        claims: Of the token in use.
        now: Clock.
        listed_policies: All policies, once they were read.
        application: The application, once it was read: some of its parts are steps of their own.
        strength_id: Of the authentication strength that was set, once the preflight found it.
        noted: Whether ids were found that are not kept yet.
        look_again: Whether something was found or made that may give steps something to do which had nothing to do.
    """

    graph: Graph
    state: TenantObjectStore
    desired: Desired
    objects: TenantObjects
    claims: Mapping[str, Any]
    now: Clock
    listed_policies: list[dict[str, Any]] | None = None
    application: dict[str, Any] | None = None
    strength_id: str | None = None
    noted: bool = False
    look_again: bool = False

    def note(self, **ids: Any) -> None:
        """Remember ids that were found by a key, as after a run that died: to be kept, but not by a plan."""
        self.objects = replace(self.objects, **ids, made_at=self.now())
        self.noted = True

    async def keep(self, **values: Any) -> None:
        """Keep something about our objects before anything else happens."""
        self.objects = replace(self.objects, **values)
        await self.state.save_objects(self.objects)

    async def made(self, **ids: Any) -> None:
        """Keep the id of an object that was made just now."""
        await self.keep(**ids, made_at=self.now())

    async def read_or_none(self, request: RequestInformation) -> dict[str, Any] | None:
        """What a GET answers; None for a 404."""
        item: dict[str, Any] | None = await self.graph.send_or_none(request)
        return item

    async def policies(self) -> list[dict[str, Any]]:
        """All Conditional Access policies, read once a run: they are few, and Graph takes one such request a second."""
        if self.listed_policies is None:
            builder = self.graph.build.identity.conditional_access.policies
            self.listed_policies = await collect(self.graph.pages(builder.to_get_request_information()))
        return self.listed_policies

    def made_within(self, period: timedelta) -> bool:
        """Whether something was made so lately."""
        made_at: datetime | None = self.objects.made_at
        return made_at is not None and self.now() - made_at < period

    @property
    def young(self) -> bool:
        """Whether something was made so lately that replicas may not know it yet."""
        return self.made_within(REPLICATION)

    def not_there_yet(self, what: str) -> NotReady:
        """What is missing because it is young; the longer it takes, the less often it is asked for."""
        after = LOOK_AGAIN if self.made_within(TRUSTED_ANSWER) else LOOK_AGAIN_LATER
        return NotReady(f"{what} to be known everywhere", after=after)

    def unready(self, error: GraphError, what: str) -> Exception:
        """What a refused write means: a reference that is not replicated yet is waited for, all else stands.

        A plain 403 right after our own write is one of those (terraform-provider-azuread#581).
        """
        refused_too_early = error.status == 403 and self.made_within(JUST_MADE)
        if error.not_replicated or (error.status == 404 and self.young) or refused_too_early:
            return self.not_there_yet(what)
        return error

    @property
    def roles(self) -> frozenset[str] | None:
        """Application permissions in the token; None for a person's token, which lists none."""
        return frozenset(self.claims.get("roles") or ()) if self.claims.get("idtyp", "app") == "app" else None

    async def own_principal_id(self) -> str:
        """The tenant identity's service principal: it owns the application and what belongs to it."""
        if (
            str(self.claims.get("appid")).casefold() == self.desired.tenant_client_id.casefold()
            and self.roles is not None
        ):
            return str(self.claims["oid"])
        builder = self.graph.build.service_principals_with_app_id(self.desired.tenant_client_id)
        return str((await self.graph.send(builder.to_get_request_information()))["id"])

    @property
    def may_assign(self) -> bool:
        """Whether this identity may make app role assignments; a person's token says so only by the answer."""
        return self.roles is None or ASSIGN in self.roles
