"""A customer's own HR system: a file and a secret, no code; a bad file stops nobody else."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import ROOT
from provisioning.errors import ConfigurationError
from provisioning.hr_profiles import is_name
from provisioning.http import Request
from provisioning.webhooks.sources.profile_directory import faults_in, log_faults
from provisioning.webhooks.sources.registry import all_names, find_source
from tests.integration.conftest import World
from tests.integration.deliveries import ADMIN, hexed
from tests.integration.samples import SAMPLES
from tests.integration.webhooks import post, queued
from tests.support import NOW

# As Humi's webhooks are documented: an account with a work address, and the private one beside it.
FUNCTIONS = (ROOT / "function_app.py").read_text().count("@app.function_name")
HUMI = """\
title = "Humi"
confirmed = true
auth = "hmac"
event = "body.type"

[signature]
header = "X-Hr-Signature"

[events]
"employee.created" = "hire"

[map]
employee_id = "body.employee.number"
address = "body.employee.account.email"
start_date = "body.employee.start_date"
occurred_at = "body.timestamp"
"""
HIRE = {
    "type": "employee.created",
    "timestamp": 1763629200,
    "admin": ADMIN,
    "employee": {
        "number": "0042",
        "personal_email": "mia@personal.example",
        "account": {"email": "mia.berg@example.com"},
        "start_date": "2026-12-01",
    },
}
SECRET = "5e1f0c2b7d"
SIGN = hexed("x-hr-signature")


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HR_PROFILES_DIR", str(tmp_path))
    monkeypatch.setenv("HR_SECRET_HUMI_CANADA", SECRET)
    (tmp_path / "humi-canada.toml").write_text(HUMI)
    return tmp_path


async def test_a_file_and_a_secret_are_a_source(world: World, profiles: Path) -> None:
    assert (await post(world, "humi-canada", *SIGN(HIRE, SECRET))).status == 200
    assert (await post(world, "humi-canada", *SIGN(HIRE, "another"))).status == 401
    (message,) = await queued(world)
    assert (message["source"], message["employee_id"], message["unverified"]) == ("humi-canada", "0042", False)
    assert message["occurred_at"] == "2025-11-20T09:00:00Z"
    source = find_source("humi-canada")
    assert source is not None
    body, headers = SIGN(HIRE, SECRET)
    (event,) = source.read(Request(headers, body), NOW).events
    assert event.address == "mia.berg@example.com"


async def test_it_may_replace_one_that_comes_with_the_product(world: World, profiles: Path) -> None:
    (profiles / "deel.toml").write_text(HUMI)
    os.environ["HR_SECRET_DEEL"] = SECRET
    try:
        assert (await post(world, "deel", *SIGN(HIRE, SECRET))).status == 200
    finally:
        del os.environ["HR_SECRET_DEEL"]


async def test_without_its_secret_nobody_gets_in(world: World, profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_SECRET_HUMI_CANADA")
    with pytest.raises(ConfigurationError, match="The setting HR_SECRET_HUMI_CANADA is missing"):
        await post(world, "humi-canada", *SIGN(HIRE, SECRET))


async def test_a_bad_one_answers_503_and_the_others_go_on(
    world: World, profiles: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (profiles / "broken.toml").write_text(HUMI.replace("[map]", "[mapp]"))
    log_faults()
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"{profiles}/broken.toml:" in record.getMessage()
    with pytest.raises(ConfigurationError, match=r"broken\.toml:1: map is missing"):
        await post(world, "broken", b"{}", {})
    assert (await post(world, "humi-canada", *SIGN(HIRE, SECRET))).status == 200
    monkeypatch.setenv("HR_SECRET_GREENHOUSE", SAMPLES["greenhouse"].secret)
    sample = SAMPLES["greenhouse"]
    assert (await post(world, "greenhouse", *sample.sign(sample.content, sample.secret))).status == 200


async def test_a_directory_that_is_not_there_stops_profiles_but_no_code(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What would be in it might have replaced ours, so ours must not take its place."""
    monkeypatch.setenv("HR_PROFILES_DIR", "no/such/directory")
    monkeypatch.setenv("HR_SECRET_BAMBOOHR", SAMPLES["bamboohr"].secret)
    log_faults()
    assert "HR_PROFILES_DIR names no directory" in caplog.text
    with pytest.raises(ConfigurationError, match="names no directory"):
        await post(world, "deel", b"{}", {})
    sample = SAMPLES["bamboohr"]
    assert (await post(world, "bamboohr", *sample.sign(sample.content, sample.secret))).status == 200


def test_names_that_cannot_be_addresses_or_take_the_place_of_code(profiles: Path) -> None:
    for name in ("bamboohr", "Has-Capitals", "under_score", "dot.ted", "-x"):
        (profiles / f"{name}.toml").write_text(HUMI)
    said = faults_in(profiles)
    assert len(said) == 5
    assert [fault for fault in said if "bamboohr is a built-in source" in fault]
    assert find_source("bamboohr") is not None
    assert "humi-canada" in all_names()
    assert not [name for name in all_names() if not is_name(name)]


START = """
import json, sys, time
started = time.perf_counter()
import function_app
print(json.dumps([len(function_app.app.get_functions()), sorted(sys.modules)]))
"""


def start(**environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-W", "ignore", "-c", START]
    return subprocess.run(command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=True)


def test_a_process_starts_with_a_bad_profile_and_tells_its_line(profiles: Path) -> None:
    """azure-functions-python-worker#1262: an exception at start would hide every function, the page too."""
    (profiles / "broken.toml").write_text(HUMI.replace('"body.type"', '"body.[type"'))
    done = start(HR_PROFILES_DIR=str(profiles))
    assert json.loads(done.stdout)[0] == FUNCTIONS
    assert "broken.toml:4: event is not a JMESPath expression" in done.stderr
    assert "humi-canada" not in done.stderr


def test_without_the_setting_nothing_of_it_is_loaded_at_start() -> None:
    done = start()
    assert json.loads(done.stdout)[0] == FUNCTIONS
    loaded = json.loads(done.stdout)[1]
    assert not [name for name in loaded if name.startswith(("provisioning.people", "jmespath", "tomllib"))]
