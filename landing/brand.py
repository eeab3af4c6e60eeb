"""Whose page it is: name, logo, color, links and own sentences, as the settings say.

What cannot be used is left out and named in the log: a newcomer gets a plain page rather than none.
"""

import base64
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from landing.color import Accent, accent_on, read_color
from landing.contacts import Contact, read_contacts, web_address
from landing.settings import PageSettings
from provisioning.http import is_loopback
from provisioning.languages import find_language
from provisioning.log import EventLog

log = EventLog(__name__)

PACKAGE = Path(__file__).resolve().parent.parent
LARGEST_LOGO = 8 * 1024  # bytes; the whole page has 30 KiB, and a public page carries the logo inside
LONGEST_TEXT = 600  # characters
TEXTS = frozenset({"start", "next", "help"})
OWN_COLOR = (11, 92, 173)
PAPER_LIGHT, PAPER_DARK = (255, 255, 255), (20, 24, 29)  # as in static/page.css
DATA = "data:;base64,"
PNG = b"\x89PNG\r\n\x1a\n"
# What a picture does not need and what would run, load or expand something.
ACTIVE_SVG = re.compile(
    rb"<script|<foreignobject|<!entity|\son\w+\s*=|(href|src)\s*=\s*['\"]\s*(?!#|data:image/)", re.I
)


@dataclass(frozen=True)
class Logo:
    """A picture, checked.

    Attributes:
        suffix: svg or png.
        content: Its bytes.
    """

    suffix: str
    content: bytes

    @property
    def media_type(self) -> str:
        """What it is served as."""
        return "image/svg+xml" if self.suffix == "svg" else "image/png"


@dataclass(frozen=True)
class Brand:
    """What makes the page an organization's own.

    Attributes:
        organization: Its name.
        contacts: Where a person gets help.
        logo: Its logo, if there is one that can be used.
        light: The accent in the light color scheme.
        dark: The accent in the dark one.
        privacy: Address of the privacy notice.
        imprint: Address of the legal notice.
        texts: Own sentences by language and place (`start`, `next`, `help`).
        zone: The time zone of days and times.
        default_language: For a person whose browser asks for none that the page speaks.
        faults: What the settings hold that cannot be used, as sentences.
    """

    organization: str
    contacts: tuple[Contact, ...]
    logo: Logo | None
    light: Accent
    dark: Accent
    privacy: str | None
    imprint: str | None
    texts: Mapping[str, Mapping[str, str]]
    zone: ZoneInfo
    default_language: str
    faults: tuple[str, ...]

    def own_text(self, place: str, *, language: str) -> tuple[str, str] | None:
        """Return the organization's own sentence and its language: the page's, else the default one."""
        for tag in (language, self.default_language):
            if (text := self.texts.get(tag, {}).get(place)) is not None:
                return text, tag
        return None


@cache
def load_brand(settings: PageSettings) -> Brand:
    """Read the brand; what cannot be used is logged once."""
    faults: list[str] = []
    wanted = read_color(settings.color) if settings.color else OWN_COLOR
    if wanted is None:
        faults.append("The setting PAGE_COLOR is not a color such as #0b5cad; the page keeps its own color.")
        wanted = OWN_COLOR
    brand = Brand(
        organization=settings.organization,
        contacts=read_contacts(settings.help_contact),
        logo=read_page_logo(settings.logo_file, faults),
        light=accent_on(PAPER_LIGHT, wanted),
        dark=accent_on(PAPER_DARK, wanted),
        privacy=read_link("PRIVACY_URL", settings.privacy_url, faults),
        imprint=read_link("IMPRINT_URL", settings.imprint_url, faults),
        texts=read_texts(settings.texts_file, faults),
        zone=read_zone(settings.time_zone, faults),
        default_language=read_language(settings.default_language, faults),
        faults=tuple(faults),
    )
    for fault in faults:
        log.warning("page_setting_left_out", reason=fault)
    return brand


def read_language(tag: str, faults: list[str]) -> str:
    """Return the language of people whose browser asks for none that the page speaks."""
    found = find_language(tag)
    if found is None:
        faults.append("The setting DEFAULT_LANGUAGE names no language of the page; English is taken instead.")
    return found or "en"


