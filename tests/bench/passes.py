"""Seconds until a manager reads a pass: the first one of a fresh host process, then the next one of the same process.

From the button to the sealed pass, as the page's script sees it: front's answer, the queue, the brakes' reads of
Microsoft Graph (a stand-in on this machine), the pass, the box. Beside it, what the app passes imports for its first
message. It has no package of its own: it runs from the worker's, as people and tenant do (azure.yaml).
"""

import asyncio
import statistics
import time
from uuid import uuid4

import httpx

from local import identities
from local.browser_key import BrowserKey
from local.demo_handover import STEP_HEADERS
from local.person import Person as Browser
from local.stack import Stack, StackOptions
from provisioning.clock import random_bytes, utc_now
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.pass_claims import make_claim
from provisioning.store.ledger import Ledger
from provisioning.store.pass_claims import PassClaims
from provisioning.store.storage import connect
from tests.bench.figures import report
from tests.bench.import_time import FRESH_PROCESSES, import_seconds
from tests.bench.landing import prepare

FRESH = 3
LOOK_EVERY = 0.05  # seconds; the page's script looks every second
PATIENCE = 60.0  # seconds


async def run() -> None:
    """What is imported, then the first pass and the second one of fresh processes."""
    ours = import_seconds("function_app, provisioning.passes.triggers")
    report("import_passes", FRESH_PROCESSES, ours * 1000, "ms", baseline=import_seconds("function_app") * 1000)
    async with Stack.start(StackOptions(users=0, settings={"PASSES_PER_HOUR": "1000"})) as stack:
        await prepare(stack)
        first, second = [], []
        for _ in range(FRESH):
            links = [await new_link(stack) for _ in range(2)]
            await stack.restart_host()
            first.append(await seconds_until_made(*links[0]))
            second.append(await seconds_until_made(*links[1]))
    note = "from the button to the sealed pass; a fresh process, imports and tokens included, beside its second pass"
    report("pass_first_answer", FRESH, statistics.median(first), "s", baseline=statistics.median(second), note=note)


async def new_link(stack: Stack) -> tuple[str, str]:
    """A link for a newcomer who is invited, and the user name of their manager."""
    manager = f"{uuid4().hex[:12]}@example.com"
    newcomer = f"{uuid4().hex[:12]}@example.com"
    async with httpx.AsyncClient(base_url=stack.info.tenant, trust_env=False, timeout=60) as http:
        accounts = [{"userPrincipalName": name, "userType": "Member"} for name in (newcomer, manager)]
        person_id, manager_id = (await http.post("/_local/users", json=accounts)).json()["ids"]
        (await http.put(f"/_local/users/{person_id}/manager", json={"id": manager_id})).raise_for_status()
    storage = connect(stack.info.storage)
    invited = Person(person_id, EnrollmentState.INVITED, invited_at=utc_now())
    await Ledger(storage, tenant_id=identities.TENANT_ID).save(invited)
    claims = PassClaims(storage, tenant_id=identities.TENANT_ID)
    code, _ = await make_claim(invited, manager_id=manager_id, claims=claims, now=utc_now(), random_bytes=random_bytes)
    await storage.close()
    return f"{stack.info.site}/pass/{code}", manager


async def seconds_until_made(link: str, manager: str) -> float:
    """Seconds from the button to the sealed pass.

    Raises:
        RuntimeError: There is none.
    """
    async with Browser(manager) as person:
        await person.open(link.partition("/pass/")[0] + "/")
        make = {"step": "make", "publicKey": BrowserKey().public, "identityProof": "known"}
        began = time.perf_counter()
        asked = await person.http.post(link, json=make, headers=STEP_HEADERS)
        look = {"step": "look", "request": asked.json().get("request")}
        while time.perf_counter() - began < PATIENCE:
            found = (await person.http.post(link, json=look, headers=STEP_HEADERS)).json()
            if found.get("state") == "made":
                return time.perf_counter() - began
            if found.get("state") != "working":
                break
            await asyncio.sleep(LOOK_EVERY)
    raise RuntimeError(f"There is no pass: {found}.")
