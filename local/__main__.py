"""`python -m local COMMAND`: the product on a laptop, with nothing of Azure or Entra."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from local import identities, storage
from local.processes import StartError
from local.stack import ROOT, Stack, StackInfo, StackOptions
from local.stack_info import shell_lines

USAGE = """python -m local COMMAND

  up         start everything and print where it is (--help for its options)
  demo       the whole story in one run
  install    install Azurite and the reader of Kusto queries, by npm
  tenant     the stand-in for Entra and Microsoft Graph alone
  host       the stand-in for the Functions host alone
  documents  write the documents that are made from the code
  package    build what is deployed to Azure (--help for its options)
  bicep      compile the templates with the real compiler, where there is one
"""
FIRST_PORT = 7071
ENV_FILE = ROOT / ".local/env"
PEOPLE_NAMED = 4


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit code. Errors are a sentence on stderr and exit code 1."""
    commands: dict[str, Callable[[Sequence[str]], int]] = {
        "up": up,
        "demo": demo,
        "install": install,
        "tenant": tenant,
        "host": host,
        "documents": documents,
        "package": package,
        "bicep": bicep,
    }
    command = commands.get(argv[0]) if argv else None
    if command is None:
        print(USAGE, file=sys.stdout if argv[:1] in (["-h"], ["--help"]) else sys.stderr)
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    try:
        return command(argv[1:])
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


# The commands import what they need: a tenant starts without the host's packages, and the host without the tenant's.
def demo(argv: Sequence[str]) -> int:
    from local.demo import main as run

    return int(run(argv) or 0)


def tenant(argv: Sequence[str]) -> int:
    from local.entra.server import main as run

    return int(run(argv) or 0)


def host(argv: Sequence[str]) -> int:
    from local.host.server import main as run

    return run(argv)


def documents(argv: Sequence[str]) -> int:
    from local.documents import main as run

    return run(argv)


def package(argv: Sequence[str]) -> int:
    from local.package.build import main as run

    return run(argv)


def bicep(argv: Sequence[str]) -> int:
    from local.bicep import main as run

    return run(argv)


def install(argv: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="python -m local install").parse_args(argv)
    script = storage.install(ROOT / ".local/azurite")
    print(f"Azurite {storage.AZURITE.version} is installed: {script}")
    from local import kusto

    print(f"{kusto.PACKAGE.name} {kusto.PACKAGE.version} is installed: {kusto.install(ROOT / '.local/kusto')}")
    return 0


def up(argv: Sequence[str]) -> int:
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
