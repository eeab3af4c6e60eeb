"""The addressees of a message: an account's own address, language and country, and its manager. Read when it is sent.

A person without a manager is answered with 404, by design (microsoftgraph/aspnet-snippets-sample#6, #46). Nothing read
for one person is ever used for another (microsoft/coe-starter-kit#9115), and nothing of it is kept.
"""

from dataclasses import dataclass, field
from typing import Any

from msgraph.generated.users.item.manager.manager_request_builder import ManagerRequestBuilder
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

from provisioning.graph.accounts import is_external_account
from provisioning.graph.client import Graph
from provisioning.graph.odata import query

UserQuery = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters
ManagerQuery = ManagerRequestBuilder.ManagerRequestBuilderGetQueryParameters

ADDRESSEE_FIELDS = [
    "id",
    "accountEnabled",
    "userType",
    "externalUserState",
    "userPrincipalName",
    "mail",
    "displayName",
    "preferredLanguage",
    "usageLocation",
]


@dataclass(frozen=True)
class Addressee:
    """An account, as far as a message needs it. Never kept, and never in a log.

    Attributes:
        object_id: Of the account.
        employed: Whether it is an enabled member's of this organization.
        address: Its mail address; None where it has no mailbox yet.
        name: As others see it.
        language: The preferred one, as a BCP 47 tag, if there is one.
        country: Where the account is used, as two letters, if that is known.
    """

    object_id: str
    employed: bool
    address: str | None = field(default=None, repr=False)
    name: str = field(default="", repr=False)
    language: str | None = None
    country: str | None = None


async def read_addressee(graph: Graph, object_id: str) -> Addressee | None:
    """Return an account; None where there is none.

    Raises:
        GraphError: Graph refuses to tell.
        TransientError: Graph or the network is unwell.
    """
    builder = graph.build.users.by_user_id(object_id)
    item = await graph.send_or_none(builder.to_get_request_information(query(UserQuery(select=ADDRESSEE_FIELDS))))
    return addressee_of(item) if item is not None else None


async def read_manager(graph: Graph, object_id: str) -> Addressee | None:
    """Return the manager of an account that is there; None where it has none.

    Raises:
        GraphError: Graph refuses to tell.
        TransientError: Graph or the network is unwell.
    """
    builder = graph.build.users.by_user_id(object_id).manager
    item = await graph.send_or_none(builder.to_get_request_information(query(ManagerQuery(select=ADDRESSEE_FIELDS))))
    return addressee_of(item) if item is not None else None


@dataclass(frozen=True)
class MailboxSettings:
    """What a person set in their mailbox.

    Attributes:
        time_zone: By its Windows or IANA name.
        language: As a BCP 47 tag.
    """

    time_zone: str | None = None
    language: str | None = None


async def read_mailbox_settings(graph: Graph, object_id: str) -> MailboxSettings | None:
    """Return what a person set in their mailbox; None where they have none yet, which is usual before the first day.

    Raises:
        PermissionDenied: This mailbox is not for this identity, or an odd one (microsoftgraph/msgraph-sdk-dotnet#2141).
        GraphError: Graph refuses to tell.
        TransientError: Graph or the network is unwell.
    """
    builder = graph.build.users.by_user_id(object_id).mailbox_settings
    item = await graph.send_or_none(builder.to_get_request_information())
    if item is None:
        return None
    language = item.get("language") or {}
    return MailboxSettings(item.get("timeZone") or None, language.get("locale") or None)


def addressee_of(item: dict[str, Any]) -> Addressee:
    """Parse an account of Graph's JSON. A manager may be an organizational contact, which has no account."""
    member = item.get("userType") in ("Member", None) and not is_external_account(item)
    return Addressee(
        object_id=item["id"],
        employed=item.get("accountEnabled") is True and member,
        address=item.get("mail") or None,
        name=item.get("displayName") or "",
        language=item.get("preferredLanguage") or None,
        country=item.get("usageLocation") or None,
    )
