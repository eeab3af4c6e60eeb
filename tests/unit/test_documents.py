"""The documents: those made from the code are current, every link leads somewhere, every setting and command exists."""

import argparse
import re
from pathlib import Path

import pytest

from local.documents import DOCUMENTS
from local.roles import ROLES
from provisioning.cli.main import SCRIPT, new_parser
from provisioning.hr_settings import source_setting
from provisioning.webhooks.sources.registry import all_names

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "infra").glob("*.md"), ROOT / "tests/README.md"]
)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#(?P<anchor>[^)]+))?\)|\]\(#(?P<own>[^)]+)\)|src=\"(?P<image>[^\"]+)\"")
COMMAND = re.compile(rf"(?:{SCRIPT}|python -m provisioning) (?P<words>[a-z]+(?: [a-z]+)?)")


def ids(path: object) -> str:
    return Path(str(path)).relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_made_from_the_code_is_current(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == DOCUMENTS[path](), "run: make documents"


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    for match in LINK.finditer(page.read_text(encoding="utf-8")):
        target = match["target"] or match["image"] or ""
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        anchor = match["anchor"] or match["own"]
        assert anchor is None or anchor in anchors(there), f"{target}#{anchor}"


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a parser's sub-commands, by name."""
    found = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_that_is_named_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return
    commands = subcommands(new_parser())
    for match in COMMAND.finditer(page.read_text(encoding="utf-8")):
        command, *action = match["words"].split()
        assert command in commands, match[0]
        inner = subcommands(commands[command])
        if inner and action:
            assert action[0] in inner, match[0]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {str(f.validation_alias) for kinds in ROLES.values() for kind in kinds for f in kind.model_fields.values()}
    known |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "infra/main.parameters.json").read_text("utf-8")))
    for prefix in ("HR_SECRET", "HR_ID_ATTRIBUTE", "HR_HEADER", "HR_FIELDS"):
        known |= {f"{prefix}_", *(source_setting(prefix, name) for name in all_names())}
    named = re.findall(
        r"`((?:HR|SWEEP|SCOPE|ENROLL|BREAK_GLASS|POLICY|REGISTRATION|ACKNOWLEDGE)_[A-Z_]+)", page.read_text("utf-8")
    )
    if page.name != "CHANGELOG.md":
        assert set(named) - known == set()


def test_the_readme_is_short_and_says_its_status_on_the_first_screen() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 950
    assert "never run against a live tenant" in "\n".join(text.splitlines()[:20])
