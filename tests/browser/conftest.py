"""A real Chromium, and the page's states in it without a host: the bytes and headers that the page itself renders."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect, sync_playwright

from landing.assets import load_assets
from landing.rendering import ASSETS
from landing.settings import PageSettings
from provisioning.languages import Language
from provisioning.settings import load
from tests.gallery import PAGES, page_named, site_in

# The headless shell is Chromium without the parts that only a window needs, which are half of the work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# Without these, Chromium asks its maker's servers for updates at every start.
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SITE = "https://enroll.example.com"
NO_BROWSER = "There is no Chromium on the path. On Debian: apt install chromium-headless-shell (Ubuntu: chromium)"

expect.set_options(timeout=30_000)  # milliseconds; as long as a click waits


@contextmanager
def launched_browser() -> Iterator[Browser]:
    """A Chromium that is closed at the end."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield launched
        launched.close()


@pytest.fixture(scope="module")  # an event loop runs as long as it lives, beside which no async test can run
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(NO_BROWSER)
    with launched_browser() as launched:
        yield launched


def serve_gallery(
    context: BrowserContext,
    *,
    settings: PageSettings | None = None,
    change: Callable[[Language], Language] | None = None,
) -> None:
    """Answer every request of a browser with what the page renders: `/missing?lang=de` is that state in German."""
    settings = settings or load(PageSettings)

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        tag = parse_qs(address.query).get("lang", ["en"])[0]
        if address.path.startswith(ASSETS):
            found = {asset.name: asset for asset in load_assets(settings).values()}[address.path.removeprefix(ASSETS)]
            route.fulfill(body=found.content, headers={"Content-Type": found.media_type})
            return
        site = site_in(tag, settings=settings)
        site = replace(site, language=change(site.language)) if change else site
        name = address.path.removeprefix("/")
        if name not in PAGES:
            route.fulfill(status=404, body="")
            return
        page = page_named(name, site)
        headers = {**page.headers, "Content-Type": page.media_type}
        route.fulfill(status=page.status, body=page.body, headers=headers)

    context.route("**/*", answer)
