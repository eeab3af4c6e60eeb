"""The command line in this process: how it waits, goes on, asks, shows, and what it tells a pipeline."""

import asyncio
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from local import identities
from provisioning.cli.arguments import CHANGES, FAULT, SAME
from provisioning.cli.main import main, new_parser
from provisioning.cli.operate import run_from_terminal
from provisioning.cli.progress import LiveTable
from provisioning.cli.show import differences, heads
from provisioning.errors import Rejected, TransientError
from provisioning.model.operation import Mode, Operation, OperationState, Step, StepOutcome
from provisioning.model.plan import HeadCount, Plan, PlannedAction, PlannedStep
from provisioning.services import Services
from tests.integration.conftest import World
from tests.integration.findings import set_roles
from tests.support import NOW, FrozenClock

ROOT = Path(__file__).resolve().parents[2]
INVALID_GROUP = {"error": {"code": "BadRequest", "message": "1054: Invalid group value: 5a8b7f0e."}}
DENIED = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}


async def command(world: World, *arguments: str) -> int:
    """Run a command with the world's Graph and storage; returns its exit code."""
    return await run_from_terminal(new_parser().parse_args(arguments), services=world.services)


async def operation_of(world: World, shown: str) -> Operation:
    """The operation that a JSON document on stdout is of."""
    operation = await world.operations.read(json.loads(shown)["operation"])
    assert operation is not None
    return operation


async def test_a_plan_shows_fields_reasons_and_people_and_writes_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await command(world, "plan") == CHANGES
    shown = capsys.readouterr()
    assert 'signInAudience: nothing -> "AzureADMyOrg"' in shown.out
    assert 'conditions.users.excludeUsers: nothing -> ["' in shown.out, "down to the innermost field"
    assert "Only assigned people see the tile in My Apps." in shown.out
    assert "The policy covers nobody; it asks nobody for MFA." in shown.out
    assert f"account {identities.BREAK_GLASS_USER_ID} is excluded by excludeUsers" in shown.out
    assert "To do exactly this: python -m provisioning apply --plan-id " in shown.out
    assert shown.out.endswith(" to create, 0 to change, 0 to delete.\n")
    assert "  + create      group" in shown.out
    assert "\x1b" not in shown.out, "no color where nobody sees it"
    assert shown.err == ""
    assert {line.split()[0] for line in await world.requests()} == {"GET"}


