"""What is asked of Graph about accounts: of many, and of one with their manager and their groups."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from msgraph.generated.users.item.manager.manager_request_builder import ManagerRequestBuilder
from msgraph.generated.users.item.transitive_member_of.transitive_member_of_request_builder import (
    TransitiveMemberOfRequestBuilder,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from provisioning.graph.batch import read_collections
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import literal, query
from provisioning.graph.requests import EVENTUAL
from provisioning.model.hr_dates import read_hire_date

UsersQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
UserQuery = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters
ManagerQuery = ManagerRequestBuilder.ManagerRequestBuilderGetQueryParameters
MemberOfQuery = TransitiveMemberOfRequestBuilder.TransitiveMemberOfRequestBuilderGetQueryParameters

FIELDS = [
    "id",
    "employeeId",
    "accountEnabled",
    "userType",
    "employeeHireDate",
    "createdDateTime",
    "employeeType",
    "department",
    "assignedLicenses",
    "externalUserState",
    "userPrincipalName",
]
PAGE = 999
FEDERATED = "federated"  # the sign-in type of an identity of elsewhere (objectIdentity resource type)
NO_MANAGER = "'manager'"  # in the text of a 404 that means that there is none, and not that the account is gone
DIRECTORY_ROLE = "#microsoft.graph.directoryRole"
EXTERNAL = "#ext#"  # in the user principal name of an account whose owner signs in elsewhere
ADDRESSES = ("userPrincipalName", "mail")
EXTENSION_ATTRIBUTES = "onPremisesExtensionAttributes"
IDS_PER_FILTER = 15  # more than 15 terms make Graph answer "Too many child clauses"


@dataclass(frozen=True)
class Account:
    """A user object, as far as the product looks at one. Ids only.

    Attributes:
        licensed: Whether any license is assigned.
        external: Whether the person signs in elsewhere, whatever their user type: cross-tenant synchronization makes
            members of another organization's people (entra-docs, cross-tenant-synchronization-overview).
    """

    object_id: str
    employee_id: str | None
    enabled: bool
    user_type: str | None
    hire_date: date | None
    created: datetime | None
    employee_type: str | None = None
    department: str | None = None
    licensed: bool = False
    external: bool = False

    @property
    def guest(self) -> bool:
        """Whether the account is a guest; an account of before user types existed is a member."""
        return self.user_type not in ("Member", None)


def read_account(item: dict[str, Any]) -> Account:
    """Parse a user of Graph's JSON."""
    created = item.get("createdDateTime")
    return Account(
        object_id=item["id"],
        employee_id=item.get("employeeId"),
        enabled=item.get("accountEnabled") is True,
        user_type=item.get("userType"),
        hire_date=read_hire_date(item.get("employeeHireDate")),
        created=datetime.fromisoformat(created).astimezone(UTC) if created else None,
        employee_type=item.get("employeeType"),
        department=item.get("department"),
        licensed=bool(item.get("assignedLicenses")),
        external=is_external_account(item),
    )


def is_external_account(item: dict[str, Any]) -> bool:
    """Return whether a user of Graph's JSON is an invited or synchronized account of another organization."""
    name = str(item.get("userPrincipalName") or "").casefold()
    return EXTERNAL in name or item.get("externalUserState") is not None


async def find_by_employee_ids(graph: Graph, employee_ids: Collection[str]) -> dict[str, list[Account]]:
    """Return the accounts with exactly these employee ids, by the id in one case (`casefold`), 15 ids a request.

    More than one account is possible, since Entra does not keep the id unique. employeeId takes `eq` without advanced
    query mode (learn.microsoft.com/graph/aad-advanced-queries).
    """
    wanted = sorted({employee_id.casefold(): employee_id for employee_id in employee_ids}.values())
    found: dict[str, list[Account]] = {employee_id.casefold(): [] for employee_id in wanted}
    for start in range(0, len(wanted), IDS_PER_FILTER):
        terms = [f"employeeId eq {literal(employee_id)}" for employee_id in wanted[start : start + IDS_PER_FILTER]]
        parameters = UsersQuery(filter=" or ".join(terms), select=FIELDS, top=PAGE)
        async for page in graph.pages(graph.build.users.to_get_request_information(query(parameters))):
            for account in map(read_account, page):
                if account.employee_id is not None and account.employee_id.casefold() in found:
                    found[account.employee_id.casefold()].append(account)
    return found


