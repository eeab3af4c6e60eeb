"""The page's templates, and the headers of every page: values are escaped, nothing is kept, nothing foreign runs."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from landing.assets import Asset, load_assets
from landing.brand import Brand, load_brand
from landing.languages import choose_language, load_language
from landing.settings import PageSettings
from provisioning.http import Request, Response
from provisioning.languages import LANGUAGES, FormOfAddress, Language, find_language

if TYPE_CHECKING:
    from jinja2 import Environment

HTML = "text/html; charset=utf-8"
COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 3600
ASSETS = "/assets/"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}


@dataclass(frozen=True)
class Look:
    """Where a page's style, script and pictures come from.

    Attributes:
        icon: Address of the favicon.
        logo: Address of the logo, if there is one.
        sheet: Address of the style sheet.
        style: The style sheet itself, for a page that loads nothing.
        script: Address of the script, if the page has one.
        policy: The Content-Security-Policy that allows just that.
        referrer: Which address a browser tells of where a request comes from (the header Referrer-Policy).
    """

    icon: str
    logo: str | None
    policy: str
    sheet: str = ""
    style: Markup | None = None
    script: str = ""
    referrer: str = "no-referrer"


@dataclass(frozen=True)
class Site:
    """What every page of a deployment shares, in one language.

    Attributes:
        settings: As the environment has them.
        brand: Whose page it is.
        language: As the person reads it.
        chosen: The language that the person just chose, to be remembered.
    """

    settings: PageSettings
    brand: Brand
    language: Language
    chosen: str | None


def open_site(request: Request, settings: PageSettings) -> Site:
    """Return the site in the language that the request asks for."""
    brand = load_brand(settings)
    asked = find_language(request.query.get("lang", ""))
    tag = choose_language(
        asked=asked,
        remembered=read_cookie(request.headers.get("cookie", "")),
        header=request.headers.get("accept-language", ""),
        default=brand.default_language,
    )
    address = FormOfAddress(settings.address) if settings.address else None
    return Site(settings, brand, load_language(tag, address=address), asked)


def read_cookie(header: str) -> str | None:
    """Return the language that a person chose before."""
    for item in header.split(";"):
        name, _, value = item.strip().partition("=")
        if name == COOKIE:
            return value
    return None


@cache
def linked_look(settings: PageSettings, *, scripted: bool) -> Look:
    """Return the look of a page behind the sign-in, which loads its own files."""
    assets = load_assets(settings)
    logo = find_logo(assets)
    allowed = ["style-src 'self'", "img-src 'self'", *(["script-src 'self'", "connect-src 'self'"] if scripted else [])]
    return Look(
        icon=ASSETS + assets["icon.svg"].name,
        logo=ASSETS + logo.name if logo else None,
        sheet=ASSETS + assets["page.css"].name,
        script=ASSETS + assets["page.js"].name if scripted else "",
        policy=content_policy(*allowed),
    )


def with_forms(look: Look) -> Look:
    """Return a look whose page may send forms to this site."""
    return replace(look, policy=look.policy.replace("form-action 'none'", "form-action 'self'"))


@cache
def board_look(settings: PageSettings) -> Look:
    """Return the look of the board: the page's, with tables and forms of its own, and no script at all.

    With `no-referrer`, a browser sends a form with `Origin: null` (fetch.spec.whatwg.org, append a request Origin
    header), which neither Easy Auth nor we can tell from one of elsewhere.
    """
    page = linked_look(settings, scripted=False)
    sheet = ASSETS + load_assets(settings)["board.css"].name
    return replace(with_forms(page), sheet=sheet, referrer="same-origin")


@cache
def handover_look(settings: PageSettings, *, scripted: bool = True) -> Look:
    """Return the look of the page that hands a pass over: the page's, with a form and a script of its own."""
    page, assets = linked_look(settings, scripted=scripted), load_assets(settings)
    script = ASSETS + assets["pass.js"].name if scripted else ""
    return replace(page, sheet=ASSETS + assets["handover.css"].name, script=script)


@cache
def letter_look(settings: PageSettings) -> Look:
    """Return the look of the form that takes the code of a letter: it has no script, and sends to this site alone."""
    return with_forms(handover_look(settings, scripted=False))


@cache
def enclosed_look(settings: PageSettings) -> Look:
    """Return the look of a public page: it carries everything, so that one address is all that needs no sign-in."""
    assets = load_assets(settings)
    style = assets["page.css"].content
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    logo = find_logo(assets)
    return Look(
        icon=as_data(assets["icon.svg"]),
        logo=as_data(logo) if logo else None,
        style=Markup(style.decode()),  # noqa: S704 - our own file
        policy=content_policy(f"style-src 'sha256-{digest}'", "img-src data:"),
    )


def find_logo(assets: Mapping[str, Asset]) -> Asset | None:
    """Return the logo, whichever kind of file it is."""
    return assets.get("logo.svg") or assets.get("logo.png")


def as_data(asset: Asset) -> str:
    """Return a picture as an address that holds it."""
    return f"data:{asset.media_type};base64,{base64.b64encode(asset.content).decode()}"


def content_policy(*allowed: str) -> str:
    """Return a Content-Security-Policy that forbids everything else."""
    closed = ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
    return "; ".join(("default-src 'none'", *allowed, *closed))


def render(template: str, site: Site, *, look: Look, values: Mapping[str, object]) -> bytes:
    """Fill in a template.

    Args:
        template: Its file below `templates/`.
        site: Whose page it is, in which language.
        look: Where style and pictures come from.
        values: What else the template needs.
    """
    language, brand = site.language, site.brand
    own = {place: brand.own_text(place, language=language.tag) for place in ("start", "next", "help")}
    common = {
        "_": language.text,
        "ms": language.microsoft,
        "language": language,
        "languages": LANGUAGES,
        "brand": brand,
        "organization": Markup("<bdi>{}</bdi>").format(brand.organization),
        "look": look,
        "own": own,
    }
    return environment().get_template(template).render(common | dict(values)).encode()


def page_response(status: int, body: bytes, site: Site, *, look: Look) -> Response:
    """Return a page with its headers, and remember a language that was just chosen."""
    own = {"Content-Security-Policy": look.policy, "Referrer-Policy": look.referrer}
    headers = {**SECURITY_HEADERS, **own, "Content-Language": site.language.tag}
    if site.chosen is not None:
        headers["Set-Cookie"] = (
            f"{COOKIE}={site.chosen}; Max-Age={COOKIE_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Lax"
        )
    return Response(status, body, media_type=HTML, headers=headers)


@cache
def environment() -> "Environment":
    """Return the templates; every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["minute"] = utc_minute
    return made


def utc_minute(moment: datetime) -> str:
    """Return a time for a page that readers in every zone share."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
