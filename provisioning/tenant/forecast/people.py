"""Reads the people of a forecast: their accounts, their groups, and what they have registered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.graph.accounts import is_external_account, users_with
from provisioning.graph.batch import MOST_ITEMS, read_collections
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.registration_report import ReportUnavailable, registration_report
from provisioning.graph.sign_in_methods import methods_of_many
from provisioning.log import EventLog
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.answers import HIDDEN, read_groups

log = EventLog(__name__)

FEW_PEOPLE = 400  # up to here each is asked for their methods, in 20 round trips; beyond, the report about everybody
PAGE = 999


@dataclass(frozen=True)
class Candidate:
    """A person that a forecast is about.

    Args:
        object_id: In lower case; None where no account was found.
        employee_id: As HR or Entra has it.
        line: Of the file, where it names nobody by an id that may be shown.
        accounts: How many accounts carry the employee ID.
        methods: Kinds of second factor, as the ledger has them; None if nobody has looked.
    """

    object_id: str | None
    employee_id: str | None = None
    line: int | None = None
    accounts: int = 1
    methods: frozenset[str] | None = None


@dataclass(frozen=True)
class AccountFacts:
    """An account, as far as this identity may see it; None is what it may not.

    Args:
        object_id: In lower case.
        employee_id: As Entra has it.
        enabled: Whether it may sign in.
        external: Whether its owner signs in elsewhere: an internal guest does not.
        user_type: Member or Guest.
        licensed: Whether any license is assigned.
    """

    object_id: str
    employee_id: str | None
    enabled: bool | None
    external: bool | None
    user_type: str | None
    licensed: bool | None


def read_account_facts(item: Mapping[str, Any]) -> AccountFacts:
    """Parse a user of Graph's JSON. What was asked for and is not shown is not known."""
    enabled, licenses = item.get("accountEnabled"), item.get("assignedLicenses")
    visible = item.get("userPrincipalName") is not None
    return AccountFacts(
        object_id=str(item["id"]).casefold(),
        employee_id=item.get("employeeId"),
        enabled=enabled if isinstance(enabled, bool) else None,
        external=is_external_account(dict(item)) if visible else None,
        user_type=item.get("userType"),
        licensed=bool(licenses) if licenses is not None else None,
    )


async def read_accounts(graph: Graph, object_ids: Sequence[str]) -> dict[str, AccountFacts]:
    """Return the accounts that exist, by object id in lower case; 300 a round trip.

    Raises:
        GraphError: Graph refuses to show users.
        TransientError: Graph or the network is unwell.
    """
    found = map(read_account_facts, await users_with(graph, "id", object_ids))
    return {account.object_id: account for account in found}


async def read_groups_of(
    context: OperationContext, object_ids: Sequence[str], named: Iterable[str]
) -> Mapping[str, frozenset[str] | None]:
    """Return which of the named groups each person is in, through any nesting; None where Graph does not show it.

    By group where there are many people, since a page holds 999 of them; by person where there are few, or where a
    group is too large to be read.

    Args:
        context: Who asks.
        object_ids: In lower case.
        named: Ids of groups, in lower case.

    Raises:
        GraphError: Graph refuses for another reason than a permission.
        TransientError: Graph or the network is unwell.
    """
    wanted = sorted(named)
    if not wanted:
        return dict.fromkeys(object_ids, frozenset[str]())
    if len(object_ids) > MOST_ITEMS * len(wanted):
        groups, hidden = await read_groups(context, wanted)
        if not hidden:
            return {
                person: frozenset(group_id for group_id, people in groups.items() if person in people)
                for person in object_ids
            }
    return await groups_by_person(context.graph, object_ids, frozenset(wanted))


def groups_path(object_id: str) -> str:
    """Return where Graph tells a person's groups, through any nesting."""
    return f"/users/{object_id}/transitiveMemberOf?$select=id&$top={PAGE}"


async def groups_by_person(
    graph: Graph, object_ids: Sequence[str], named: frozenset[str]
) -> Mapping[str, frozenset[str] | None]:
    """Ask each person's groups, 20 people a round trip."""
    try:
        found = await read_collections(graph, list(map(groups_path, object_ids)))
    except GraphError as error:
        if error.status not in HIDDEN:
            raise
        return dict.fromkeys(object_ids)
    return {
        object_id: frozenset(str(item["id"]).casefold() for item in items or ()) & named
        for object_id, items in zip(object_ids, found, strict=True)
    }


async def read_methods_of(graph: Graph, object_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Return the kinds of second factor that people have registered, as far as this identity may see that.

    Who is not in the answer is not known: without the permission nobody is, and the report leaves out disabled accounts
    and lags by up to 36 hours (entra-docs, howto-authentication-methods-activity).
    """
    try:
        if len(object_ids) <= FEW_PEOPLE:
            many = await methods_of_many(graph, object_ids)
            return {
                object_id: frozenset(method.kind for method in methods if method.known)
                for object_id, methods in many.items()
                if methods is not None
            }
        wanted = frozenset(object_ids)
        return {
            row.object_id.casefold(): frozenset(row.methods) if row.capable else frozenset()
            async for page in registration_report(graph)
            for row in page
            if row.object_id.casefold() in wanted
        }
    except (GraphError, ReportUnavailable) as error:
        if isinstance(error, GraphError) and error.status not in HIDDEN:
            raise
        log.info("methods_hidden", reason=type(error).__name__)
        return {}