def read_zone(name: str, faults: list[str]) -> ZoneInfo:
    """Return a time zone of the IANA database."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        faults.append("The setting TIME_ZONE names no time zone such as Europe/Berlin; UTC is taken instead.")
        return ZoneInfo("UTC")


def read_link(setting: str, value: str | None, faults: list[str]) -> str | None:
    """Return an https address, or None if there is none that can be used."""
    address = web_address(value)
    if value and address is None:
        faults.append(f"The setting {setting} is not an https address; the page shows no link for it.")
    return address


def read_file(setting: str, name: str, *, most: int, faults: list[str]) -> bytes | None:
    """Return a file of the package, or None if it cannot be read or is too large."""
    try:
        content = (PACKAGE / name).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        faults.append(f"The setting {setting} names a file that cannot be read ({reason}): {name}.")
        return None
    return content if is_small(setting, content, most=most, faults=faults) else None


def is_small(setting: str, content: bytes, *, most: int, faults: list[str]) -> bool:
    """Tell whether a file can be used; one that is too large is added to the faults."""
    if len(content) > most:
        faults.append(f"The file that {setting} names has {len(content)} bytes; at most {most} can be used.")
    return len(content) <= most


def is_address(name: str) -> bool:
    """Tell whether a logo is to be fetched: from an https address, or from this machine."""
    return web_address(name) is not None or is_loopback(name)


def read_page_logo(name: str | None, faults: list[str]) -> Logo | None:
    """Return the logo: an SVG without anything active, or a PNG.

    Args:
        name: A path in the package; or the logo itself as a data: address, which `landing.remote_logo` puts in place
            of the address that it was fetched from.
        faults: Gets what is wrong with it.
    """
    content = read_picture(name, faults) if name and not is_address(name) else None
    if content is None:
        return None
    if content.startswith(PNG):
        return Logo("png", content)
    if b"<svg" not in content[:2048]:
        faults.append("The file that PAGE_LOGO_FILE names is neither an SVG nor a PNG; the page shows no logo.")
        return None
    if ACTIVE_SVG.search(content):
        faults.append("The SVG that PAGE_LOGO_FILE names holds a script, a handler or a link; export it without.")
        return None
    return Logo("svg", content)


def read_picture(name: str, faults: list[str]) -> bytes | None:
    """Return the bytes of a logo, or None if they cannot be had."""
    if name.startswith(("http:", "https:")):
        faults.append("The address in PAGE_LOGO_FILE must be one of https; the page shows no logo.")
        return None
    if not name.startswith(DATA):
        return read_file("PAGE_LOGO_FILE", name, most=LARGEST_LOGO, faults=faults)
    try:
        content = base64.b64decode(name.removeprefix(DATA))
    except ValueError:
        faults.append("The data: address in PAGE_LOGO_FILE is not Base64; the page shows no logo.")
        return None
    return content if is_small("PAGE_LOGO_FILE", content, most=LARGEST_LOGO, faults=faults) else None


def read_texts(name: str | None, faults: list[str]) -> Mapping[str, Mapping[str, str]]:
    """Return the own sentences of a TOML file: a table for each language, with texts for some places."""
    content = read_file("PAGE_TEXTS_FILE", name, most=64 * 1024, faults=faults) if name else None
    if content is None:
        return {}
    try:
        tables: dict[str, Any] = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"The file that PAGE_TEXTS_FILE names is not TOML: {error}.")
        return {}
    texts: dict[str, dict[str, str]] = {}
    for language, table in tables.items():
        tag = find_language(language)
        if tag is None or not isinstance(table, dict):
            faults.append(f"The file that PAGE_TEXTS_FILE names has [{language}], which is no language of the page.")
            continue
        texts[tag] = {place: text for place, text in table.items() if is_text(tag, place, text, faults)}
    return texts


def is_text(language: str, place: str, text: object, faults: list[str]) -> bool:
    """Tell whether a sentence can be shown; what is wrong is added to the faults."""
    if place not in TEXTS:
        faults.append(f"PAGE_TEXTS_FILE, [{language}]: {place} is none of {', '.join(sorted(TEXTS))}.")
        return False
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_TEXT:
        faults.append(f"PAGE_TEXTS_FILE, [{language}]: {place} must be a text of 1 to {LONGEST_TEXT} characters.")
        return False
    return True
