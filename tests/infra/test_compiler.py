"""`make bicep`: the real compiler where there is one, and a plain word where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .templates import ROOT


def run_with(compiler: str | None, folder: Path, *, name: str = "bicep") -> subprocess.CompletedProcess[str]:
    """Run the command with a compiler of this shell script, or with none, on the PATH."""
    if compiler is not None:
        program = folder / name
        program.write_text(f"#!/bin/sh\n{compiler}\n")
        program.chmod(0o755)
    command = [sys.executable, "-m", "local", "bicep"]
    environment = {**os.environ, "PATH": str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_without_a_compiler_it_says_that_nothing_was_compiled(tmp_path: Path) -> None:
    done = run_with(None, tmp_path)
    assert done.returncode == 0
    assert "nothing was compiled" in done.stdout


@pytest.mark.parametrize("name", ["bicep", "az"])
def test_a_clean_build_is_one(tmp_path: Path, name: str) -> None:
    done = run_with("echo '{}'", tmp_path, name=name)
    assert (done.returncode, done.stdout) == (0, "infra/main.bicep compiles without a warning.\n")


@pytest.mark.parametrize("level", ["Warning", "Error"])
def test_a_warning_is_an_error(tmp_path: Path, level: str) -> None:
    finding = f'main.bicep(3,7) : {level} no-unused-params: Parameter "x" is declared but never used.'
    done = run_with(f"echo '{finding}' >&2", tmp_path)
    assert done.returncode == 1
    assert finding in done.stderr


def test_a_compiler_that_fails_without_a_word_is_no_success(tmp_path: Path) -> None:
    assert run_with("exit 3", tmp_path).returncode == 1


@pytest.mark.skipif(not (shutil.which("bicep") or shutil.which("az")), reason="there is no Bicep compiler here")
def test_the_templates_compile() -> None:
    command = [sys.executable, "-m", "local", "bicep"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
