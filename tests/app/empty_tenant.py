"""A tenant of its own over real HTTP that nobody set up, and the command line as a real process on it."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.data.tables import TableServiceClient

from local.demo_world import READING_POSTS
from local.identities import TENANT_ID
from local.processes import tethered
from local.stack import ROOT, StackInfo
from local.stack_info import inherited
from provisioning.store.storage import TABLES
from tests import web
from tests.running_stack import stop_process

PYTHON = [sys.executable, "-m", "provisioning"]
MADE = ("groups", "applications", "policies")


@dataclass(frozen=True)
class CommandLine:
    """Runs commands with the environment of an app."""

    environment: Mapping[str, str]

    def __call__(self, *arguments: str, **changes: str | None) -> "subprocess.CompletedProcess[str]":
        """Run one in a pipe; `changes` sets or (None) unsets settings."""
        values = {**self.environment, **changes}
        environment = {name: value for name, value in values.items() if value is not None}
        done = subprocess.run(
            [*PYTHON, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def at_a_terminal(self, *arguments: str, answer: str) -> tuple[int, str]:
        """Run one at a terminal and type an answer; returns the exit code and what was to be seen."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*PYTHON, *arguments],
            cwd=ROOT,
            env={**self.environment, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            os.write(ours, f"{answer}\n".encode())
            seen = b""
            while chunk := read_terminal(ours):
                seen += chunk
            os.close(ours)
        return process.returncode, seen.decode()


def read_terminal(descriptor: int) -> bytes:
    """What is there next; nothing once the other side is closed, which Linux tells by an error."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


@dataclass(frozen=True)
class EmptyTenant:
    """A tenant of its own that nobody set up."""

    url: str
    run: CommandLine

    def made(self) -> list[int]:
        """How many groups, applications and policies there are."""
        state: dict[str, Any] = web.get(f"{self.url}/_local/state").json()
        return [len(state[kind]) for kind in MADE]

    def policy_states(self) -> set[str]:
        """In which states the policies are that this product made."""
        policies = web.get(f"{self.url}/_local/state").json()["policies"]
        return {policy["state"] for policy in policies if policy["displayName"].startswith("MFA Pre-Enrollment")}

    def writes(self) -> list[str]:
        """Return what Graph was asked to write since the log was cleared."""
        entries = web.get(f"{self.url}/_local/requests").json()
        asked = [entry["template"] for entry in entries if entry["method"] != "GET"]
        return [template for template in asked if not template.endswith(READING_POSTS)]


def forget_earlier(azurite: str) -> None:
    """Delete what an earlier tenant left in the tables: every one that is started here has the same id."""
    with TableServiceClient.from_connection_string(azurite) as tables:
        for table in map(tables.get_table_client, TABLES):
            for row in table.query_entities("PartitionKey eq @tenant", parameters={"tenant": TENANT_ID}):
                table.delete_entity(row)


@contextmanager
def empty_tenant(azurite: str) -> Iterator[EmptyTenant]:
    """Run a tenant while the block runs, with nothing of it in storage."""
    forget_earlier(azurite)
    environment = {**inherited(), "IDENTITY_HEADER": "header"}
    process = subprocess.Popen(
        tethered([sys.executable, "-m", "local", "tenant", "--json", "--users", "0"]),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["tenant"]
    stack = StackInfo(url, url, url, azurite, "", "", {"standard-webhooks": "", "bamboohr": ""}, "header")
    try:
        yield EmptyTenant(url, CommandLine({**environment, **stack.app_settings()}))
    finally:
        stop_process(process)
