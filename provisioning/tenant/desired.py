"""What should be in the tenant, as pure data made from settings, and what every step needs to get there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.errors import Refused, Waiting
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.runtime import Clock
from provisioning.settings import TenantObjectSettings
from provisioning.store.operations import Step
from provisioning.store.state import StateTable, TenantObjects

CALLBACK = "/.auth/login/aad/callback"  # Easy Auth's redirect path (app-service/configure-authentication-provider-aad)
REPLICATION = timedelta(
    minutes=15
)  # the longest that was reported; Microsoft gives no figure (msgraph-bicep-types#193)
LOOK_AGAIN = 10.0  # seconds


@dataclass(frozen=True)
class Desired:
    """Names and values of the objects.

    Args:
        key: Random, kept in our own store. Part of names that must be unique, so that nobody can make them before us.
        display_name: What people and admins read.
        landing_url: The page's address, without a trailing slash.
        tenant_client_id: The identity that does all this; it owns the application and the service principal.
        people_principal_id: The identity that changes members; it owns the group.
        break_glass_user_ids: Excluded from the policy.
    """

    key: str
    display_name: str
    landing_url: str
    tenant_client_id: str
    people_principal_id: str
    break_glass_user_ids: tuple[str, ...]

    @property
    def unique_name(self) -> str:
        """The alternate key of the group and of the application."""
        return f"mfa-pre-enrollment-{self.key}"

    @property
    def policy_name(self) -> str:
        """The policy's name. Policies have no alternate key and no notes, so the name carries our mark."""
        return f"{self.display_name} [{self.key}]"

    @property
    def redirect_uri(self) -> str:
        """Where Entra sends people back to."""
        return self.landing_url + CALLBACK


def desired_state(settings: TenantObjectSettings, *, key: str) -> Desired:
    """What the settings ask for."""
    return Desired(
        key=key,
        display_name=settings.display_name,
        landing_url=settings.landing_url,
        tenant_client_id=settings.client_id,
        people_principal_id=str(settings.people_principal_id),
        break_glass_user_ids=tuple(str(user_id) for user_id in settings.break_glass_user_ids),
    )


@dataclass
class Apply:
    """What the steps of one run share. `objects` grows as they go.

    Args:
        graph: As the tenant identity.
        state: Where ids are kept the moment they are known.
        desired: What should be.
        objects: What is known to be ours.
        now: Clock.
    """

    graph: Graph
    state: StateTable
    desired: Desired
    objects: TenantObjects
    now: Clock

    async def made(self, **ids: str) -> None:
        """Keep the id of an object that was made just now, before anything else happens."""
        self.objects = await self.state.note_made(self.objects, **ids)

    @property
    def young(self) -> bool:
        """Whether something was made so lately that replicas may not know it yet."""
        made_at: datetime | None = self.objects.made_at
        return made_at is not None and self.now() - made_at < REPLICATION

    def gone(self, what: str, object_id: str) -> Waiting | Refused:
        """What a 404 of one of our own objects means: too young to be everywhere, or deleted. Never: make another.

        (msgraph-sdk-java#2575: an id that a POST just returned answers 404 for a while.)
        """
        if self.young:
            return Waiting(f"the {what} {object_id} to be known everywhere", after=LOOK_AGAIN)
        return Refused(
            f"The {what} {object_id}, which this product made, is not in the tenant any more.",
            remedy="Restore it from the deleted objects in Entra; it is kept for 30 days.",
        )

    def unready(self, error: GraphError, what: str) -> Exception:
        """What a refused write means: a reference that is not replicated yet is waited for, all else stands."""
        if error.not_replicated or (error.status == 404 and self.young):
            return Waiting(f"the {what} to be known everywhere", after=LOOK_AGAIN)
        return error


def foreign(what: str, display_name: str, object_ids: list[str]) -> Refused:
    """Something with our name that we did not make: never adopted, since its owner would control it."""
    ids = ", ".join(sorted(object_ids))
    return Refused(
        f"The tenant already has a {what} called '{display_name}' that this product did not make: {ids}.",
        remedy="Rename or delete it, or set DISPLAY_NAME to another name.",
    )


def step(name: str, outcome: str, object_id: str | None, *, detail: str | None = None) -> Step:
    """A step's result."""
    return Step(name=name, outcome=outcome, object_id=object_id, detail=detail)
