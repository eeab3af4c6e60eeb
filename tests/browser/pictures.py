"""`make pictures`: the page in some of its states, as pictures in `docs/images`, for README and the documents."""

import os
import sys

from local.stack import ROOT
from tests.browser.conftest import CHROMIUM, NO_BROWSER, SITE, launched_browser, serve_gallery

FOLDER = ROOT / "docs" / "images"
PHONE = {"width": 390, "height": 844}
BRAND = {
    "ORGANIZATION_NAME": "Example Ltd",
    "HELP_CONTACT": "it-help@example.com, +1 555 0100",
    "PRIVACY_URL": "https://example.com/privacy",
    "IMPRINT_URL": "https://example.com/legal",
}
# File, state, language, color scheme.
PICTURES = (
    ("page", "ready", "en", "light"),
    ("page-start", "start", "en", "light"),
    ("page-checking", "checking", "en", "light"),
    ("page-missing", "missing_pass_once", "en", "light"),
    ("page-phone-ends", "ready_phone", "en", "light"),
    ("page-unexpected", "unexpected", "en", "dark"),
    ("page-german", "ready", "de", "light"),
    ("page-french", "missing_pass", "fr", "dark"),
    ("page-arabic", "missing", "ar", "light"),
    ("handover", "handover", "en", "light"),
    ("handover-german", "handover", "de", "light"),
)


def main() -> int:
    """Take every picture; returns the exit code."""
    if CHROMIUM is None:
        print(NO_BROWSER, file=sys.stderr)
        return 1
    os.environ.update(BRAND)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with launched_browser() as browser:
        for name, state, language, scheme in PICTURES:
            context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
            serve_gallery(context)
            page = context.new_page()
            page.goto(f"{SITE}/{state}?lang={language}")
            page.screenshot(path=FOLDER / f"{name}.png")
            context.close()
            print(f"docs/images/{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
