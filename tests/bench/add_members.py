"""Round trips and time for 10,000 people into the group; 1 % of them are in it already, and 1 % are deleted.

The baseline is one `$ref` POST for each through msgraph-sdk. 20 ms are added to every round trip on the client's side,
and the tenant's write quota is off, or it would be measured instead: 9,800 additions are more than Graph takes from an
application in 150 seconds.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import httpx
from msgraph.generated.models.reference_create import ReferenceCreate

from local.identities import PEOPLE as PEOPLE_IDENTITY
from local.identities import TENANT
from provisioning.graph.bulk_members import Additions, add_members
from provisioning.graph.client import Graph
from tests.bench.figures import report
from tests.bench.tenant import graph_of, running_tenant, token_of

PEOPLE = 10_000
ONE_PERCENT = 100
SINGLE = 300  # one by one, 10,000 people take minutes
A_ROUND_TRIP = 400
MOST_ROUND_TRIPS = 1.1 * ceil(PEOPLE / A_ROUND_TRIP) + 10  # ten more, since 1,000 are looked up at a time
LATENCY = 0.02  # seconds


class Slow(httpx.AsyncHTTPTransport):
    """A network with some latency."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(LATENCY)
        return await super().handle_async_request(request)


@dataclass(frozen=True)
class Cost:
    """What something took."""

    round_trips: int
    seconds: float


async def run() -> None:
    """Both ways, each into a group of its own."""
    with running_tenant(users=0) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as control:
            await control.patch("/_local/settings", json={"throttleWrites": 0.0})
            graph = await graph_of(url, transport=Slow())
            single = await measure_single(control, graph)
            ours = await measure_ours(control, graph)
            await graph.close()
    if ours.round_trips > MOST_ROUND_TRIPS:
        raise RuntimeError(f"It took {ours.round_trips} round trips, more than {MOST_ROUND_TRIPS:.0f}.")
    scaled = PEOPLE / SINGLE
    note = f"1 % members before, 1 % deleted; baseline: a POST each through msgraph-sdk, {SINGLE} people, scaled"
    report(
        "add_members",
        PEOPLE,
        ours.round_trips,
        "round trips",
        baseline=single.round_trips * scaled,
        lower_bound=ceil(PEOPLE / A_ROUND_TRIP),
        note=note,
    )
    report(
        "add_members_time", PEOPLE, ours.seconds, "s", baseline=single.seconds * scaled, note=f"{note}; 20 ms latency"
    )


async def measure_ours(control: httpx.AsyncClient, graph: Graph) -> Cost:
    """`add_members`, with everybody's result checked."""
    people = await new_people(control, PEOPLE)
    members, deleted = people[:ONE_PERCENT], people[-ONE_PERCENT:]
    group_id = await new_group(control)
    await add_members(graph, group_id, members)
    await control.request("DELETE", "/_local/users", json=deleted)
    await control.delete("/_local/requests")
    started = time.perf_counter()
    result = await add_members(graph, group_id, people)
    seconds = time.perf_counter() - started
    check(result, people, members=members, deleted=deleted)
    return Cost(await round_trips(control), seconds)


def check(result: Additions, people: Sequence[str], *, members: Sequence[str], deleted: Sequence[str]) -> None:
    """Everybody has the result they should have."""
    others = set(people) - set(members) - set(deleted)
    found = (set(result.added), set(result.already), set(result.missing))
    if found != (others, set(members), set(deleted)) or result.refused:
        raise RuntimeError("Not everybody who should be in the group was added, or a person has no result.")


async def measure_single(control: httpx.AsyncClient, graph: Graph) -> Cost:
    """A POST each, as a loop around the SDK does it."""
    people, group_id = await new_people(control, SINGLE), await new_group(control)
    await control.delete("/_local/requests")
    started = time.perf_counter()
    for object_id in people:
        reference = ReferenceCreate(odata_id=f"{graph.root}/directoryObjects/{object_id}")
        await graph.build.groups.by_group_id(group_id).members.ref.post(reference)
    return Cost(await round_trips(control), time.perf_counter() - started)


async def new_people(control: httpx.AsyncClient, count: int) -> list[str]:
    """Ids of new accounts."""
    answer = await control.post("/_local/users", json={"count": count})
    return list(answer.raise_for_status().json()["ids"])


async def new_group(control: httpx.AsyncClient) -> str:
    """A group that the people identity owns, as the product's own."""
    root = f"{control.base_url}v1.0"
    group = {
        "displayName": "MFA Pre-Enrollment",
        "mailEnabled": False,
        "mailNickname": "mfa-pre-enrollment",
        "securityEnabled": True,
        "owners@odata.bind": [f"{root}/directoryObjects/{PEOPLE_IDENTITY.principal_id}"],
    }
    token = await token_of(str(control.base_url).rstrip("/"), client_id=TENANT.client_id)
    answer = await control.post("/v1.0/groups", json=group, headers={"Authorization": f"Bearer {token}"})
    return str(answer.raise_for_status().json()["id"])


async def round_trips(control: httpx.AsyncClient) -> int:
    """What Graph was asked over HTTP since the log was cleared; the items of a batch are none."""
    answer = await control.get("/_local/requests")
    return len([entry for entry in answer.json() if not entry["batched"]])
