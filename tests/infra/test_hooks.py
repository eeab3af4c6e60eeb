"""azd's hooks: thin, with nothing to install; the preflight tells all at once, the stops name the next command."""

import ast
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.deploy import preflight, stops
from local.deploy.preflight import GLOBAL_ADMINISTRATOR, GRAPH, OLDEST_AZD, all_findings

from .templates import INFRA, ROOT

TENANT = "0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
ACCOUNT, SECOND = "b1a5e0c2-0d3f-4a67-9c81-e4f7a2d6b301", "b1a5e0c2-0d3f-4a67-9c81-e4f7a2d6b302"
LANDING = "https://enroll.example.com"
ENVIRONMENT = {
    "AZURE_LOCATION": "westeurope",
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    "BREAK_GLASS_USER_IDS": f"{ACCOUNT}, {SECOND}",
}
# Stands for az and azd: answers what the test wrote down for a command that begins so, and notes what it was asked.
TOOL = """
import json, sys
from pathlib import Path
here, asked = Path(__file__).parent, " ".join(Path(sys.argv[1]).name.split() + sys.argv[2:])
with open(here / "asked", "a") as log:
    log.write(asked + "\\n")
answers = json.loads((here / "answers.json").read_text())
for start, answer in sorted(answers.items(), key=lambda item: -len(item[0])):
    if asked.startswith(start) or start in asked:
        if isinstance(answer, str):
            sys.exit(answer)
        print(json.dumps(answer))
        sys.exit(0)
sys.exit("ERROR: nobody expected: " + asked)
"""


@dataclass
class Tools:
    """az and azd on the path, as processes."""

    folder: Path
    answers: dict[str, Any] = field(default_factory=dict)

    def set(self, **changes: Any) -> None:
        self.answers |= changes
        (self.folder / "answers.json").write_text(json.dumps(self.answers))

    def asked(self) -> list[str]:
        log = self.folder / "asked"
        return log.read_text().splitlines() if log.exists() else []


ROLES = "me/transitiveMemberOf"
PREMIUM = {"capabilityStatus": "Enabled", "servicePlans": [{"servicePlanName": "AAD_PREMIUM"}]}
GOOD: Mapping[str, Any] = {
    "azd version": {"azd": {"version": "1.31.2"}},
    "az account show": {"id": SUBSCRIPTION, "tenantId": TENANT, "user": {"name": "me@example.com", "type": "user"}},
    "az functionapp list-flexconsumption-locations": [{"name": "westeurope"}, {"name": "Sweden Central"}],
    "az role assignment list": [{"roleDefinitionName": "Owner"}],
    ROLES: {"value": [{"displayName": "Global Administrator", "roleTemplateId": GLOBAL_ADMINISTRATOR}]},
    "subscribedSkus": {"value": [PREMIUM]},
    f"users/{ACCOUNT}": {"id": ACCOUNT, "accountEnabled": True},
    f"users/{SECOND}": {"id": SECOND, "accountEnabled": True},
    "applications?": {"value": [{"appId": TENANT}]},
    "azd env set": None,
}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    script = tmp_path / "tool.py"
    script.write_text(TOOL)
    command = shlex.join([sys.executable, "-S", "-I", str(script)])
    for name in ("az", "azd"):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\nexec {command} "$0" "$@"\n')
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = Tools(tmp_path)
    found.set(**GOOD)
    return found


def found(environment: Mapping[str, str] = ENVIRONMENT) -> dict[str, list[str]]:
    """What is not well, by level."""
    by_level: dict[str, list[str]] = {}
    for finding in all_findings(environment):
        assert finding.text.endswith(".")
        by_level.setdefault(finding.level, []).append(str(finding))
    return by_level


def test_a_sound_environment_has_no_finding(tools: Tools) -> None:
    assert set(found()) == {"ok"}
    assert len(found()["ok"]) == 8


def test_all_that_is_missing_is_told_at_once(tools: Tools, capsys: pytest.CaptureFixture[str]) -> None:
    tools.set(**{
        "azd version": {"azd": {"version": "1.24.9-beta.1"}},
        "az role assignment list": [{"roleDefinitionName": "Contributor"}],
        ROLES: {"value": []},
        "subscribedSkus": {"value": [{**PREMIUM, "capabilityStatus": "Suspended"}]},
        f"users/{ACCOUNT}": "ERROR: Not Found({\"error\":{\"code\":\"Request_ResourceNotFound\"}})",
        f"users/{SECOND}": {"id": SECOND, "accountEnabled": False},
    })  # fmt: skip
    assert preflight.main({**ENVIRONMENT, "AZURE_LOCATION": "Antarctica"}) == 1
    shown = capsys.readouterr().out
    for words in (
        "FAIL azd: This is 1.24.9-beta.1; 1.25.3 or newer is needed.",
        "FAIL region: antarctica does not offer Flex Consumption. Choose one of: swedencentral, westeurope.",
        "FAIL Azure roles: You hold Contributor on the subscription",
        "warn Entra roles: You do not hold Privileged Role Administrator",
        "FAIL license: The tenant has no Entra ID P1.",
        f"FAIL emergency accounts: There is no account {ACCOUNT}.",
        f"FAIL emergency accounts: {SECOND} is disabled.",
        "preflight: 6 to put right first.",
    ):
        assert words in shown


