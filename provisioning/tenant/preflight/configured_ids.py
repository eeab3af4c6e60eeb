"""Ids in settings, checked before the first write: each must exist and be of the right kind.

A managed identity has two ids that look alike, and a wrong one is taken without a word by some calls (anyone can own a
group) and refused late by others. Which are service principals is asked beside the first questions; of a wrong id more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from provisioning.graph.accounts import IDS_PER_FILTER
from provisioning.graph.client import collect
from provisioning.graph.odata import literal, query
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.identify import identify

UsersIdsQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters

MANAGED_IDENTITY = "ManagedIdentity"


@dataclass(frozen=True)
class ConfiguredId:
    """An id that a setting names.

    Attributes:
        setting: The app setting's name.
        object_id: Its value, or one of them.
        may_be_user: Whether a person's account is right, too.
        needs: What must be set, to be read after "set".
    """

    setting: str
    object_id: str
    needs: str = "the object ID of the enterprise application, which Azure shows as the identity's principal ID"
    may_be_user: bool = False


def configured_ids(context: OperationContext) -> list[ConfiguredId]:
    """Return the ids that are written into objects. The emergency accounts are looked for by the prerequisites."""
    desired = context.desired
    front = [ConfiguredId("FRONT_PRINCIPAL_ID", desired.front_principal_id)] if desired.front_principal_id else []
    owners = [
        ConfiguredId("EXPECTED_OWNER_IDS", item, "the object ID of a user or of an enterprise application", True)
        for item in desired.expected_owner_ids
    ]
    return [ConfiguredId("PEOPLE_PRINCIPAL_ID", desired.people_principal_id), *front, *owners]


async def check_configured_ids(
    context: OperationContext, principals: Iterable[Mapping[str, Any]] | None
) -> tuple[Finding, ...]:
    """Return a finding for each id that names nothing, or something of the wrong kind.

    Args:
        context: Whose settings.
        principals: The service principals among the ids; None where they are hidden, which has a finding of its own.
    """
    if principals is None:
        return ()
    wanted = configured_ids(context)
    known = {str(item["id"]).casefold(): item for item in principals}
    rest = [item for item in wanted if item.object_id.casefold() not in known]
    people = [item for item in rest if item.may_be_user]
    users = await users_among(context, [item.object_id for item in people]) if people else frozenset()
    findings = [
        await wrong_id(context, item) for item in rest if not (item.may_be_user and item.object_id.casefold() in users)
    ]
    for item in wanted:
        principal = known.get(item.object_id.casefold())
        if principal is not None and not item.may_be_user:
            findings += wrong_principal(context, item, principal)
    return tuple(findings)


async def users_among(context: OperationContext, ids: Sequence[str]) -> frozenset[str]:
    """Return which of these ids are accounts of people."""
    listed = ", ".join(literal(item) for item in ids[:IDS_PER_FILTER])
    info = context.graph.build.users.to_get_request_information(
        query(UsersIdsQuery(filter=f"id in ({listed})", select=["id"]))
    )
    return frozenset(str(item["id"]).casefold() for item in await collect(context.graph.pages(info)))


async def wrong_id(context: OperationContext, item: ConfiguredId) -> Finding:
    """Return the finding that an id is no service principal's, with whose it is."""
    found = await identify(context, item.object_id)
    known = f": {found.principal_id}" if found.principal_id else ""
    remedies = {
        "client id": f"Set the object ID of the enterprise application{known}.",
        "application": f"Set the object ID of its enterprise application{known}.",
    }
    return finding(item, found.what, remedies.get(found.kind, f"Set {item.needs}."))


def wrong_principal(context: OperationContext, item: ConfiguredId, principal: Mapping[str, Any]) -> list[Finding]:
    """Return the finding that an id is another service principal's than the setting is about."""
    own = str(principal.get("appId")).casefold() == context.desired.tenant_client_id.casefold()
    if own and context.desired.single_app:
        return []  # one identity serves every app
    if own:
        return [finding(item, "belongs to the tenant identity itself", f"Set {item.needs}, for the other role.")]
    if principal.get("servicePrincipalType") != MANAGED_IDENTITY:
        what = f"belongs to an application ({principal.get('appId')}), not to a managed identity"
        return [finding(item, what, f"Set {item.needs}.")]
    return []


def finding(item: ConfiguredId, what: str, remedy: str) -> Finding:
    """Return the finding about one setting."""
    return Finding(
        "wrong_id", "blocking", f"{item.setting} names {item.object_id}, which {what}.", remedy, (item.object_id,)
    )
