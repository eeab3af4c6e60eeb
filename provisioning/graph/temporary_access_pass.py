"""Temporary Access Passes: the tenant's policy, the one a person has, making one, deleting one.

Sources: authenticationmethod pages of the Graph reference (temporaryAccessPassAuthenticationMethod,
temporaryAccessPassAuthenticationMethodConfiguration).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kiota_abstractions.method import Method

from provisioning.graph.client import Graph, collect
from provisioning.graph.errors import GraphError
from provisioning.graph.requests import json_request
from provisioning.graph.sign_in_methods import PASS_TYPE, USED_UP, read_methods, read_time
from provisioning.graph.sign_in_methods import Method as SignInMethod

CONFIGURATION = "TemporaryAccessPass"
EVERYBODY = "all_users"  # how the authentication methods policy names all people
ENABLED = "enabled"


@dataclass(frozen=True)
class TenantPassPolicy:
    """What the tenant's policy says of passes.

    Attributes:
        enabled: Whether there are any.
        shortest: The least lifetime in minutes.
        longest: The greatest lifetime in minutes.
        once: Whether every pass opens one sign-in only.
        included: Ids of groups and people it is for, in lower case; `all_users` for everybody.
        excluded: The same, and these win (concept-authentication-methods-manage).
    """

    enabled: bool
    shortest: int
    longest: int
    once: bool
    included: frozenset[str]
    excluded: frozenset[str]

    def admits(self, ids: Collection[str]) -> bool:
        """Tell whether the policy is for who has these ids: of the account, and of every group it is in."""
        reached = {item.lower() for item in ids} | {EVERYBODY}
        return self.enabled and not reached.isdisjoint(self.included) and reached.isdisjoint(self.excluded)


@dataclass(frozen=True)
class ExistingPass:
    """A pass that a person has, without its code, which Graph shows only once.

    Attributes:
        pass_id: Of the method.
        ends: When its lifetime is over.
        used_up: Whether it was for one sign-in, which there was.
        created: When it was made.
    """

    pass_id: str
    ends: datetime | None
    used_up: bool
    created: datetime | None

    def live(self, *, now: datetime) -> bool:
        """Tell whether it can still be used, now or later; one whose end is unknown counts as live."""
        return not self.used_up and (self.ends is None or now < self.ends)


@dataclass(frozen=True)
class NewPass:
    """A pass that was just made. Its code must reach no log, queue or table.

    Attributes:
        pass_id: Of the method.
        code: What the person types.
        starts: When it begins to work.
        ends: When its lifetime is over.
        once: Whether it opens one sign-in only.
    """

    pass_id: str
    code: str = field(repr=False)
    starts: datetime
    ends: datetime
    once: bool


async def read_pass_policy(graph: Graph) -> TenantPassPolicy:
    """Return the tenant's policy on passes; least permission: Policy.Read.AuthenticationMethod."""
    builder = graph.build.policies.authentication_methods_policy.authentication_method_configurations
    item = builder.by_authentication_method_configuration_id(CONFIGURATION).to_get_request_information()
    found = await graph.send(item)
    return TenantPassPolicy(
        enabled=found.get("state") == ENABLED,
        shortest=int(found["minimumLifetimeInMinutes"]),
        longest=int(found["maximumLifetimeInMinutes"]),
        once=found.get("isUsableOnce") is True,
        included=pass_target_ids(found.get("includeTargets")),
        excluded=pass_target_ids(found.get("excludeTargets")),
    )


def pass_target_ids(targets: Any) -> frozenset[str]:
    """Return the ids of a policy's targets, in lower case."""
    return frozenset(str(target["id"]).lower() for target in targets or ())


async def methods_and_passes(graph: Graph, object_id: str) -> tuple[tuple[SignInMethod, ...], list[ExistingPass]]:
    """Return a person's registered methods, those of unknown kinds among them, and the passes beside them.

    Raises:
        GraphError: 404 if there is no such person.
    """
    info = graph.build.users.by_user_id(object_id).authentication.methods.to_get_request_information()
    items = await collect(graph.pages(info))
    return read_methods(items), [read_existing(item) for item in items if is_pass(item)]


def is_pass(item: dict[str, Any]) -> bool:
    """Tell whether a method of Graph's JSON is a pass."""
    return str(item.get("@odata.type", "")).endswith(PASS_TYPE)


def read_existing(item: dict[str, Any]) -> ExistingPass:
    """Parse a pass of Graph's JSON."""
    starts, minutes = read_time(item.get("startDateTime")), item.get("lifetimeInMinutes")
    ends = starts + timedelta(minutes=minutes) if starts is not None and isinstance(minutes, int) else None
    used_up = str(item.get("methodUsabilityReason", "")).casefold() == USED_UP
    return ExistingPass(str(item["id"]), ends, used_up, read_time(item.get("createdDateTime")))


async def create_pass(graph: Graph, object_id: str, *, minutes: int, once: bool, starts: datetime | None) -> NewPass:
    """Make a pass. The request is sent once and never again by itself.

    Args:
        graph: As the passes identity.
        object_id: The person it is for.
        minutes: Its lifetime.
        once: Whether it opens one sign-in only.
        starts: From when it works; None for at once. Graph refuses one in the past.

    Raises:
        GraphError: Graph refuses it.
        AnswerLost: Nobody knows whether there is one now.
        TransientError: It was not made, and can be later.
    """
    body: dict[str, Any] = {"lifetimeInMinutes": minutes, "isUsableOnce": once}
    if starts is not None:
        # UTC with Z and whole seconds: a local offset was refused or shifted (msgraph-sdk-dotnet#2724).
        body["startDateTime"] = starts.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    builder = graph.build.users.by_user_id(object_id).authentication.temporary_access_pass_methods
    made = await graph.send(json_request(Method.POST, builder, body), repeatable=False)
    begins = read_time(made.get("startDateTime")) or graph.now()
    lasts = made.get("lifetimeInMinutes")
    return NewPass(
        pass_id=str(made["id"]),
        code=str(made["temporaryAccessPass"]),
        starts=begins,
        ends=begins + timedelta(minutes=lasts if isinstance(lasts, int) else minutes),
        once=made.get("isUsableOnce") is True,
    )


async def delete_pass(graph: Graph, object_id: str, pass_id: str) -> bool:
    """Delete a pass; False if it is gone already: a person may delete it, too."""
    builder = graph.build.users.by_user_id(object_id).authentication.temporary_access_pass_methods
    info = builder.by_temporary_access_pass_authentication_method_id(pass_id).to_delete_request_information()
    try:
        await graph.send(info)
    except GraphError as error:
        if error.status == 404:
            return False
        raise
    return True