def test_who_may_not_grant_is_warned_and_goes_on(tools: Tools) -> None:
    tools.set(**{ROLES: {"value": []}})
    assert preflight.main(ENVIRONMENT) == 0


def test_without_the_azure_cli_it_says_so_and_lets_azd_go_on(tools: Tools, capsys: pytest.CaptureFixture[str]) -> None:
    (tools.folder / "az").unlink()
    assert preflight.main(ENVIRONMENT) == 0
    assert "warn region: Not checked: az is not installed." in capsys.readouterr().out


def test_what_the_azure_cli_refuses_is_no_verdict(tools: Tools) -> None:
    tools.set(**{"subscribedSkus": "ERROR: Forbidden({...})", "az account show": "ERROR: Please run 'az login'."})
    warned = found()["warn"]
    assert any("license: Not checked: az rest --method failed: ERROR: Forbidden" in line for line in warned)
    assert any("sign-in: Not checked: az account show failed: ERROR: Please run 'az login'." in line for line in warned)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"BREAK_GLASS_USER_IDS": ""}, "FAIL emergency accounts: No emergency account is named."),
        ({"BREAK_GLASS_USER_IDS": ACCOUNT}, "warn emergency accounts: Only one emergency account is named."),
        ({"AZURE_LOCATION": ""}, "warn region: No region is chosen yet."),
        (
            {"AZURE_SUBSCRIPTION_ID": TENANT},
            f"FAIL sign-in: az uses the subscription {SUBSCRIPTION}, but azd uses {TENANT}.",
        ),
    ],
)
def test_what_azd_was_told_is_looked_at_too(tools: Tools, changes: dict[str, str], words: str) -> None:
    assert any(words in line for lines in found({**ENVIRONMENT, **changes}).values() for line in lines)


ONE_APP = {**ENVIRONMENT, "SINGLE_APP": "true"}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (ONE_APP, ["warn apps: SINGLE_APP: one app with one identity runs everything."]),
        ({**ONE_APP, "SEPARATE_APPS": "false"}, ["warn apps: SINGLE_APP: one app"]),
        (
            {**ONE_APP, "ADMIN_CLIENT_ID": TENANT, "ADMIN_FUNCTION_KEYS": "false"},
            ["warn apps: SINGLE_APP: one app", "warn apps: ADMIN_CLIENT_ID has no effect"],
        ),
        ({**ONE_APP, "SEPARATE_APPS": "true"}, ["FAIL apps: This environment has an app for each role."]),
        ({**ENVIRONMENT, "SEPARATE_APPS": "false"}, ["FAIL apps: This environment was created with one app"]),
        ({**ENVIRONMENT, "SEPARATE_APPS": "true"}, []),
    ],
)
def test_one_app_is_warned_of_and_never_becomes_several(
    tools: Tools, environment: dict[str, str], words: list[str]
) -> None:
    by_level = found(environment)
    told = [line for level, lines in by_level.items() if level != "ok" for line in lines]
    assert len(told) == len(words)
    assert all(line.startswith(word) for line, word in zip(told, words, strict=True))


def test_the_preflight_can_be_skipped_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert preflight.main({"SKIP_PREFLIGHT": "true"}) == 0
    assert "skipped" in capsys.readouterr().out


def test_a_national_cloud_is_asked_at_its_own_address(tools: Tools) -> None:
    assert set(found({**ENVIRONMENT, "GRAPH_ENDPOINT": "https://graph.microsoft.us/"})) == {"ok"}
    asked = [line for line in tools.asked() if " rest " in line]
    assert asked
    assert all("https://graph.microsoft.us/v1.0/" in line and GRAPH not in line for line in asked)


DEPLOYED = {
    **ENVIRONMENT,
    "LANDING_URL": LANDING,
    "TENANT_URL": "https://tenant.example.com",
    "KEY_VAULT_NAME": "kv-1",
    "HR_SOURCES": "greenhouse, standard-webhooks",
}


def run_stop(monkeypatch: pytest.MonkeyPatch, code: int = 0) -> list[tuple[str, ...]]:
    """Note which commands of the product a stop runs; they have tests of their own."""
    ran: list[tuple[str, ...]] = []

    def run(environment: Mapping[str, str], *arguments: str) -> int:
        ran.append(arguments)
        return code

    monkeypatch.setattr(stops, "run_product", run)
    return ran


def test_after_provisioning_the_bootstrap_runs_and_who_may_not_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run_stop(monkeypatch, 1)
    assert stops.after_provision(DEPLOYED) == 0
    assert ran == [("bootstrap",)]
    assert "Then: python -m provisioning bootstrap --env-file .azure/values.env" in capsys.readouterr().out


