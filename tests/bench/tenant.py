"""The stand-in tenant in a process of its own, and Graph over real HTTP as the people identity."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx

from local.identities import PEOPLE
from local.stack import ROOT
from provisioning.graph.client import Graph
from tests.support import StaticCredential


@contextlib.contextmanager
def running_tenant(*, users: int) -> Iterator[str]:
    """A tenant with so many people; gives its address."""
    command = [sys.executable, "-m", "local", "tenant", "--users", str(users), "--json", "--exit-with-parent"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"The tenant ended with exit code {process.wait()}; its own words are above.")
        yield str(json.loads(line)["tenant"])
        process.terminate()


async def token_of(url: str, *, client_id: str = PEOPLE.client_id, identity_header: str = "any") -> str:
    """The token that the managed-identity endpoint gives an identity."""
    parameters = {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com", "client_id": client_id}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.get(f"{url}/msi/token", params=parameters, headers={"X-IDENTITY-HEADER": identity_header})
    return str(answer.raise_for_status().json()["access_token"])


async def graph_of(
    url: str, *, transport: httpx.AsyncBaseTransport | None = None, identity_header: str = "any"
) -> Graph:
    """Graph as the product makes it, over a network of one's own if given."""
    return Graph(
        StaticCredential(await token_of(url, identity_header=identity_header)),
        endpoint=url,
        scope="https://graph.microsoft.com/.default",
        sleep=asyncio.sleep,
        now=lambda: datetime.now(UTC),
        transport=transport,
    )
