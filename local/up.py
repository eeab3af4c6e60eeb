"""`python -m local up`: the whole stack, until a signal ends it."""

import argparse
import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from local import identities
from local.processes import StartError
from local.stack import ROOT, Stack, StackInfo, StackOptions
from local.stack_info import shell_lines

FIRST_PORT = 7071
ENV_FILE = ROOT / ".local/env"
PEOPLE_NAMED = 4


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local up", description="Start the whole local stack.")
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready")
    parser.add_argument("--port", type=int, help=f"first of seven ports (default {FIRST_PORT}; free ones with --json)")
    parser.add_argument("--users", type=int, default=200, help="people in the stand-in tenant (default 200)")
    parser.add_argument("--host", choices=["builtin", "func"], default="builtin", help="func: Core Tools' own host")
    parser.add_argument("--app", type=Path, default=ROOT, help="folder of another function_app.py")
    parser.add_argument("--keep-data", action="store_true", help="keep storage under .local/storage")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an app setting")
    parser.add_argument("--queue-lease", type=float, default=600, help="seconds a killed host's messages stay hidden")
    parser.add_argument("--longest-poll", type=float, default=2, help="seconds between two looks at an idle queue")
    given = parser.parse_args(argv)
    options = StackOptions(
        app=given.app.resolve(),
        users=given.users,
        first_port=given.port or (None if given.json else FIRST_PORT),
        host=given.host,
        storage_folder=ROOT / ".local/storage" if given.keep_data else None,
        settings={name: value or None for name, _, value in (item.partition("=") for item in given.set)},
        queue_lease=given.queue_lease,
        longest_poll=given.longest_poll,
    )
    return asyncio.run(stay_up(options, as_json=given.json))


async def stay_up(options: StackOptions, *, as_json: bool) -> int:
    """Start the stack and keep it until a signal (exit code 0) or the end of one of its parts (exit code 1)."""
    stop_on_signal()
    started = time.perf_counter()
    try:
        async with Stack.start(options) as stack, written_environment(stack.info, wanted=not as_json):
            seconds = time.perf_counter() - started
            text = json.dumps(stack.info.as_json()) if as_json else describe(stack.info, options.users, seconds)
            print(text, flush=True)
            child = await stack.first_to_end()
            raise StartError(f"The {child.name} has {child.ending()}")
    except asyncio.CancelledError:
        return 0


def stop_on_signal() -> None:
    """Cancel the current task at the first SIGINT or SIGTERM; later ones must not disturb the orderly end."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: None)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


@contextlib.asynccontextmanager
async def written_environment(info: StackInfo, *, wanted: bool) -> AsyncIterator[None]:
    """Keep `.local/env` while the block is not left; its secrets are good for this run only."""
    if not wanted:
        yield
        return
    lines = shell_lines(info)
    ENV_FILE.touch(mode=0o600)
    ENV_FILE.write_text(lines, encoding="utf-8")
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            if ENV_FILE.read_text(encoding="utf-8") == lines:  # another stack may have written its own since
                ENV_FILE.unlink()


def describe(info: StackInfo, users: int, seconds: float) -> str:
    from local.entra.seeding import people

    named = people(first=0, count=min(users, PEOPLE_NAMED), today=datetime.now(UTC))
    names = [f"admin@{identities.TENANT_DOMAIN}", *(str(person["userPrincipalName"]) for person in named)]
    return f"""Everything is up after {seconds:.1f} s. Ctrl-C stops it.

  landing page    {info.site}/    (sign-in in front)
  admin address   {info.admin}    (no sign-in; wants a key)
  tenant          {info.tenant}    (stand-in for Entra and Graph)
  admin token     $ADMIN_TOKEN in .local/env
  master key      {info.master_key}

Who can sign in, without a password:
  {", ".join(names)}

In another terminal, for the commands of README.md:
  source .venv/bin/activate && source .local/env
  mfa-preenroll apply && mfa-preenroll enable    # make the tenant's objects, and turn the policy on

Secrets of the HR systems ($HR_SECRET_...):
  standard-webhooks    {info.webhook_secrets["standard-webhooks"]}
  bamboohr             {info.webhook_secrets["bamboohr"]}
  cloudevents          {info.webhook_secrets["cloudevents"]}
  and {len(info.webhook_secrets) - 3} more in .local/env
"""