def test_after_the_first_deployment_the_client_id_is_found_and_set(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run_stop(monkeypatch)
    assert stops.after_deploy(DEPLOYED) == 0
    shown = capsys.readouterr().out
    assert f"azd env set AUTH_CLIENT_ID {TENANT}" in tools.asked()
    assert f"AUTH_CLIENT_ID is now {TENANT}. Run: azd provision" in shown
    assert ran == [], "there is no sign-in to try yet"
    assert "az keyvault secret set --vault-name kv-1 --name hr-standard-webhooks" in shown
    assert [line.split(",")[0] for line in shown.splitlines() if line.startswith("==")] == [
        f"== Stop {number} of 5" for number in (2, 3, 4, 5)
    ]


def test_before_an_apply_there_is_nothing_to_find(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_stop(monkeypatch)
    tools.set(**{"applications?": {"value": []}})
    assert stops.after_deploy({**DEPLOYED, "ADMIN_CLIENT_ID": SECOND}) == 0
    shown = capsys.readouterr().out
    assert "There is no registration with this address yet" in shown
    assert f'az account get-access-token --resource "api://{SECOND}"' in shown
    assert 'curl -X POST "https://tenant.example.com/api/tenant"' in shown


def test_one_app_has_no_administration_api_and_says_what_it_is_for(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_stop(monkeypatch)
    environment = {**DEPLOYED, "SINGLE_APP": "true", "TENANT_URL": "", "ADMIN_CLIENT_ID": SECOND}
    assert stops.after_deploy(environment) == 0
    shown = capsys.readouterr().out
    assert "/api/tenant" not in shown
    assert "python -m provisioning apply --credential device-code" in shown
    assert "- use this only for trying out (SINGLE_APP)" in shown


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (1, 1)])
def test_a_sign_in_is_tried_and_its_faults_are_azds(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, code: int, ended: int
) -> None:
    ran = run_stop(monkeypatch, code)
    assert stops.after_deploy({**DEPLOYED, "AUTH_CLIENT_ID": TENANT}) == ended
    assert ran == [("smoke", "--wait", "300")]
    assert not [line for line in tools.asked() if line.startswith("azd env set")]


def test_two_registrations_or_none_to_ask_are_left_to_a_person(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_stop(monkeypatch)
    tools.set(**{"applications?": {"value": [{"appId": TENANT}, {"appId": SECOND}]}})
    stops.after_deploy(DEPLOYED)
    (tools.folder / "az").unlink()
    stops.after_deploy(DEPLOYED)
    shown = capsys.readouterr().out
    assert "Not looked up: 2 registrations have the address" in shown
    assert "Not looked up: az is not installed." in shown


def test_every_command_of_the_product_that_a_stop_names_exists() -> None:
    from provisioning.cli.main import new_parser

    lines = [*stops.left_to_a_person(DEPLOYED), *stops.apply_commands({})]
    named = [line[line.index("python -m provisioning ") :].split()[3:] for line in lines if "python -m" in line]
    assert len(named) >= 3
    for arguments in named:
        new_parser().parse_args([word.strip("'") for word in arguments if word not in ("<your", "app>'")])


PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
HOOKS = sorted((INFRA / "hooks").glob("*.py"))


def test_azd_is_old_enough_and_runs_hooks_that_are_there() -> None:
    assert PROJECT["requiredVersions"] == {"azd": f">= {'.'.join(map(str, OLDEST_AZD))}"}
    assert {path.name for path in HOOKS} == {Path(hook["run"]).name for hook in PROJECT["hooks"].values()}
    for hook in PROJECT["hooks"].values():
        assert (hook["kind"], hook["interactive"], hook["config"]) == ("python", True, {"virtualEnvName": ".hooks_env"})
        assert (ROOT / hook["run"]).is_file()
    assert PROJECT["hooks"]["prepackage"] == PROJECT["hooks"]["predeploy"], "`azd deploy` alone runs no prepackage"


@pytest.mark.parametrize("path", HOOKS, ids=lambda path: path.name)
def test_a_hook_is_thin(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) <= 6
    assert not [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If)]


def test_the_hooks_have_nothing_to_install() -> None:
    """azd takes the nearest requirements.txt, and a pyproject.toml of the same folder before it."""
    lines = (INFRA / "hooks/requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    assert not (INFRA / "hooks/pyproject.toml").exists()


@pytest.mark.parametrize("module", ["local.deploy.preflight", "local.deploy.stops", "local.package.build"])
def test_a_hook_needs_python_and_pip_alone(module: str, tmp_path: Path) -> None:
    import pip

    os.symlink(Path(str(pip.__file__)).parent, tmp_path / "pip")
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import {module}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_hook_runs_as_azd_runs_it() -> None:
    python = shutil.which(sys.executable) or sys.executable
    done = subprocess.run(
        [python, str(INFRA / "hooks/preflight.py")],
        cwd=INFRA / "hooks",
        env={"PATH": os.environ["PATH"], "SKIP_PREFLIGHT": "true"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "preflight: skipped, because SKIP_PREFLIGHT is true.\n")
