"""Every state of the page in a real browser: accessible, readable in every size and color scheme, without a script."""

import re
from collections.abc import Iterator
from dataclasses import replace
from gettext import NullTranslations
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request

from provisioning.languages import Language
from tests.browser.axe import COLORS, EVERYTHING, run_axe
from tests.browser.conftest import SITE, serve_gallery
from tests.gallery import PAGES

pytestmark = pytest.mark.browser

LANGUAGES = ["en", "de", "ar"]
SOME = ["start", "ready", "missing", "unexpected", "wrong_tenant"]
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}  # 1280 pixels at 400 % (WCAG 2.2, 1.4.10)


@pytest.fixture(scope="module", params=[{}])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """One for all tests that want the same kind of screen: opening one takes longer than most of them."""
    options: dict[str, Any] = {"viewport": PHONE, **request.param}
    opened = browser.new_context(**options)
    serve_gallery(opened)
    yield opened
    opened.close()


def open_page(context: BrowserContext, name: str, *, language: str = "en") -> Page:
    """Open a state in the only tab; its console must stay clean, since a refused style or script shows there."""
    page = context.pages[0] if context.pages else context.new_page()
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            faults.append(message.text)

    def fail(error: Error) -> None:
        faults.append(str(error))

    page.emulate_media(color_scheme="light")
    page.on("pageerror", fail)
    page.on("console", note)
    page.goto(f"{SITE}/{name}?lang={language}")
    page.remove_listener("pageerror", fail)
    page.remove_listener("console", note)
    assert faults == []
    return page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_either_color_scheme(context: BrowserContext, name: str, language: str) -> None:
    """WCAG 2.2 AA and best practice, with nothing left for a person to look at; a dark scheme changes colors alone."""
    page = open_page(context, name, language=language)
    page.locator("details.languages").evaluate("element => { element.open = true }")
    found = run_axe(page, EVERYTHING)
    assert found.passes > 15, "axe must have looked at something"
    page.emulate_media(color_scheme="dark")
    dark = run_axe(page, COLORS)
    assert dark.passes > 0, "axe must have looked at something"
    assert [*found.violations, *dark.violations] == []
    assert [*found.incomplete, *dark.incomplete] == []
    check_structure(page, language)


def check_structure(page: Page, language: str) -> None:
    """What axe does not ask: language, title of its own, one h1, no left out level, targets large enough."""
    assert page.locator("html").get_attribute("lang") == language
    heading = page.locator("h1").text_content() or ""
    assert page.title().startswith(heading)
    levels = [int(tag[1]) for tag in page.locator("h1,h2,h3").evaluate_all("all => all.map(e => e.tagName)")]
    assert all(after - before <= 1 for before, after in pairwise(levels)), "a heading level is left out"
    for target in page.locator(".action, .languages summary, .languages a, .contacts a").filter(visible=True).all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44, "a target smaller than 44 CSS pixels"


@pytest.mark.parametrize("context", [{"viewport": NARROW}], indirect=True, scope="module")
@pytest.mark.parametrize("language", ["de", "ar", "ja"])
@pytest.mark.parametrize("name", SOME)
def test_at_400_percent_nothing_scrolls_sideways(context: BrowserContext, name: str, language: str) -> None:
    page = open_page(context, name, language=language)
    page.locator("details.languages").evaluate("element => { element.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], "with text at 200 %"


@pytest.mark.parametrize("context", [{"forced_colors": "active"}], indirect=True, scope="module")
@pytest.mark.parametrize("name", ["start", "ready", "missing", "unexpected"])
def test_in_forced_colors_boxes_and_buttons_keep_their_edges(context: BrowserContext, name: str) -> None:
    """A person's own colors replace ours, so nothing may depend on a background."""
    page = open_page(context, name)
    for part in page.locator(".outcome, .action").all():
        width = part.evaluate("element => parseFloat(getComputedStyle(element).borderTopWidth)")
        assert width >= 1
    assert page.locator("svg").first.evaluate("element => getComputedStyle(element).stroke") != "none"


def test_nothing_moves(context: BrowserContext) -> None:
    """Reduced motion needs nothing where there is none (WCAG 2.2, 2.3.3)."""
    page = open_page(context, "checking")
    style = "getComputedStyle(e)"
    moving = f"all => all.filter(e => {style}.animationName !== 'none' || {style}.transitionDuration !== '0s').length"
    assert page.locator("*").evaluate_all(moving) == 0


@pytest.mark.parametrize("name", SOME)
def test_everything_is_reached_by_keyboard_in_order_and_seen(context: BrowserContext, name: str) -> None:
    page = open_page(context, name)
    expected = page.locator("a[href]:visible, summary").count()
    seen: list[float] = []
    for _ in range(expected):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => { const e = document.activeElement, box = e.getBoundingClientRect(), s = getComputedStyle(e);
            return [e.tagName, box.top + scrollY, s.outlineStyle, parseFloat(s.outlineWidth)] }"""
        )
        assert focused[0] in ("A", "SUMMARY")
        assert focused[2] == "solid"
        assert focused[3] >= 2
        seen.append(focused[1])
    assert len(seen) == expected
    main = [top for top in seen if top > 100]
    assert all(after >= before - 60 for before, after in pairwise(main)), "the order of focus is that of the page"


def test_the_language_switch_opens_by_keyboard(context: BrowserContext) -> None:
    page = open_page(context, "ready")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.lang") == "de"
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/?lang=de"


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True, scope="module")
@pytest.mark.parametrize("name", ["checking", "slow", "trouble", "missing", "ready_phone"])
def test_without_a_script_everything_is_there(context: BrowserContext, name: str) -> None:
    page = open_page(context, name)
    assert page.locator("h1").is_visible()
    assert page.get_by_role("heading", name="Help", exact=True).is_visible()
    assert page.get_by_role("link", name="Check again").is_visible()


def test_the_public_page_asks_for_nothing_but_itself(context: BrowserContext) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    context.on("request", note)
    open_page(context, "start")
    context.remove_listener("request", note)
    assert [url for url in asked if not url.startswith("data:")] == [f"{SITE}/start?lang=en"]


class Pseudo(NullTranslations):
    """Every sentence longer by a third and with marks around it: what is not translated shows, and what is cut."""

    def gettext(self, message: str) -> str:
        longer = re.sub(r"(?<![(%\w])[aeiou](?![\w]*\))", lambda found: found[0] * 2, message)
        return f"⟦{longer} {'·' * (len(message) // 4)}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


def pseudo(language: Language) -> Language:
    """A language that nobody speaks."""
    return replace(language, translations=Pseudo())


@pytest.fixture(scope="module")
def pseudo_context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
    serve_gallery(context, change=pseudo)
    yield context
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_in_a_language_nobody_speaks_no_sentence_is_left_in_english(pseudo_context: BrowserContext, name: str) -> None:
    page = open_page(pseudo_context, name, language="en")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    texts: list[str] = page.locator("h1, h2, p, li, summary, a.action").evaluate_all(
        "all => all.map(e => e.innerText.trim()).filter(Boolean)"
    )
    languages = set(page.locator(".languages a").all_text_contents())
    left = [text for text in texts if "⟦" not in text and text not in languages and text not in ("Your organization",)]
    assert left == []
