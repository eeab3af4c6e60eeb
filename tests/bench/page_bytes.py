"""Bytes of the landing page in its longest form with everything it loads."""

from landing.assets import STATIC
from landing.page import View, html
from tests.bench.figures import report


async def run() -> None:
    """HTML, style sheet and script."""
    view = View(
        "registered", "Example Ltd", "it-help@example.com", name="Mia Berg", methods=("Phone",), phone_only=True
    )
    assets = sum(path.stat().st_size for path in STATIC.iterdir())
    report(
        "page_bytes", 1, len(html(200, view).body) + assets, "bytes", note="HTML, style sheet and script, uncompressed"
    )
