"""axe-core, the engine that looks for what WCAG forbids and a program can see: installed once by npm, run in a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from playwright.sync_api import Page

from local.npm import NpmPackage, install_package
from local.stack import ROOT

AXE = NpmPackage("axe-core", "4.14.1", title="axe-core", main="axe.min.js")
FOLDER = ROOT / ".local" / "axe"
# WCAG 2.2 at level AA, all levels below it, and what axe's makers advise beside it.
EVERYTHING = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLORS = ("color-contrast", "link-in-text-block")  # the rules of these that look at colors
RUN = """rules => axe.run(document, {
  runOnly: rules,
  resultTypes: ["violations", "incomplete"],
}).then(found => JSON.stringify({
  passes: found.passes.length,
  violations: found.violations.map(rule => [rule.id, rule.nodes.map(node => node.html)]),
  incomplete: found.incomplete.map(rule => [rule.id, rule.nodes.map(node => node.html)]),
}))"""


@dataclass(frozen=True)
class Findings:
    """What axe found on a page.

    Attributes:
        passes: How many rules had something to look at and found nothing.
        violations: Rules that are broken, with the elements.
        incomplete: Rules that a person would have to look at.
    """

    passes: int
    violations: list[Any]
    incomplete: list[Any]


@cache
def source() -> str:
    """Axe's own script, installed unless it is there."""
    package = install_package(AXE, FOLDER)
    return (package / AXE.main).read_text(encoding="utf-8")


def run_axe(page: Page, rules: Sequence[str] = EVERYTHING) -> Findings:
    """Run every rule of WCAG 2.2 AA on a page once its style is there, or some of them."""
    page.wait_for_load_state()
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(source())
    return Findings(**json.loads(page.evaluate(RUN, list(rules))))
