"""The page's own style sheet, script and pictures: nothing is loaded from elsewhere.

Each is served under a name that holds a hash of its content, so that a browser may keep it for good.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from landing.brand import Brand, load_brand
from landing.remote_logo import page_settings
from landing.settings import PageSettings
from provisioning.http import Request, Response, error_response
from provisioning.services import Services

STATIC = Path(__file__).parent / "static"
NAME = re.compile(r"(page|board|handover|pass|icon|logo)\.(?:([0-9a-f]{12})\.)?(css|js|svg|png)")
FOR_GOOD = "public, max-age=31536000, immutable"
# A picture opened by itself is a document: it may show itself and do nothing.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True)
class Asset:
    """A file as it is served.

    Attributes:
        name: With a hash of the content.
        media_type: As the header says it.
        content: Its bytes.
    """

    name: str
    media_type: str
    content: bytes


async def serve(request: Request, *, services: Services) -> Response:
    """Answer with one of the known files; no name from outside ever becomes a path.

    A name of another version, which a page of before a deployment asks for, gets this version and is not kept.

    Raises:
        ConfigurationError: A setting of the page is wrong.
    """
    found = NAME.fullmatch(request.route.get("name", ""))
    asset = load_assets(await page_settings(services)).get(f"{found[1]}.{found[3]}") if found else None
    if asset is None:
        return error_response(404, "not_found", "There is no such file.")
    same = asset.name == request.route["name"]
    headers = {
        "Cache-Control": FOR_GOOD if same else "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if asset.media_type.startswith("image/"):
        headers["Content-Security-Policy"] = PICTURE_POLICY
    return Response(200, asset.content, media_type=asset.media_type, headers=headers)


@cache
def load_assets(settings: PageSettings) -> Mapping[str, Asset]:
    """Return the files by name without hash."""
    brand = load_brand(settings)
    files = {
        "page.css": ("text/css; charset=utf-8", style_sheet(brand)),
        "board.css": ("text/css; charset=utf-8", style_sheet(brand) + (STATIC / "board.css").read_bytes()),
        "handover.css": ("text/css; charset=utf-8", style_sheet(brand) + (STATIC / "handover.css").read_bytes()),
        "pass.js": ("text/javascript; charset=utf-8", (STATIC / "pass.js").read_bytes()),
        "page.js": ("text/javascript; charset=utf-8", (STATIC / "page.js").read_bytes()),
        "icon.svg": ("image/svg+xml", (STATIC / "icon.svg").read_bytes()),
    }
    if brand.logo is not None:
        files[f"logo.{brand.logo.suffix}"] = (brand.logo.media_type, brand.logo.content)
    return {name: Asset(hashed(name, content), kind, content) for name, (kind, content) in files.items()}


def hashed(name: str, content: bytes) -> str:
    """Return a file's name with a hash of its content."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"


def style_sheet(brand: Brand) -> bytes:
    """Return the style sheet with the brand's accent in both color schemes."""
    text = (STATIC / "page.css").read_text(encoding="utf-8")
    light, dark = (f"--accent:{item.color};--on-accent:{item.text}" for item in (brand.light, brand.dark))
    own = f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    return (own + text).encode()
