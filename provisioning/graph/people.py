"""What the people role asks of Graph about accounts, and who administers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
    RoleAssignmentsRequestBuilder,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from provisioning.graph.client import EVENTUAL, Graph
from provisioning.graph.query import instant, literal, midnight, query

UsersQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
RolesQuery = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters

FIELDS = ["id", "employeeId", "accountEnabled", "userType", "employeeHireDate", "createdDateTime"]
PAGE = 999
IDS_PER_FILTER = 15  # more than 15 terms make Graph answer "Too many child clauses"


@dataclass(frozen=True)
class Account:
    """A user object, as far as the product looks at one. Ids only."""

    object_id: str
    employee_id: str | None
    enabled: bool
    user_type: str | None
    hire_date: date | None
    created: datetime | None


def read_account(item: dict[str, Any]) -> Account:
    """Parse a user of Graph's JSON."""
    created = item.get("createdDateTime")
    hired = item.get("employeeHireDate")
    return Account(
        object_id=item["id"],
        employee_id=item.get("employeeId"),
        enabled=item.get("accountEnabled") is True,
        user_type=item.get("userType"),
        hire_date=date.fromisoformat(hired[:10]) if hired else None,
        created=datetime.fromisoformat(created).astimezone(UTC) if created else None,
    )


async def find_by_employee_id(graph: Graph, employee_id: str) -> list[Account]:
    """The accounts with exactly this employee id; more than one is possible, since Entra does not keep it unique.

    employeeId takes `eq` without advanced query mode (learn.microsoft.com/graph/aad-advanced-queries).
    """
    parameters = UsersQuery(filter=f"employeeId eq {literal(employee_id)}", select=FIELDS, top=2)
    page = await graph.send(graph.build.users.to_get_request_information(query(parameters)))
    accounts = [read_account(item) for item in page["value"]]
    return [account for account in accounts if (account.employee_id or "").casefold() == employee_id.casefold()]


async def find_by_object_ids(graph: Graph, object_ids: Sequence[str]) -> AsyncIterator[Account]:
    """The accounts with these object ids, as far as they exist."""
    for start in range(0, len(object_ids), IDS_PER_FILTER):
        ids = ", ".join(literal(object_id) for object_id in object_ids[start : start + IDS_PER_FILTER])
        parameters = UsersQuery(filter=f"id in ({ids})", select=FIELDS, top=IDS_PER_FILTER)
        async for page in graph.pages(graph.build.users.to_get_request_information(query(parameters))):
            for item in page:
                yield read_account(item)


async def new_accounts(
    graph: Graph, *, created_since: datetime, first_day_from: date, first_day_until: date
) -> AsyncIterator[list[Account]]:
    """Pages of enabled members who were created lately or whose first day is near.

    Two reads: employeeHireDate needs advanced query mode, whose index may miss the newest accounts; createdDateTime
    does not. Somebody who is in both comes twice.
    """
    member = "accountEnabled eq true and userType eq 'Member'"
    recent = UsersQuery(filter=f"{member} and createdDateTime ge {instant(created_since)}", select=FIELDS, top=PAGE)
    async for page in graph.pages(graph.build.users.to_get_request_information(query(recent))):
        yield [read_account(item) for item in page]
    near = UsersQuery(
        filter=f"{member} and employeeHireDate ge {instant(midnight(first_day_from))}"
        f" and employeeHireDate le {instant(midnight(first_day_until))}",
        select=FIELDS,
        top=PAGE,
        count=True,
    )
    info = graph.build.users.to_get_request_information(query(near))
    async for page in graph.pages(info, headers=EVENTUAL):
        yield [read_account(item) for item in page]


async def administrators(graph: Graph) -> frozenset[str]:
    """Object ids of everybody and everything that holds a directory role directly."""
    info = graph.build.role_management.directory.role_assignments.to_get_request_information(
        query(RolesQuery(select=["id", "principalId"]))
    )
    return frozenset([item["principalId"] async for page in graph.pages(info) for item in page])
