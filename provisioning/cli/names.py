"""User names beside ids, for a person at a terminal. Nothing that a program reads or a log keeps has them."""

from collections.abc import Collection, Mapping

from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from rich.console import Console

from provisioning.errors import ProductError
from provisioning.graph.accounts import IDS_PER_FILTER
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import literal, query
from provisioning.model.plan import Plan

Query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters


async def names_for(console: Console, plan: Plan | None, *, graph: Graph) -> Mapping[str, str]:
    """Return the user principal names of the accounts that a plan's numbers mention, by object id.

    Empty where the console is no terminal. A name that cannot be read is left out: the ids are shown all the same.
    """
    count = plan.head_count if plan is not None else None
    if count is None or not console.is_terminal:
        return {}
    return await read_names(graph, [*count.excluded_break_glass, *count.administrators][:IDS_PER_FILTER])


async def read_names(graph: Graph, object_ids: Collection[str]) -> Mapping[str, str]:
    """Read user principal names by object id in lower case, for up to 15 ids; empty where Graph refuses."""
    if not object_ids:
        return {}
    ids = ", ".join(literal(object_id) for object_id in object_ids)
    parameters = Query(filter=f"id in ({ids})", select=["id", "userPrincipalName"], top=IDS_PER_FILTER)
    try:
        page = await graph.send(graph.build.users.to_get_request_information(query(parameters)))
    except (GraphError, ProductError):
        return {}
    return {str(item["id"]).casefold(): str(item["userPrincipalName"]) for item in page["value"]}
