"""`python -m provisioning sources`: what an admin sees before the first real delivery, with no secret and no effect."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from provisioning.cli.arguments import FAULT, SAME
from provisioning.cli.main import main
from provisioning.webhooks.sources.registry import all_names
from tests.integration.samples import SAMPLES
from tests.integration.test_profiles import GOOD


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a setting of the app: what is asked needs none."""
    for name in ("HR_PROFILES_DIR", "TENANT_ID", "AzureWebJobsStorage", "HR_SECRET_GREENHOUSE"):
        monkeypatch.delenv(name, raising=False)


def given_on_stdin(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))


@pytest.fixture
def hired(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A genuine delivery on stdin, its headers in a file."""
    sample = SAMPLES["greenhouse"]
    body, headers = sample.sign(sample.content, sample.secret)
    given_on_stdin(monkeypatch, body)
    path = tmp_path / "headers.txt"
    path.write_text("".join(f"{name.title()}: {value}\n" for name, value in headers.items()))
    return path


def test_a_delivery_is_shown_without_a_secret(hired: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "test", "greenhouse"]) == SAME
    said = capsys.readouterr().out
    assert "signature: not checked: no --headers" in said
    assert "hire (unverified): employee 21457 (its own ID 358), first day 2026-12-01, address none" in said


@pytest.mark.parametrize(
    ("secret", "code", "proof"),
    [
        (SAMPLES["greenhouse"].secret, SAME, "right"),
        (f"another-secret,{SAMPLES['greenhouse'].secret}", SAME, "right"),
        ("another-secret", FAULT, "wrong: signature: it is not the one"),
        ("", SAME, "not checked: The setting HR_SECRET_GREENHOUSE is missing."),
    ],
)
def test_with_headers_the_signature_is_checked(
    hired: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    secret: str,
    code: int,
    proof: str,
) -> None:
    monkeypatch.setenv("HR_SECRET_GREENHOUSE", secret)
    assert main(["sources", "test", "greenhouse", "--headers", str(hired), "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["signature"].startswith(proof)
    assert found["events"][0]["event_id"] == "evt-461"
    assert found["events"][0]["unverified"] is True


def test_hints_ignored_and_rejected_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"type": "employee.created", "data": {"employeeId": "7"}}
    given_on_stdin(monkeypatch, json.dumps(good).encode())
    assert main(["sources", "test", "hibob"]) == SAME
    said = capsys.readouterr().out
    assert "hire (unverified): employee unknown (its own ID 7)" in said
    assert "its own ID alone leads to no account and is longer than the 16 characters of employeeId" in said
    given_on_stdin(monkeypatch, json.dumps({**good, "type": "employee.moved\x1b[2J"}).encode())
    assert main(["sources", "test", "hibob"]) == SAME
    assert "ignored: The event 'employee.moved[2J' is not one to act on." in capsys.readouterr().out
    given_on_stdin(monkeypatch, json.dumps({**good, "data": {}}).encode())
    assert main(["sources", "test", "hibob"]) == FAULT
    assert "rejected: The employee ID is missing" in capsys.readouterr().out
    given_on_stdin(monkeypatch, b"no json")
    assert main(["sources", "test", "hibob"]) == FAULT
    assert "rejected: The body is not JSON." in capsys.readouterr().out


def test_a_source_or_a_file_that_is_not_there_is_named(
    hired: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("Signature sha256\n")
    for arguments, said in (
        (["test", "dayforce"], "there is no source 'dayforce'"),
        (["test", "greenhouse", "--headers", str(tmp_path / "none")], "cannot be read (FileNotFoundError)"),
        (["test", "greenhouse", "--headers", str(bad)], "header 1 is not of the form"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["sources", *arguments])
        assert ended.value.code == FAULT
        assert said in capsys.readouterr().err


def test_the_list_tells_trust_proof_and_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HR_SECRET_GREENHOUSE", "very-secret")
    assert main(["sources", "list", "--json"]) == SAME
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert sorted(rows) == all_names()
    assert rows["greenhouse"]["secret_set"] is True
    assert (rows["lever"]["unverified"], rows["lever"]["auth"]) == (True, "hmac")
    assert rows["gusto"]["ids"] == "own ID (36 characters)"
    assert "HR_ID_ATTRIBUTE_GUSTO" in rows["gusto"]["note"]
    assert main(["sources", "list"]) == SAME
    said = capsys.readouterr().out
    assert "HR_SECRET_STANDARD_WEBHOOKS (not set)" in said
    assert "very-secret" not in said


def test_check_says_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    assert main(["sources", "check", str(tmp_path)]) == SAME
    assert "1 profiles" in capsys.readouterr().out
    (tmp_path / "broken.toml").write_text(GOOD.replace('auth = "hmac"', 'auth = "none"'))
    monkeypatch.setenv("HR_PROFILES_DIR", str(tmp_path))
    assert main(["sources", "check"]) == FAULT
    assert f"{tmp_path}/broken.toml:3: auth: Input should be" in capsys.readouterr().err
    assert main(["sources", "list"]) == FAULT
    assert "broken.toml:3" in capsys.readouterr().err
    assert main(["sources", "check", str(tmp_path / "none")]) == FAULT
    monkeypatch.setenv("HR_PROFILES_DIR", str(tmp_path / "none"))
    assert main(["sources", "check"]) == FAULT
    assert "names no directory" in capsys.readouterr().err
