"""The command line before anything runs: help, version, mistyped words, settings from a file, completion, packaging."""

import os
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from provisioning import __version__
from provisioning.cli.arguments import FAULT, options_of
from provisioning.cli.environment import load_env_file, read_assignments
from provisioning.cli.main import COMMANDS, SCRIPT, main, new_parser
from provisioning.cli.people import STATES
from provisioning.errors import Rejected
from provisioning.model.ledger import EnrollmentState

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def ended(*arguments: str) -> object:
    """The exit code of a command line that argparse ends."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--version") == 0
    assert capsys.readouterr().out == f"{SCRIPT} {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("aply",), "Did you mean apply?"),
        (("healht",), "Did you mean health?"),
        (("people", "shwo"), "Did you mean show?"),
        (("plan", "--jsno"), "Did you mean --json?"),
        (("plan", "--credential", "azz"), "invalid choice"),
        (("people", "list", "--state", "invitd"), "Did you mean invited?"),
    ],
)
def test_a_mistyped_word_gets_the_nearest_right_one(
    arguments: tuple[str, ...], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(*arguments) == FAULT
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("people",), ("operations",), ("sources",)])
def test_a_command_that_is_not_complete_shows_the_whole_help(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(*arguments) == FAULT
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "show this help message" in shown.err


def test_help_has_examples_and_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--help") == 0
    shown = capsys.readouterr().out
    assert "examples:\n  python -m provisioning plan" in shown
    assert "environment:\n  TENANT_ID" in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_verbose_and_env_file_may_stand_anywhere() -> None:
    given = new_parser().parse_args(["people", "show", "1187", "--verbose", "--env-file", "a"])
    assert (given.verbose, given.env_file) == (True, Path("a"))
    given = new_parser().parse_args(["--verbose", "--env-file", "a", "plan"])
    assert (given.verbose, given.env_file) == (True, Path("a"))
    given = new_parser().parse_args(["plan"])
    assert (given.verbose, given.env_file) == (False, None)


def test_every_state_but_the_inner_one_can_be_asked_for() -> None:
    assert set(STATES) == set(EnrollmentState) - {EnrollmentState.MATCHED}


def test_settings_come_from_a_file_and_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"TENANT_ID": "another", "KEPT": "1"})
    path = tmp_path / "env"
    path.write_text("# a comment\n\nexport TENANT_ID='a b'\nLANDING_URL=\"https://x\"\nEMPTY=\n", encoding="utf-8")
    load_env_file(path)
    assert os.environ == {"TENANT_ID": "a b", "KEPT": "1", "LANDING_URL": "https://x", "EMPTY": ""}


@pytest.mark.parametrize("line", ["s3cret", "A=1 s3cret", "A='s3cret", "1A=s3cret"])
def test_a_line_that_is_none_is_named_by_its_number_alone(line: str) -> None:
    with pytest.raises(Rejected, match=r"^Line 2 of env is not NAME=VALUE") as caught:
        read_assignments(f"A=1\n{line}\n", name="env")
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--env-file", str(tmp_path / "none")]) == FAULT
    assert "cannot be read (FileNotFoundError). Name a text file" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("mfa-preenroll", "operations", "people", "replay", "sources", "--plan-id"):
        assert word in script


def test_every_command_and_option_is_explained() -> None:
    parser = new_parser()
    assert len(set(options_of(parser))) > 15
    assert all(module.__doc__ for module in COMMANDS)


def test_the_console_script_is_there() -> None:
    module, _, function = PROJECT["project"]["scripts"][SCRIPT].partition(":")
    assert callable(getattr(import_module(module), function))


def test_everything_beside_the_code_is_packaged() -> None:
    """A file that the app reads and an installed command line lacks would be noticed late."""
    packaged = {pattern.removeprefix("*") for pattern in PROJECT["tool"]["setuptools"]["package-data"]["*"]}
    files = [path for folder in ("provisioning", "landing") for path in (ROOT / folder).rglob("*") if path.is_file()]
    others = {path.suffix for path in files if path.suffix not in (".py", ".pyc")}
    assert others <= packaged
