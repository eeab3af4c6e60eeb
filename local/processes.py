"""Child processes that never outlive this one, with their output in a log file each."""

import asyncio
import contextlib
import itertools
import os
import random
import signal
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
STOP_SECONDS = 5.0
POLL_SECONDS = 0.05
LINES_SHOWN = 12
LOGS_KEPT = 40


class StartError(Exception):
    """Something the stack needs could not be started. The text says what, why, and what to do."""


@dataclass(frozen=True)
class Child:
    """A running child process and where its output goes."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def ending(self) -> str:
        """How the child ended, and the end of its log."""
        return f"ended with exit code {self.process.returncode}. Its last lines:\n{self.last_lines()}"

    def last_lines(self) -> str:
        """The end of the child's log, indented, for an error message."""
        with contextlib.suppress(OSError), self.log.open(encoding="utf-8", errors="replace") as lines:
            return "".join(f"    {line.rstrip()}\n" for line in deque(lines, LINES_SHOWN))
        return ""


def tethered(command: Sequence[str]) -> list[str]:
    """`command`, run so that it ends with this process."""
    return [sys.executable, "-S", "-E", str(TETHER), str(os.getpid()), *command]


async def start(
    name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None, folder: Path
) -> Child:
    """Start `command` in `folder` with its output in `log`.

    The child is in a process group of its own, so that Ctrl-C reaches only this process, which ends it in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *tethered(command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    return Child(name=name, process=process, log=log)


async def stop(child: Child, *, seconds: float = STOP_SECONDS) -> None:
    """Ask the child to end, wait for up to `seconds`, then kill its whole group."""
    if child.running:
        send(child, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.process.wait(), seconds)
    await kill(child)


async def kill(child: Child) -> None:
    """End the child and its group at once (SIGKILL)."""
    send(child, signal.SIGKILL)
    await child.process.wait()


def send(child: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)


@contextlib.asynccontextmanager
async def ended_at_exit(child: Child) -> AsyncIterator[Child]:
    """Stop `child` when the block is left, even by cancellation."""
    try:
        yield child
    finally:
        await asyncio.shield(asyncio.ensure_future(stop(child)))


async def wait_until(child: Child, ready: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
    """Return when `ready()` is true. StartError, with the end of its log, when the child dies or takes too long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while child.running:
        if await ready():
            return
        if loop.time() > end:
            raise StartError(
                f"The {child.name} was not ready within {seconds:.0f} s. Its last lines:\n{child.last_lines()}"
            )
        await asyncio.sleep(POLL_SECONDS)
    raise StartError(f"The {child.name} did not start: it has {child.ending()}")


def prune_logs(folder: Path) -> None:
    """Keep the newest logs only: every stack on free ports leaves some."""
    logs = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in logs[LOGS_KEPT:]:
        old.unlink(missing_ok=True)


async def answers(port: int) -> bool:
    """Whether something listens on `port` of this machine."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def listen(port: int) -> socket.socket:
    """Listen on a port of 127.0.0.1, where 0 is any that is free.

    Raises:
        OSError: The port is in use, or this user may not listen there; `strerror` tells which.
    """
    listener = socket.create_server(("127.0.0.1", port))
    # Connections inherit it. asyncio sets it only where the protocol is named, which create_server does not do, and
    # without it every answer waits 40 ms for the client's acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def is_free(port: int) -> bool:
    """Whether `port` of 127.0.0.1 can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that are free now.

    A port is taken only when its server starts, so two processes that choose at the same time can choose the same one.
    Where that matters, each has a range of its own in LOCAL_PORTS, such as 20000-20999.
    """
    if "LOCAL_PORTS" in os.environ:
        first, last = map(int, os.environ["LOCAL_PORTS"].split("-"))
        shuffled = random.sample(range(first, last + 1), last + 1 - first)
        return list(itertools.islice(filter(is_free, shuffled), count))
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