async def find_by_attribute(graph: Graph, attribute: str, values: Collection[str]) -> dict[str, list[Account]]:
    """Return the accounts with exactly these values in one of extensionAttribute1 to 15, by the value in one case.

    User.Read.All is enough. The filter is asked as an advanced query, which takes it whatever the index
    (learn.microsoft.com/graph/aad-advanced-queries); its index may lag by minutes, and the next look finds the account.
    """
    wanted = sorted({value.casefold(): value for value in values}.values())
    found: dict[str, list[Account]] = {value.casefold(): [] for value in wanted}
    select = [*FIELDS, EXTENSION_ATTRIBUTES]
    for start in range(0, len(wanted), IDS_PER_FILTER):
        chunk = wanted[start : start + IDS_PER_FILTER]
        terms = " or ".join(f"{EXTENSION_ATTRIBUTES}/{attribute} eq {literal(value)}" for value in chunk)
        request = query(UsersQuery(filter=terms, select=select, top=PAGE, count=True), headers=dict(EVENTUAL))
        async for page in graph.pages(graph.build.users.to_get_request_information(request)):
            for item in page:
                value = str((item.get(EXTENSION_ATTRIBUTES) or {}).get(attribute)).casefold()
                if value in found:
                    found[value].append(read_account(item))
    return found


async def find_by_address(graph: Graph, address: str) -> list[Account]:
    """Return the accounts whose user principal name or mail is exactly this address, in any case."""
    terms = f"userPrincipalName eq {literal(address)} or mail eq {literal(address)}"
    parameters = UsersQuery(filter=terms, select=[*FIELDS, *ADDRESSES], top=PAGE)
    wanted = address.casefold()
    return [
        read_account(item)
        async for page in graph.pages(graph.build.users.to_get_request_information(query(parameters)))
        for item in page
        if wanted in {str(item.get(name)).casefold() for name in ADDRESSES}
    ]


async def verified_domains(graph: Graph) -> frozenset[str]:
    """Return the domains that the tenant has proved to be its own, in lower case (organization resource type)."""
    page = await graph.send(graph.build.organization.to_get_request_information())
    return frozenset(str(domain["name"]).casefold() for item in page["value"] for domain in item["verifiedDomains"])


async def find_by_object_ids(graph: Graph, object_ids: Sequence[str]) -> AsyncIterator[Account]:
    """Yield the accounts with these object ids, as far as they exist; 300 a round trip."""
    for item in await users_with(graph, "id", object_ids):
        yield read_account(item)


async def users_with(graph: Graph, name: str, values: Sequence[str]) -> list[dict[str, Any]]:
    """Return the users of Graph's JSON that have one of these values; 300 values a round trip.

    Args:
        graph: Whose identity asks. What it may not see is left out of a user.
        name: `id`, `employeeId` or `userPrincipalName`: what takes `in` without advanced query mode
            (learn.microsoft.com/graph/aad-advanced-queries).
        values: Each once.

    Raises:
        GraphError: Graph refuses to show users.
        TransientError: Graph or the network is unwell.
    """
    paths = []
    for start in range(0, len(values), IDS_PER_FILTER):
        listed = ", ".join(map(literal, values[start : start + IDS_PER_FILTER]))
        parameters = {"$filter": f"{name} in ({listed})", "$select": ",".join(FIELDS), "$top": str(PAGE)}
        paths.append(f"/users?{urlencode(parameters, quote_via=quote)}")
    return [item for items in await read_collections(graph, paths) for item in items or ()]


async def read_account_with_identities(graph: Graph, object_id: str) -> Account | None:
    """Return one account, external also where one of its identities is of elsewhere; None if there is none."""
    select = UserQuery(select=[*FIELDS, "identities"])
    item = await graph.send_or_none(graph.build.users.by_user_id(object_id).to_get_request_information(query(select)))
    if item is None:
        return None
    account = read_account(item)
    elsewhere = any(identity.get("signInType") == FEDERATED for identity in item.get("identities") or ())
    return replace(account, external=account.external or elsewhere)


async def find_manager(graph: Graph, object_id: str) -> str | None:
    """Return the object id of a person's manager; None where they have none, which Graph answers with 404.

    Raises:
        GraphError: 404 if there is no such person (microsoftgraph/aspnet-snippets-sample#6).
    """
    builder = graph.build.users.by_user_id(object_id).manager
    try:
        found = await graph.send(builder.to_get_request_information(query(ManagerQuery(select=["id"]))))
    except GraphError as error:
        if error.status == 404 and error.says(NO_MANAGER):
            return None
        raise
    return str(found["id"])


@dataclass(frozen=True)
class Groups:
    """What an account is in, through any nesting.

    Attributes:
        ids: Of groups, in lower case.
        holds_role: Whether a directory role is among it, or a group that is made to hold one.
    """

    ids: frozenset[str]
    holds_role: bool


async def read_memberships(graph: Graph, object_id: str) -> Groups:
    """Return the groups an account is in; User.Read.All shows the ids, and what a group is only where Graph likes."""
    builder = graph.build.users.by_user_id(object_id).transitive_member_of
    select = MemberOfQuery(select=["id", "isAssignableToRole"], top=PAGE)
    items = [item async for page in graph.pages(builder.to_get_request_information(query(select))) for item in page]
    telling = (item.get("@odata.type") == DIRECTORY_ROLE or item.get("isAssignableToRole") is True for item in items)
    return Groups(frozenset(str(item["id"]).lower() for item in items), any(telling))
