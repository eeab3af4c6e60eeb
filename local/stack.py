"""The whole local stack: Azurite, the stand-in tenant and the host, started and stopped together.

    async with Stack.start(StackOptions()) as stack:
        print(stack.info.site)

Used by `python -m local up`, by the demo and by the tests.
"""

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import httpx

from local import processes, storage
from local.processes import Child, StartError
from local.stack_info import Ports, StackInfo, host_environment, inherited, new_info

__all__ = ["ROOT", "Stack", "StackInfo", "StackOptions", "host_environment"]

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0


@dataclass(frozen=True)
class StackOptions:
    """What to start.

    `settings` overrides app settings of the host; None removes one. `queue_lease` is how many seconds a message that a
    host was working on stays hidden when that host is killed; `longest_poll` how many it waits between two looks at an
    idle queue. `storage_folder` keeps the data of Azurite on disk, which
    `stop_storage` needs; without it everything is in memory. `first_port` fixes all ports: it and the ones after it.
    """

    app: Path = ROOT
    users: int = 0
    first_port: int | None = None
    host: Literal["builtin", "func"] = "builtin"
    storage_folder: Path | None = None
    settings: Mapping[str, str | None] = field(default_factory=dict)
    queue_lease: float = 600.0
    longest_poll: float = 2.0
    excluded_paths: Sequence[str] | None = None
    tenant_url: str | None = None
    local: Path = ROOT / ".local"


