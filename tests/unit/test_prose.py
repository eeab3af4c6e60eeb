"""Prose reads as Microsoft's pages do: it names who acts, in words that need no second reading."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# An admin, a person, an attacker, a caller: each can be named.
RIDDLES = re.compile(r"(?<![a-z])(some(body)|who(m|ever|mever))(?![a-z])", re.IGNORECASE)
FOLDERS = ("docs", "infra", "landing", "local", "provisioning", "tests")
KINDS = ("*.py", "*.html", "*.md", "*.bicep", "*.kql", "*.js", "*.toml")


def written_files() -> list[Path]:
    """Return every file of ours with sentences in it."""
    below = (path for folder in FOLDERS for kind in KINDS for path in (ROOT / folder).rglob(kind))
    return [path for path in (*ROOT.glob("*.md"), *ROOT.glob("*.py"), *below) if path != Path(__file__)]


def riddles_in(text: str) -> list[str]:
    """Return the lines of a text that name nobody."""
    return [line.strip() for line in text.splitlines() if RIDDLES.search(line)]


def test_every_sentence_names_who_acts() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in written_files()
        if (lines := riddles_in(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["Whoever has it may act.", "the person to " + "whom it goes", "some" + "body's key", "def ask_who" + "ever_may()"],
)
def test_a_riddle_is_found(line: str) -> None:
    assert riddles_in(f"A sentence.\n{line}\nAnother.") == [line]
