"""What was set up, as the command line shows it: real processes on a running stack."""

import json
from pathlib import Path

import pytest

from local.identities import ADMINISTRATOR_USER_ID
from local.signing import standard_webhook
from local.stack import StackInfo
from local.stack_info import inherited
from tests import web
from tests.app.empty_tenant import CommandLine
from tests.running_stack import until

pytestmark = pytest.mark.app


def test_an_operation_of_the_command_line_can_be_seen_over_http(stack: StackInfo) -> None:
    done = CommandLine({**inherited(), **stack.app_settings()})("plan", "--of", "disable", "--json")
    operation = json.loads(done.stdout)
    address = f"{stack.admin}/api/operations/{operation['operation']}"
    assert web.get(address, headers=stack.admin_headers).json() == operation


def test_why_tells_a_person_and_a_program_the_same(provisioned: StackInfo) -> None:
    run = CommandLine({**inherited(), **provisioned.app_settings()})
    secret = provisioned.webhook_secrets["standard-webhooks"]
    content = {"type": "hire", "data": {"employeeId": "W-4711"}}
    body, headers = standard_webhook(content, secret=secret, delivery_id="why-1")
    web.post(f"{provisioned.site}/api/hires/standard-webhooks", content=body, headers=headers)
    address = f"{provisioned.admin}/api/people/W-4711"
    until(lambda: web.get(address, headers=provisioned.admin_headers).is_success or None)
    told, asked = run("people", "show", "w-4711"), run("people", "show", "W-4711", "--json")
    assert told.stdout.startswith("Employee W-4711 is pending")
    assert told.stdout.count("\n") == 1
    assert json.loads(asked.stdout)["why"] + "\n" == told.stdout
    unknown = run("people", "show", "W-4712")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "nobody with the employee ID W-4712" in unknown.stderr


def test_a_sweep_is_shown_and_released(provisioned: StackInfo) -> None:
    run = CommandLine({**inherited(), **provisioned.app_settings()})
    told, table = run("sweep", "--show"), run("sweep", "--show", "--csv")
    assert (told.returncode, table.returncode) == (0, 0), told.stderr
    assert " to invite, " in told.stdout.splitlines()[-1]
    assert table.stdout.startswith("action,objectId,employeeId,startDate,why\n")
    allowed = run("sweep", "--allow", "7")
    assert (allowed.returncode, allowed.stdout) == (
        0,
        "The next sweep may invite, and may remove, up to 7 people. This applies once.\n",
    )


def test_health_exits_with_what_it_found(provisioned: StackInfo) -> None:
    run = CommandLine({**inherited(), **provisioned.app_settings()})
    told = run("health")
    assert told.returncode == ("\nFAIL " in told.stdout)
    assert told.stdout.startswith("ok   storage: Every queue and table could be read.\n")
    away = run("health", AzureWebJobsStorage="nonsense")
    assert (away.returncode, away.stdout) == (
        1,
        "FAIL settings: The setting AzureWebJobsStorage is not a connection string. Copy the complete connection "
        "string again.\n",
    )
    by_identity = {
        "AzureWebJobsStorage": None,
        "AzureWebJobsStorage__queueServiceUri": "https://127.0.0.1:9/queue",
        "AzureWebJobsStorage__tableServiceUri": "https://127.0.0.1:9/table",
        "IDENTITY_ENDPOINT": None,
        "PATH": "/nowhere",
    }
    nobody = run("health", **by_identity)
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr.startswith("No token was issued for the storage account (az): ")


def test_a_forecast_is_made_as_the_two_identities_of_the_stack(provisioned: StackInfo, tmp_path: Path) -> None:
    run = CommandLine({**inherited(), **provisioned.app_settings()})
    ids, rows = tmp_path / "ids.txt", tmp_path / "rows.csv"
    ids.write_text(f"{ADMINISTRATOR_USER_ID}\nnobody@example.com\n", encoding="utf-8")
    told = run("forecast", "--file", str(ids), "--csv", str(rows))
    assert told.returncode == 2, told.stderr
    assert "no_account: No account of theirs was found." in told.stdout
    assert "2 people of " in told.stdout
    lines = rows.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("objectId,employeeId,line,answer,reasons,who,")
    assert [line.split(",")[3] for line in lines[1:]] == ["cannot", "cannot"]
    assert "example.com" not in "".join(lines)
    asked = run("forecast", "--enforce", "--json")
    content = json.loads(asked.stdout)
    assert content["people"] == len(content["rows"]) == sum(content["answers"].values())
    assert asked.returncode == (2 if content["answers"]["cannot"] or content["answers"]["unknown"] else 0)
    bad = run("forecast", "--cohort", "soon")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "'soon' is neither a day such as 2026-12-01 nor a week such as 2026-W49" in bad.stderr
    assert run("forecast", "--file", str(tmp_path / "none")).returncode == 1