class Stack:
    """A running stack. Made by `Stack.start`; every child ends when that block is left."""

    def __init__(self, options: StackOptions, *, ports: Ports, state: Path, azurite: Path) -> None:
        self.options = options
        self.ports = ports
        self.state = state
        self.azurite = azurite
        self.info = new_info(ports, tenant_url=options.tenant_url)
        self.settings = dict(options.settings)
        self.children: dict[str, Child] = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls, options: StackOptions) -> AsyncIterator["Stack"]:
        """Start everything and wait until it answers; stop everything when the block is left.

        Raises StartError with the end of the log of whatever did not start.
        """
        azurite = await asyncio.to_thread(storage.install, options.local / "azurite")
        with tempfile.TemporaryDirectory(prefix="run-", dir=options.local) as scratch:
            state = options.storage_folder or Path(scratch)
            stack = cls(options, ports=Ports.choose(options.first_port), state=state, azurite=azurite)
            processes.prune_logs(options.local / "logs")
            try:
                await stack.start_all()
                await stack.sign_in_as_administrator()
                yield stack
            finally:
                await asyncio.shield(asyncio.ensure_future(stack.stop_all()))

    async def start_all(self) -> None:
        """All at once: the host does not mind that storage and tenant are still starting."""
        try:
            async with asyncio.TaskGroup() as group:
                for starting in (self.start_storage(), self.start_tenant(), self.start_host()):
                    group.create_task(starting)
        except ExceptionGroup as failures:
            reasons = [error for error in failures.exceptions if isinstance(error, StartError)]
            if not reasons:
                raise
            raise reasons[0] from None

    async def sign_in_as_administrator(self) -> None:
        """Get the token that `az account get-access-token` would print."""
        async with httpx.AsyncClient(trust_env=False, timeout=START_SECONDS) as http:
            answer = (await http.get(f"{self.info.tenant}/_local/admin-token")).raise_for_status()
        self.info = replace(self.info, admin_token=str(answer.json()["accessToken"]))

    async def stop_all(self) -> None:
        children = list(self.children.values())
        # The host first: it finishes what it is working on while storage and tenant are still there.
        for name in ("func", "host"):
            if name in self.children:
                await processes.stop(self.children[name])
        await asyncio.gather(*(processes.stop(child) for child in children))

    async def start_storage(self) -> None:
        """Start Azurite on this stack's ports."""
        child = await storage.start_azurite(
            self.azurite,
            ports=self.ports.storage,
            location=self.options.storage_folder,
            log=self.log_of("storage"),
            folder=self.options.local,
        )
        self.children["storage"] = child
        await storage.wait_for_azurite(child, ports=self.ports.storage)
        await storage.create_queues_and_tables(self.ports.storage.connection_string)

    async def stop_storage(self) -> None:
        """Stop Azurite as if storage were away. What it held is lost unless `storage_folder` was given."""
        await processes.stop(self.children["storage"])

    async def start_tenant(self) -> None:
        if self.options.tenant_url:
            return
        command = [sys.executable, "-m", "local", "tenant", "--json"]
        command += ["--port", str(self.ports.tenant), "--users", str(self.options.users)]
        environment = {**inherited(), "IDENTITY_HEADER": self.info.identity_header}
        child = await processes.start(
            "tenant", command, log=self.log_of("tenant"), environment=environment, folder=ROOT
        )
        self.children["tenant"] = child
        await processes.wait_until(child, lambda: processes.answers(self.ports.tenant), seconds=START_SECONDS)

    async def start_host(self, settings: Mapping[str, str | None] | None = None) -> None:
        """Start the host on this stack's ports; `settings` changes app settings from now on."""
        self.settings |= settings or {}
        if self.options.host == "func":
            await self.start_func()
        child = await processes.start(
            "host",
            self.host_command(),
            log=self.log_of("host"),
            environment=host_environment(self.info, settings=self.settings, administration=self.options.app == ROOT),
            folder=ROOT,
        )
        self.children["host"] = child
        await processes.wait_until(child, self.host_is_ready, seconds=START_SECONDS)

    async def restart_host(self, settings: Mapping[str, str | None] | None = None) -> None:
        """Stop the host in good order and start it again, like a deployment or a changed setting."""
        await processes.stop(self.children["host"])
        await self.start_host(settings)

    async def kill_host(self) -> None:
        """End the host at once (SIGKILL), in the middle of whatever it does."""
        await processes.kill(self.children["host"])

    def host_command(self) -> list[str]:
        command = [sys.executable, "-m", "local", "host", "--app", str(self.options.app)]
        command += ["--site-port", str(self.ports.site), "--admin-port", str(self.ports.admin)]
        command += ["--state", str(self.state), "--queue-lease", str(self.options.queue_lease)]
        command += ["--longest-poll", str(self.options.longest_poll)]
        excluded = self.options.excluded_paths
        if excluded is None:
            names = [*self.info.webhook_secrets, *self.own_sources()]
            excluded = ["/start", *(f"/api/hires/{name}" for name in names)]
        command += ["--excluded-paths", ",".join(excluded)]
        if self.options.host == "func":
            command += ["--upstream", f"http://127.0.0.1:{self.ports.functions}"]
        return command

    def own_sources(self) -> list[str]:
        """The names of the profiles of one's own, which HR_SOURCES would name in Azure."""
        folder = self.settings.get("HR_PROFILES_DIR")
        return sorted(path.stem for path in (self.options.app / folder).glob("*.toml")) if folder else []

    async def host_is_ready(self) -> bool:
        """Whether the host answers, and is ours: another program on the port would not know the master key."""
        if not await processes.answers(self.ports.admin):
            return False
        headers = {"x-functions-key": self.info.master_key}
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            try:
                answer = await http.get(f"{self.info.admin}/admin/host/status", headers=headers)
            except httpx.TransportError:
                return False
        return answer.status_code == 200

    async def start_func(self) -> None:
        """Start the real host behind the Easy Auth stand-in."""
        func = shutil.which("func")
        if func is None:
            raise StartError(
                "--host func needs Azure Functions Core Tools, and there is no `func` on the path. Install them "
                "(npm package azure-functions-core-tools), or leave --host away to use the built-in host."
            )
        command = [func, "start", "--port", str(self.ports.functions)]
        environment = {**host_environment(self.info, settings=self.settings), "FUNCTIONS_WORKER_RUNTIME": "python"}
        child = await processes.start(
            "func", command, log=self.log_of("func"), environment=environment, folder=self.options.app
        )
        self.children["func"] = child
        await processes.wait_until(child, lambda: processes.answers(self.ports.functions), seconds=120)

    async def first_to_end(self) -> Child:
        """Wait until any child ends by itself; returns it."""
        waits = {asyncio.ensure_future(child.process.wait()): child for child in self.children.values()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return waits[done.pop()]

    def log_of(self, name: str) -> Path:
        return self.options.local / "logs" / f"{name}-{self.ports.site}.log"
