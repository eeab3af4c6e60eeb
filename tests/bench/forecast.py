"""What a forecast of 10,000 people costs: round trips to Graph, questions to What-If, seconds at one of these a second.

The people are of twelve kinds, by five groups that the guards of registration leave out. Real storage (Azurite), the
tenant in a process of its own. The baseline is What-If for every person: the same four questions, counted, not asked.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx

from local.demo_world import DemoWorld
from local.identities import PEOPLE as PEOPLE_IDENTITY
from local.identities import TENANT
from local.stack import Stack, StackOptions
from provisioning.graph.bulk_members import add_members
from provisioning.graph.client import Graph
from provisioning.services import Services
from provisioning.tenant.forecast.rehearsal import Rehearsal, rehearse
from provisioning.tenant.pace import PERIOD
from tests.bench.figures import report
from tests.bench.tenant import graph_of, token_of
from tests.support import StaticCredential

PEOPLE = 10_000
GROUPS = 5  # of every second, third, ... sixth person, which makes twelve kinds
KINDS = 12
QUESTIONS = 4  # at our application and at the registration, from a phone and from a managed PC
MOST_ROUND_TRIPS = 150
REGISTER = "urn:user:registersecurityinfo"


async def run() -> None:
    """One forecast, with its answers checked."""
    off = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("hires", "seen", "sweep")}
    async with (
        Stack.start(StackOptions(users=PEOPLE, settings=off)) as stack,
        httpx.AsyncClient(base_url=stack.info.tenant, trust_env=False, timeout=60) as control,
    ):
        os.environ.update(stack.info.app_settings())
        services = Services()
        header = stack.info.identity_header
        services.graphs[TENANT.client_id] = await graph_as_tenant(stack.info.tenant, header)
        await DemoWorld(stack.info, control, services.storage).operate("apply")
        await control.patch("/_local/settings", json={"throttleWrites": 0.0, "throttleConditionalAccess": 0.0})
        people = await prepare(control, stack.info.tenant, header)
        await control.patch("/_local/settings", json={"throttleConditionalAccess": 1.0})
        await control.delete("/_local/requests")
        started = time.perf_counter()
        found = await rehearse(Rehearsal(lines=people), services=services)
        seconds = time.perf_counter() - started
        asked = (await control.get("/_local/requests")).json()
        await services.close()
    if (len(found.rows), found.kinds, found.unjudged) != (PEOPLE, KINDS, 0):
        raise RuntimeError(f"Not everybody was judged: {len(found.rows)} of {found.kinds} kinds, {found.unjudged} not.")
    trips = sum(not entry["batched"] for entry in asked)
    what_if = sum(entry["template"].endswith("/evaluate") for entry in asked)
    if trips > MOST_ROUND_TRIPS:
        raise RuntimeError(f"A forecast of {PEOPLE} people took {trips} round trips.")
    each = f"{KINDS} kinds of people; baseline: What-If for each person"
    report("forecast", PEOPLE, trips, "round trips", lower_bound=QUESTIONS * KINDS, note=f"{KINDS} kinds of people")
    report("forecast_what_if", PEOPLE, what_if, "questions", baseline=QUESTIONS * PEOPLE, note=each)
    paced = QUESTIONS * PEOPLE * PERIOD.total_seconds()
    report("forecast_time", PEOPLE, seconds, "s", baseline=paced, note=f"{each}, one in {PERIOD.total_seconds()} s")


async def graph_as_tenant(url: str, header: str) -> Graph:
    """Graph as the tenant identity."""
    token = await token_of(url, client_id=TENANT.client_id, identity_header=header)
    return Graph(
        StaticCredential(token),
        endpoint=url,
        scope="https://graph.microsoft.com/.default",
        sleep=asyncio.sleep,
        now=lambda: datetime.now(UTC),
    )


async def prepare(control: httpx.AsyncClient, url: str, header: str) -> list[str]:
    """The groups, a guard that leaves out each of them, and everybody's object id."""
    answer = await control.post("/_local/users", json={"count": PEOPLE})
    people = list(answer.raise_for_status().json()["ids"])
    token = await token_of(url, client_id=TENANT.client_id, identity_header=header)
    headers = {"Authorization": f"Bearer {token}"}
    owner = await graph_of(url, identity_header=header)
    for number in range(GROUPS):
        group_id = await made(
            control, "/v1.0/groups", group_named(f"left-out-{number}", str(control.base_url)), headers
        )
        await add_members(owner, group_id, people[:: number + 2])
        await made(control, "/v1.0/identity/conditionalAccess/policies", guard_without(group_id), headers)
    await owner.close()
    return people


async def made(control: httpx.AsyncClient, path: str, body: object, headers: dict[str, str]) -> str:
    """The id of a new object."""
    answer = await control.post(path, json=body, headers=headers)
    return str(answer.raise_for_status().json()["id"])


def group_named(name: str, root: str) -> dict[str, object]:
    """A group that the people identity owns, so that it may fill it."""
    owner = f"{root.rstrip('/')}/v1.0/directoryObjects/{PEOPLE_IDENTITY.principal_id}"
    return {
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": name,
        "securityEnabled": True,
        "owners@odata.bind": [owner],
    }


def guard_without(*group_ids: str) -> dict[str, object]:
    """A policy that guards the registration of everybody who is not in these groups."""
    users: dict[str, Sequence[str]] = {"includeUsers": ["All"], "excludeGroups": group_ids}
    return {
        "displayName": f"Guard without {group_ids[0]}",
        "state": "enabled",
        "conditions": {"clientAppTypes": ["all"], "applications": {"includeUserActions": [REGISTER]}, "users": users},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
