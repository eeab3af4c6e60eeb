"""`python -m tests.bench.read_users_client URL ours|typed`: a process that reads everybody and says what that cost.

A process of its own, so that neither the tenant nor the other way of reading adds to the figures. What a process pays
once, imports and the first answer, is paid before the clock starts.
"""

import asyncio
import json
import resource
import sys
import time

from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder

from provisioning.graph.accounts import FIELDS
from provisioning.graph.client import Graph
from provisioning.graph.odata import query
from provisioning.graph.users_delta import user_changes
from tests.bench.tenant import graph_of

DeltaQuery = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters
WARM_UP_PAGES = 2


async def read_ours(graph: Graph, pages: int | None = None) -> int:
    """Everybody, or some pages of them, as the sweep reads them."""
    people = 0
    async for page in user_changes(graph, None):
        people += len(page.accounts)
        pages = None if pages is None else pages - 1
        if pages == 0:
            break
    return people


async def read_typed(graph: Graph, pages: int | None = None) -> int:
    """The same through msgraph-sdk's models, following the links as its documentation shows."""
    delta = graph.build.users.delta
    answer = await delta.get(query(DeltaQuery(select=FIELDS)))
    people = 0
    while answer is not None:
        people += len([user.id for user in answer.value or () if user.account_enabled is not None])
        pages = None if pages is None else pages - 1
        if answer.odata_next_link is None or pages == 0:
            break
        answer = await delta.with_url(answer.odata_next_link).get()
    return people


async def main(url: str, way: str) -> None:
    """Read, and print what it cost."""
    read = {"ours": read_ours, "typed": read_typed}[way]
    graph = await graph_of(url)
    await read(graph, WARM_UP_PAGES)
    started = time.process_time()
    people = await read(graph)
    cpu = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB
    print(json.dumps({"people": people, "cpu_seconds": cpu, "peak_mib": peak}))
    await graph.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