async def test_what_blocks_is_said_first_on_stderr_too_and_is_an_error(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", "00000000-0000-0000-0000-00000000dead")
    assert await command(world, "plan") == FAULT
    shown = capsys.readouterr()
    labels = [line.split(":")[0] for line in shown.out.splitlines() if line.startswith(("blocking", "warning", "note"))]
    assert labels == sorted(labels, key=("blocking", "warning", "note").index)
    assert labels[0] == "blocking"
    assert "00000000-0000-0000-0000-00000000dead" in shown.err
    assert "Nothing can be done until" in shown.out
    assert await command(world, "apply") == FAULT
    assert "00000000-0000-0000-0000-00000000dead" in capsys.readouterr().err


async def test_replication_is_waited_out_and_what_an_earlier_run_made_still_counts(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run that ends it finds everything unchanged but the policy; a pipeline must be told of all of it."""
    await world.fault(method="POST", path="/policies$", status=400, body=INVALID_GROUP, times=2)
    assert await command(world, "apply") == CHANGES
    shown = capsys.readouterr().out
    assert shown.count("Looking again every 10 s until ") == 1, "two waits for the same reason are one line"
    assert world.sleeps.asked.count(10.0) == 2
    assert shown.count("group: created") == 1
    assert "group: unchanged" not in shown
    assert await command(world, "apply") == SAME
    assert "done, nothing had to change" in capsys.readouterr().out


async def test_another_operation_that_works_is_named_and_waited_for(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    lease = await world.state.leases.take("tenant", holder="operation 7, run 1")

    async def sleep(seconds: float) -> None:
        await world.sleeps(seconds)
        if world.sleeps.asked.count(5.0) == 3:
            await lease.release()

    world.services.sleep = sleep
    assert await command(world, "apply") == CHANGES
    waits = [line for line in capsys.readouterr().out.splitlines() if "operation 7" in line]
    (wait,) = waits
    assert wait.startswith("Waiting for operation 7, run 1 to finish. Looking again every 5 s until ")


async def test_an_interrupted_apply_says_how_to_go_on_and_does(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    async def interrupt(_: float) -> None:
        raise asyncio.CancelledError  # what asyncio makes of Ctrl-C

    await world.fault(method="POST", path="/policies$", status=400, body=INVALID_GROUP, times=1)
    world.services.sleep = interrupt
    with pytest.raises(asyncio.CancelledError):
        await command(world, "apply")
    hint = capsys.readouterr().err
    assert "Continue it: python -m provisioning apply --resume " in hint
    operation_id = hint.split()[-1]
    world.services.sleep = world.sleeps
    with pytest.raises(Rejected, match=f"Continue it: python -m provisioning apply --resume {operation_id}"):
        await command(world, "enable", "--resume", operation_id)
    assert await command(world, "apply", "--resume", operation_id, "--json") == CHANGES
    operation = await operation_of(world, capsys.readouterr().out)
    assert (operation.operation_id, operation.state) == (operation_id, OperationState.SUCCEEDED)
    assert len(world.tenant.policies) == 1
    with pytest.raises(Rejected, match="There is no operation"):
        await command(world, "apply", "--resume", identities.TENANT_ID)


async def test_storage_that_goes_away_is_an_error_with_the_way_back(
    ready: World, away: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    away.graphs = dict(ready.services.graphs)
    try:
        with pytest.raises(TransientError, match="The storage account could not be reached for table operations"):
            await run_from_terminal(new_parser().parse_args(["apply"]), services=away)
    finally:
        away.graphs.clear()
    assert capsys.readouterr().out == ""


async def test_a_removal_nobody_agreed_to_is_shown_and_not_done(
    ready: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await command(ready, "remove") == CHANGES
    assert "delete      policy" in capsys.readouterr().out
    assert await command(ready, "remove", "--json") == CHANGES
    operation = await operation_of(ready, capsys.readouterr().out)
    assert (operation.mode, operation.planned_mode) == (Mode.PLAN, Mode.REMOVE)
    assert {line.split()[0] for line in await ready.requests()} == {"GET"}
    assert operation.plan is not None
    assert await command(ready, "remove", "--plan-id", operation.plan.plan_id) == CHANGES
    assert "nothing left: passed" in capsys.readouterr().out
    assert await command(ready, "remove") == SAME


async def test_a_step_left_to_an_admin_counts_as_a_change_and_shows_its_command(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await set_roles(world, *(role for role in identities.TENANT.roles if role != "AppRoleAssignment.ReadWrite.All"))
    for _ in range(2):
        assert await command(world, "apply") == CHANGES
        assert "Left to an admin: " in capsys.readouterr().out


async def test_a_403_names_the_remedy(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    await ready.fault(method="GET", path="/policies$", status=403, body=DENIED, times=100)
    assert await command(ready, "plan", "--credential", "az") == FAULT
    shown = capsys.readouterr().err
    assert "permissions that docs/permissions.md lists" in shown
    assert "A person who signed in to az cannot write policies" in shown
    assert await command(ready, "plan", "--credential", "managed-identity") == FAULT
    assert "az" not in capsys.readouterr().err.split()


async def test_verify_is_an_error_when_the_policy_asks_nobody(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert await command(ready, "verify") == FAULT
    assert "no member yet whose sign-in could be asked about" in capsys.readouterr().err
    objects = await ready.state.objects()
    assert objects is not None
    ready.tenant.link_member(str(objects.group_id), await ready.add_user(employeeId="9"))
    assert await command(ready, "verify") == SAME
    assert capsys.readouterr().out.endswith(": verified.\n")
    (policy,) = ready.tenant.policies
    policy["state"] = "disabled"
    assert await command(ready, "verify") == FAULT
    assert "it does not ask (state: " in capsys.readouterr().err


async def test_what_an_object_is_called_does_not_drive_the_terminal(
    ready: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (group,) = [item for item in ready.tenant.groups if item["displayName"] == "MFA Pre-Enrollment"]
    group["displayName"] = "\x1b]0;owned\x07[red]"
    assert await command(ready, "plan") == CHANGES
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert 'displayName: "\\u001b]0;owned\\u0007[red]" -> "MFA Pre-Enrollment"' in shown


async def test_a_reason_to_wait_goes_to_stderr_where_stdout_is_a_programs(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.fault(method="POST", path="/policies$", status=400, body=INVALID_GROUP, times=1)
    assert await command(world, "apply", "--json") == CHANGES
    shown = capsys.readouterr()
    assert json.loads(shown.out)["state"] == "succeeded"
    assert "Looking again every 10 s until " in shown.err


async def test_warnings_are_told_after_an_apply_too(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await set_roles(world, *identities.TENANT.roles, "User.ReadWrite.All")
    assert await command(world, "apply") == CHANGES
    assert (
        "warning: The tenant identity holds Graph permissions that this product does not need"
        in capsys.readouterr().out
    )


def test_a_terminal_sees_what_is_done_what_is_at_hand_and_what_comes() -> None:
    plan = Plan(
        steps=(
            PlannedStep("group", PlannedAction.CREATE),
            PlannedStep("application", PlannedAction.CREATE),
            PlannedStep("logo", PlannedAction.NONE),
        )
    )
    done = Step("group", StepOutcome.CREATED, "5a8b7f0e", seconds=0.4)
    operation = Operation("7", Mode.APPLY, OperationState.RUNNING, NOW, NOW, steps=(done,), admitted=True, plan=plan)
    clock, written = FrozenClock(), io.StringIO()
    console = Console(file=written, force_terminal=True, color_system=None, width=100)
    with LiveTable(console, now=clock) as table:
        table.saved(operation, operation.steps)
        clock.advance(seconds=7)
        table.waits("Waiting for the application.", seconds=10.0, until=operation.deadline)
        table.live.refresh()
    lines = written.getvalue().splitlines()
    assert any(line.startswith("group") and "created" in line and "0.4" in line for line in lines)
    assert any(line.startswith("application") and "0" in line for line in lines)
    assert any(line.rstrip() == "logo" for line in lines)
    assert "Waiting for the application. Looking again every 10 s until " in written.getvalue()


def test_differences_go_down_to_what_differs() -> None:
    before = {"users": {"includeGroups": ["1"], "excludeUsers": []}, "locations": None}
    after = {"users": {"includeGroups": ["1"], "excludeUsers": ["2"]}, "locations": None}
    assert list(differences("conditions", before, after)) == [("conditions.users.excludeUsers", [], ["2"])]
    assert list(differences("state", None, "enabled")) == [("state", None, "enabled")]
    assert list(differences("x", {"a": 1}, {})) == [("x.a", 1, None)]


def test_heads_are_counted_in_words() -> None:
    count = HeadCount(in_scope=12, newly_challenged=1, excluded_break_glass={"7": "nothing"}, administrators=("8", "9"))
    assert list(heads(count, mode=Mode.ENABLE)) == [
        "The policy covers 12 people; enable newly asks 1 person for MFA.",
        "It covers 2 administrators: 8, 9.",
        "The break-glass account 7 is excluded by nothing.",
    ]
    assert list(heads(None, mode=Mode.REMOVE)) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan", "--credential", "device-code"], "device-code needs --client-id"),
        (["remove", "--plan-id", "7"], "'7' is not the ID of a plan"),
        (["apply", "--resume", "7"], "'7' is not the ID of an operation"),
        (["plan", "--of", "verify"], "invalid choice: 'verify'"),
        (["remove", "--yes", "--plan-id", "0123456789abcdef"], "not allowed with argument"),
        (["replay", "orders"], "the queues are hires, seen, outgoing, passes, tenant"),
        ([], "COMMAND"),
    ],
)
def test_bad_arguments_never_look_like_changes(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """argparse ends with 2, which here says that something changed."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == FAULT
    assert words in capsys.readouterr().err


# --- who it works as


# --- what it costs


def test_help_and_the_app_import_none_of_it() -> None:
    code = """
import sys, json
import function_app
app = [name for name in sys.modules if name.startswith(("provisioning.cli", "rich"))]
from provisioning.cli.main import main, new_parser
new_parser().format_help()
heavy = [name for name in sys.modules if name.startswith(("rich", "azure.identity", "msgraph", "pydantic"))]
print(json.dumps([app, heavy]))
"""
    arguments = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], []]
