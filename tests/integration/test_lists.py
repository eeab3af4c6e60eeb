"""`people list`, `operations list` and `operations show`: what the tables hold, for a person and for a program."""

import io
import json

import pytest
from rich.console import Console

from local import identities
from provisioning.cli.arguments import FAULT, SAME
from provisioning.cli.main import new_parser
from provisioning.cli.names import names_for
from provisioning.cli.show import show_plan
from provisioning.model.operation import Mode
from tests.integration.conftest import World


async def run(*arguments: str) -> int:
    """Run a command on the storage account that the environment names."""
    given = new_parser().parse_args(arguments)
    return int(await given.run(given))


async def test_people_are_listed_by_id_and_counted_by_state(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    mia = await ready.add_user(employeeId="1187", displayName="Mia Berg")
    await ready.send_hire("1187")
    await ready.send_hire("1188")
    await ready.work()
    assert await run("people", "list") == SAME
    shown = capsys.readouterr().out
    assert f"invited     1187          {mia}" in shown
    assert "pending     1188          -" in shown
    assert shown.endswith("1 pending, 1 invited\n")
    assert "Mia" not in shown
    assert await run("people", "list", "--state", "invited", "--json") == SAME
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["state"], row["employeeId"], row["objectId"]) == ("invited", "1187", mia)


async def test_nobody_is_a_word(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run("people", "list") == SAME
    assert capsys.readouterr().out == "Nobody.\n"


async def test_operations_are_listed_without_plans_and_shown(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    await ready.plan()
    verified = await ready.operate(Mode.VERIFY)
    assert await run("operations", "list") == SAME
    newest, oldest = capsys.readouterr().out.splitlines()
    assert newest.startswith(f"{verified.operation_id}  ")
    assert oldest.split()[-2:] == ["apply", "succeeded"]
    assert await run("operations", "list", "--most", "1", "--json") == SAME
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["operation"], row["mode"], row["state"]) == (verified.operation_id, "verify", "unproved")
    assert await run("operations", "show", oldest.split()[0]) == SAME
    shown = capsys.readouterr().out
    assert "group: created " in shown
    assert shown.splitlines()[-1].endswith(": succeeded.")
    assert await run("operations", "show", oldest.split()[0], "--json") == SAME
    assert json.loads(capsys.readouterr().out)["operation"] == oldest.split()[0]


@pytest.mark.parametrize(("terminal", "named"), [(True, True), (False, False)])
async def test_a_terminal_alone_shows_a_user_name_beside_an_id(ready: World, terminal: bool, named: bool) -> None:
    plan = await ready.plan()
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, color_system=None, width=200)
    names = await names_for(console, plan, graph=ready.services.graph(identities.TENANT.client_id))
    show_plan(console, await ready.operate(Mode.PLAN), command=None, names=names)
    assert f"{identities.BREAK_GLASS_USER_ID} (" not in written.getvalue() or named
    assert (f"account {identities.BREAK_GLASS_USER_ID} (break" in written.getvalue()) is named


async def test_an_operation_nobody_started_is_a_sentence(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    unknown = "3c1b7a52-8d0e-4f5a-9c36-1e2d7b40a9f8"
    assert await run("operations", "show", unknown) == FAULT
    assert f"There is no operation {unknown}." in capsys.readouterr().err
