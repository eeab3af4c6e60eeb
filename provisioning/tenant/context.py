"""What the steps of one operation share, and what a 404 or a refused write means in it."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kiota_abstractions.request_information import RequestInformation

from provisioning.clock import Clock
from provisioning.errors import NotReady, ProductError
from provisioning.graph.client import Graph, collect
from provisioning.graph.errors import GraphError
from provisioning.model.graph_roles import ASSIGN
from provisioning.model.tenant_objects import TenantObjects
from provisioning.store.lease import Lease
from provisioning.store.tenant_objects import TenantObjectStore
from provisioning.tenant.desired import Desired
from provisioning.tenant.pace import Pace

# The longest that was reported; Microsoft gives no figure (msgraph-bicep-types#193).
REPLICATION = timedelta(minutes=15)
LOOK_AGAIN = 10.0  # seconds
TRY_AGAIN = 30.0  # seconds, after a refusal that may pass
LOOK_AGAIN_LATER = 60.0  # seconds, once something has been missing for a minute
JUST_MADE = timedelta(minutes=2)
TRUSTED_ANSWER = timedelta(minutes=1)


class MayPass(NotReady):
    """Graph refused a write of an old object in words that usually mean "not replicated yet": tried a few times only.

    Args:
        what: The objects that the write refers to.
        error: Graph's own.
    """

    def __init__(self, what: str, error: GraphError) -> None:
        super().__init__(f"{what}, which Microsoft Graph refused although they are not new", after=TRY_AGAIN)
        self.what = what
        self.error = error


@dataclass(frozen=True)
class Environment:
    """What does not change while an operation runs.

    Attributes:
        graph: As the tenant identity, or as an admin at a command line.
        store: Where ids are kept the moment they are known.
        desired: What should be.
        claims: Of the token in use.
        now: Clock.
        lease: Held while the operation runs; None where nothing is written.
    """

    graph: Graph
    store: TenantObjectStore
    desired: Desired
    claims: Mapping[str, Any]
    now: Clock
    lease: Lease | None = None


@dataclass
class Observations:
    """What was read once and serves several steps.

    Attributes:
        policies: All policies.
        pace: When Conditional Access may be asked again.
        application: The application: some of its parts are steps of their own.
        strength_id: Of the authentication strength that was set, once the preflight found it.
        own_principal_id: Of the tenant identity's service principal.
        facts: What the preflight read (`TenantFacts`).
        planned: What the plan of this run read of objects that depend on no other; each serves its step once.
        created: Names of the objects that this run made: nothing can hang on them yet.
    """

    policies: list[dict[str, Any]] | None = None
    pace: Pace = field(default_factory=Pace)
    application: dict[str, Any] | None = None
    strength_id: str | None = None
    own_principal_id: str | None = None
    facts: Any = None
    planned: dict[str, Any] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)


@dataclass
class OperationContext:
    """One run of an operation.

    Attributes:
        environment: What does not change.
        objects: What is known to be ours; grows as the operation goes on.
        observed: What was read once. Planning shares it with the run.
    """

    environment: Environment
    objects: TenantObjects
    observed: Observations = field(default_factory=Observations)

    @property
    def graph(self) -> Graph:
        """Return the way to Graph."""
        return self.environment.graph

    @property
    def desired(self) -> Desired:
        """Return what should be."""
        return self.environment.desired

    @property
    def claims(self) -> Mapping[str, Any]:
        """Return the claims of the token in use."""
        return self.environment.claims

    def now(self) -> datetime:
        """Return the time."""
        return self.environment.now()

    @property
    def strength_id(self) -> str | None:
        """Return the id of the authentication strength that was set."""
        return self.observed.strength_id

    @strength_id.setter
    def strength_id(self, value: str | None) -> None:
        self.observed.strength_id = value

    def supposing(self, ids: Mapping[str, Any]) -> "OperationContext":
        """Return a context in which objects have these ids, or None for none yet; nothing is kept."""
        return replace(self, objects=replace(self.objects, **ids))

    async def save(self, **values: Any) -> None:
        """Keep something about our objects before anything else happens."""
        self.check_lease()
        self.objects = replace(self.objects, **values)
        await self.environment.store.save_objects(self.objects)

    async def record_created(self, **ids: Any) -> None:
        """Keep the id of an object that was made just now."""
        await self.save(**ids, made_at=self.now())

    async def remember_ids(self, ids: Mapping[str, str]) -> bool:
        """Keep ids that were found by a key, as after a run that died; returns whether any was new."""
        new = {name: value for name, value in ids.items() if getattr(self.objects, name) != value}
        if new:
            await self.record_created(**new)
        return bool(new)

    def check_lease(self) -> None:
        """Make sure that no other run works on the tenant by now.

        Raises:
            LeaseLost: One may.
        """
        if self.environment.lease is not None:
            self.environment.lease.check()

    async def write(self, info: RequestInformation, *, repeatable: bool = True) -> Any:
        """Send a request that changes something, while the lease is held.

        Args:
            info: The request.
            repeatable: False for a POST whose repetition does harm.

        Raises:
            LeaseLost: Another run may work on the tenant by now; nothing was sent.
            GraphError: Graph refused it.
            TransientError: Graph or the network is unwell.
        """
        self.check_lease()
        return await self.graph.send(info, repeatable=repeatable)

    async def read_or_none(self, request: RequestInformation) -> dict[str, Any] | None:
        """Return what a GET answers, or None for a 404."""
        item: dict[str, Any] | None = await self.graph.send_or_none(request)
        return item

    async def policies(self) -> list[dict[str, Any]]:
        """Return all Conditional Access policies, read once: they are few, and Graph takes one request a second."""
        if self.observed.policies is None:
            builder = self.graph.build.identity.conditional_access.policies
            async with self.pace():
                self.observed.policies = await collect(self.graph.pages(builder.to_get_request_information()))
        return self.observed.policies

    def pace(self) -> AbstractAsyncContextManager[None]:
        """Wait until Conditional Access may be asked again, and ask in the block."""
        return self.observed.pace.turn(self.graph)

    def made_within(self, period: timedelta) -> bool:
        """Return whether something was made so lately."""
        made_at: datetime | None = self.objects.made_at
        return made_at is not None and self.now() - made_at < period

    @property
    def recently_created(self) -> bool:
        """Return whether something was made so lately that replicas may not know it yet."""
        return self.made_within(REPLICATION)

    def not_there_yet(self, what: str) -> NotReady:
        """Return the error for what is missing because it is young; the longer it takes, the rarer it is asked for."""
        after = LOOK_AGAIN if self.made_within(TRUSTED_ANSWER) else LOOK_AGAIN_LATER
        return NotReady(f"{what} to be visible everywhere in Entra", after=after)

    def as_not_ready(self, error: GraphError, what: str) -> ProductError:
        """Return what a refused write means: a reference that is not replicated yet is waited for, all else stands.

        A plain 403 right after our own write is one of those (terraform-provider-azuread#581). What is old is
        replicated: the same words then mean that something is gone, and are believed after a few tries.

        Args:
            error: Graph's refusal.
            what: The objects that the write refers to.
        """
        refused_too_early = error.status == 403 and self.made_within(JUST_MADE)
        if refused_too_early or ((error.not_replicated or error.status == 404) and self.recently_created):
            return self.not_there_yet(what)
        return MayPass(what, error) if error.not_replicated else error

    @property
    def roles(self) -> frozenset[str] | None:
        """Return the application permissions in the token; None for a person's token, which lists none."""
        return frozenset(self.claims.get("roles") or ()) if self.claims.get("idtyp", "app") == "app" else None

    @property
    def caller_id(self) -> str | None:
        """Return the object id of the person who works, or None for an application."""
        return str(self.claims["oid"]) if self.roles is None and self.claims.get("oid") else None

    async def own_principal_id(self) -> str:
        """Return the tenant identity's service principal: it owns the application and what belongs to it."""
        own_token = str(self.claims.get("appid")).casefold() == self.desired.tenant_client_id.casefold()
        if own_token and self.roles is not None:
            return str(self.claims["oid"])
        if self.observed.own_principal_id is None:
            builder = self.graph.build.service_principals_with_app_id(self.desired.tenant_client_id)
            found = await self.graph.send(builder.to_get_request_information())
            self.observed.own_principal_id = str(found["id"])
        return self.observed.own_principal_id

    @property
    def may_assign(self) -> bool:
        """Return whether this identity may make app role assignments; a person's token says so only by the answer."""
        return self.roles is None or ASSIGN in self.roles
