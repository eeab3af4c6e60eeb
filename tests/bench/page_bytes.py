"""Bytes of the landing page: the longest state in any language, with everything it loads; and the public page."""

from landing.assets import load_assets
from landing.settings import PageSettings
from landing.states import PageState
from provisioning.languages import LANGUAGES
from provisioning.settings import load
from tests.bench.figures import report
from tests.gallery import page_of, site_in, start_of


async def run() -> None:
    """HTML, style sheet, script and icon, uncompressed."""
    settings = load(PageSettings)
    assets = sum(len(asset.content) for asset in load_assets(settings).values())
    pages = {
        (len(page_of(state, site_in(tag, settings=settings)).body), str(state), tag)
        for state in PageState
        for tag in LANGUAGES
    }
    size, state, tag = max(pages)
    report("page_bytes", len(pages), size + assets, "bytes", note=f"the longest: {state} in {tag}, with what it loads")
    public = {(len(start_of(site_in(tag, settings=settings)).body), tag) for tag in LANGUAGES}
    size, tag = max(public)
    report("start_bytes", len(public), size, "bytes", note=f"the longest: {tag}; style and pictures are inside")
