"""What the README and docs/ tell a reader to type works, in that order, on a stack that was just started."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import ROOT, StackInfo
from local.stack_info import inherited, shell_lines
from provisioning.cli.environment import read_assignments
from tests import web
from tests.running_stack import ready_line, start_stack, stop_process, until

pytestmark = [pytest.mark.app, pytest.mark.skipif(shutil.which("curl") is None, reason="There is no curl on the path.")]

# A block that needs Azure is marked `shell`, and is not typed here.
BLOCK = re.compile(r"^```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = ("make ", "source .venv/")  # what starts the stack, and what the environment below stands for
# A reader is slower than the queue, and 2 is the exit code of a change.
SHIM = """#!/bin/sh
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
  "{python}" -m provisioning "$@"; code=$?
  [ "$code" = 2 ] && exit 0
  [ "$code" = 1 ] && [ "$1 $2" = "people show" ] && sleep 0.5 && continue
  exit "$code"
done
exit "$code"
"""


def blocks(path: Path) -> list[str]:
    """The shell blocks of a document, without the lines that make the environment."""
    found = (match["text"] for match in BLOCK.finditer(path.read_text(encoding="utf-8")))
    kept = ("".join(line for line in text.splitlines(True) if not line.startswith(ELSEWHERE)) for text in found)
    return [text for text in kept if text.strip()]


@pytest.fixture(scope="module")
def fresh() -> Iterator[StackInfo]:
    """A stack of its own, as `make up` leaves it."""
    process = start_stack("--longest-poll", "0.3", "--users", "20")
    try:
        yield ready_line(process)
    finally:
        stop_process(process)


@pytest.fixture(scope="module")
def shell(fresh: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a reader who did what `make up` says."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "mfa-preenroll").write_text(SHIM.format(python=sys.executable), encoding="utf-8")
    (folder / "mfa-preenroll").chmod(0o755)
    (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nnoproxy = *\n", encoding="utf-8")
    values = read_assignments(shell_lines(fresh), name="env")
    return {**inherited(), **values, "PATH": f"{folder}:{os.environ['PATH']}", "CURL_HOME": str(folder)}


def type_in(text: str, *, shell: dict[str, str]) -> str:
    """Run a block; an undefined variable, a failing command or an HTTP error ends it."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=ROOT,
        env=shell,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tour(shell: dict[str, str]) -> list[str]:
    """What the five minutes by hand of the README show, block by block."""
    return [type_in(text, shell=shell) for text in blocks(ROOT / "README.md")]


def test_the_five_minutes_by_hand(fresh: StackInfo, shell: dict[str, str], tour: list[str]) -> None:
    create, announce, _ = tour
    assert "6 to create, 0 to change, 0 to delete." in create
    assert "Employee 1187 is pending" in announce

    def invited() -> str | None:
        shown = type_in("mfa-preenroll people show 1187", shell=shell)
        return shown if "is invited" in shown else None

    assert "They are in the enrollment group" in until(invited)
    (group,) = web.get(f"{fresh.tenant}/_local/state").json()["groups"]
    assert len(group["members"]) > 0


@pytest.mark.usefixtures("tour")
@pytest.mark.parametrize("name", ["administration.md", "hr-systems.md"])
def test_what_a_document_shows_can_be_typed(fresh: StackInfo, shell: dict[str, str], name: str) -> None:
    """On the stack that the five minutes by hand have set up, once its first sweep has ended."""
    found = blocks(ROOT / "docs" / name)
    assert found
    headers = fresh.admin_headers
    until(lambda: web.get(f"{fresh.admin}/api/health", headers=headers).is_success or None)
    for text in found:
        type_in(text, shell=shell)


def test_every_document_with_something_to_type_is_tried() -> None:
    assert {path.name for path in (ROOT / "docs").glob("*.md") if blocks(path)} == {
        "administration.md",
        "hr-systems.md",
    }
