"""The command line as a person and as a pipeline run it: real processes, a tenant over HTTP, storage in Azurite."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from azure.core.pipeline.transport import RequestsTransport

from local.entra.hosts import LOGIN_HOSTS
from local.identities import TENANT, TENANT_ID
from local.processes import tethered
from local.stack import ROOT
from provisioning.cli.credentials import device_code
from provisioning.settings import GraphSettings
from tests.app.empty_tenant import PYTHON, EmptyTenant, empty_tenant
from tests.certificates import ToStandIn, self_signed
from tests.running_stack import stop_process

pytestmark = pytest.mark.app

LOGIN = "https://login.microsoftonline.com"
REPORT_ONLY = "enabledForReportingButNotEnforced"


@pytest.fixture(scope="module")
def empty(azurite: str) -> Iterator[EmptyTenant]:
    with empty_tenant(azurite) as tenant:
        yield tenant


def test_from_an_empty_tenant_and_back(empty: EmptyTenant) -> None:
    before, writes = empty.made(), empty.writes()
    planned = empty.run("plan")
    assert planned.returncode == 2, planned.stderr
    assert "+ create      policy" in planned.stdout
    assert planned.stderr == ""
    assert empty.writes() == writes
    assert empty.made() == before

    applied = empty.run("apply")
    assert applied.returncode == 2, applied.stderr
    assert "policy: created" in applied.stdout
    assert empty.made() == [number + 1 for number in before]

    again = empty.run("apply", "--json")
    assert again.returncode == 0, again.stderr
    operation = json.loads(again.stdout)
    assert (operation["state"], {step["outcome"] for step in operation["steps"]}) == ("succeeded", {"unchanged"})
    assert again.stderr == ""

    stale = empty.run("apply", "--plan-id", "0123456789abcdef")
    assert stale.returncode == 1
    assert stale.stdout.startswith(f"Plan {operation['plan']['planId']}: what apply would do.")
    assert "changed since plan 0123456789abcdef was shown" in stale.stderr

    piped = empty.run("remove")
    assert piped.returncode == 2
    assert "delete      policy" in piped.stdout
    code, seen = empty.run.at_a_terminal("remove", answer="no")
    assert (code, "Nothing was written." in seen) == (2, True), seen
    assert empty.made() == [number + 1 for number in before]

    removed = empty.run("remove", "--yes")
    assert removed.returncode == 2, removed.stderr
    assert "nothing left: passed" in removed.stdout
    assert empty.made() == before


def test_a_terminal_shows_a_table_without_colors_if_so_wanted(empty: EmptyTenant) -> None:
    colorless = replace(empty.run, environment={**empty.run.environment, "NO_COLOR": "1"})
    code, seen = colorless.at_a_terminal("verify", answer="")
    assert code == 1, "there is nothing to verify"
    assert "Apply first" in seen
    assert "\x1b[31m" not in seen


def test_enable_asks_at_a_terminal_and_disable_now_needs_no_settings(empty: EmptyTenant) -> None:
    """A typed word decides whether people are asked from now on; taking that back must never wait for a setting."""
    run = replace(empty.run, environment={**empty.run.environment, "REGISTRATION_POLICY": "mfa"})
    made = run("apply")
    assert made.returncode == 2, made.stderr
    assert empty.policy_states() == {REPORT_ONLY}

    code, seen = run.at_a_terminal("enable", answer="no")
    assert (code, "Turn this on? Type yes: " in seen, "Nothing was written." in seen) == (2, True, True), seen
    assert "enable newly asks" in seen or "it asks nobody for MFA" in seen, "it shows what that means for people"
    assert empty.policy_states() == {REPORT_ONLY}
    code, seen = run.at_a_terminal("enable", answer="yes")
    assert (code, "Nothing was written." in seen) == (2, False), seen
    assert empty.policy_states() == {"enabled"}

    broken = {"BREAK_GLASS_USER_IDS": None, "PEOPLE_PRINCIPAL_ID": None, "LOGO_FILE": "/nowhere.png"}
    off = run("disable", "--now", **broken)
    assert off.returncode == 2, off.stderr
    assert off.stdout.count(": updated") == 2
    assert empty.policy_states() == {REPORT_ONLY}
    again = run("disable", "--now", "--json", **broken)
    assert (again.returncode, [step["outcome"] for step in json.loads(again.stdout)]) == (0, ["unchanged"] * 2)

    unanswered = run("disable", "--now", GRAPH_ENDPOINT="http://127.0.0.1:9", **broken)
    assert unanswered.returncode == 1
    assert "could not be turned off" in unanswered.stderr

    removed = run("remove", "--yes")
    assert removed.returncode == 2, removed.stderr
    assert empty.policy_states() == set(), "the tenant is empty again for the other tests"


@pytest.mark.parametrize(
    ("arguments", "changes", "words"),
    [
        (["plan", "--json"], {"TENANT_ID": None}, "The setting TENANT_ID is missing."),
        (["apply"], {"BREAK_GLASS_USER_IDS": None}, "The setting BREAK_GLASS_USER_IDS is missing."),
        (["apply"], {"AzureWebJobsStorage": None}, "The setting AzureWebJobsStorage is missing."),
        (["plan"], {"IDENTITY_ENDPOINT": None, "PATH": "/nowhere"}, "No token was issued for Microsoft Graph (az): "),
    ],
)
def test_what_a_user_does_wrong_is_a_sentence_and_1(
    empty: EmptyTenant, arguments: list[str], changes: dict[str, str | None], words: str
) -> None:
    done = empty.run(*arguments, **changes)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr


def test_ctrl_c_leaves_an_operation_that_can_go_on(empty: EmptyTenant) -> None:
    environment = {**empty.run.environment, "GRAPH_ENDPOINT": "http://127.0.0.1:9"}
    command = tethered([*PYTHON, "apply"])
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "did not reach Microsoft Graph (ConnectError). Looking again every 10 s until " in line
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Continue it: python -m provisioning apply --resume " in words
    assert words.endswith("\nInterrupted.\n")
    assert "Traceback" not in words


@pytest.fixture
def over_tls(tmp_path: Path) -> Iterator[requests.Session]:
    """A tenant under Microsoft's own host names, which azure-identity insists on."""
    certificate, key = self_signed("stand-in", hosts=sorted(LOGIN_HOSTS)).write(tmp_path)
    command = [sys.executable, "-m", "local", "tenant", "--users", "0", "--json"]
    command += ["--tls-cert", str(certificate), "--tls-key", str(key)]
    process = subprocess.Popen(tethered(command), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(json.loads(process.stdout.readline())["tenant"].rpartition(":")[2])
    with requests.Session() as session:
        session.mount("https://", ToStandIn(port, trusted=certificate))
        yield session
    stop_process(process)


class Approving(RequestsTransport):  # type: ignore[misc]  # azure-core exports it lazily, as Any
    """Approves what waits before every question, as a person at another machine does."""

    def __init__(self, session: requests.Session) -> None:
        super().__init__(session=session, session_owner=False)
        self.own = session

    def send(self, request: Any, **options: Any) -> Any:
        for waiting in self.own.get(f"{LOGIN}/_local/device-codes").json():
            address = f"{LOGIN}/_local/device-codes/{waiting['userCode']}/approve"
            self.own.post(address, json={"userPrincipalName": "admin@example.com"})
        return super().send(request, **options)


async def test_a_person_signs_in_once_with_a_device_code(
    over_tls: requests.Session, capsys: pytest.CaptureFixture[str]
) -> None:
    registration = {"roles": [], "scopes": ["Group.Read.All"]}
    over_tls.put(f"{LOGIN}/_local/clients/{TENANT.client_id}", json=registration)
    options: dict[str, Any] = {"transport": Approving(over_tls)}
    credential = device_code(TENANT.client_id, tenant=TENANT_ID, graph=GraphSettings(), **options)
    token = await credential.get_token("https://graph.microsoft.com/.default")
    await credential.get_token("https://graph.microsoft.com/.default")
    await credential.close()
    claims = jwt.decode(token.token, options={"verify_signature": False})
    assert (claims["tid"], claims["idtyp"]) == (TENANT_ID, "user")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Open https://login.microsoftonline.com/devicelogin and enter the code ")
    assert shown.err.count("enter the code") == 1
