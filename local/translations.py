"""`python -m local.translations`: brings the catalogs of the page and of the messages up to date, and compiles them.

    extract  every sentence of the templates into every catalog; what is no longer used is dropped
    compile  the .mo beside each .po, and dates.json and zones.json from CLDR

Babel is needed here and not by the product, so it is not deployed. What it makes is in the repository; a test compares.
"""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from landing.languages import PAGE
from landing.view import METHODS, OTHER_METHOD
from provisioning.languages import DATES, ENGLISH, LANGUAGES, MICROSOFT, Catalogs
from provisioning.messages.rendering import SENTENCES
from provisioning.time_zones import ZONES

UNVERIFIED = "unverified"  # a comment in the catalog
# English as an international organization writes it; CLDR's plain `en` is that of the United States.
CLDR_NAMES = {"en": "en-GB"}
NOWHERE = frozenset({"001", "ZZ"})  # zones of the sea, and of no known country
# Countries of several times whose people nearly all live in one (CLDR, supplemental/metaZones.xml, primaryZones).
PRIMARY_ZONES = {
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "MH": "Pacific/Majuro",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kiev",
    "UZ": "Asia/Tashkent",
}
HEAD = """# Languages of the landing page

<!-- Made by `make documents` from landing/locales. -->

A person gets the language they chose on the page, else the first one their browser asks for that is listed here, else
`DEFAULT_LANGUAGE`. `FORM_OF_ADDRESS` chooses between formal and informal where a language has another form than its
usual one.

| tag | language | other form of address |
|---|---|---|
"""
CHECK = """

## What a native speaker should check

The makers of the product translated every sentence; no native speaker has read them. Correct `landing.po` in
`landing/locales`, and run `make translations`.

The names of Microsoft's buttons and pages come from Microsoft's own localized pages, and the page shows the English
beside them. These could not be found there; compare them with a real screen:

"""
FUNCTIONS = {"_": None, "ms": MICROSOFT}


@dataclass(frozen=True)
class Part:
    """A part of the product that has sentences of its own.

    Attributes:
        catalogs: Where its translations are; the templates are in the folder beside them.
        names: What its code names beside what its templates say.
    """

    catalogs: Catalogs
    names: tuple[str, ...] = ()


PARTS = (Part(PAGE, tuple(name for _, name in (*METHODS.values(), OTHER_METHOD))), Part(SENTENCES))


def sentences(part: Part) -> Iterator[tuple[str, str | None]]:
    """Find every sentence that a template or the code of a part has, with its context."""
    environment = Environment(autoescape=True)
    for path in sorted((part.catalogs.folder.parent / "templates").rglob("*.html")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in FUNCTIONS:
                sentence = call.args[0]
                assert isinstance(sentence, nodes.Const), f"{path.name}, line {call.lineno}: not a plain text"
                yield sentence.value, FUNCTIONS[call.node.name]
    for name in part.names:
        yield name, None


def catalog_files() -> list[Path]:
    """Return every catalog, those of another form of address included."""
    return [path for part in PARTS for path in files_of(part)]


def files_of(part: Part) -> list[Path]:
    """Return the catalogs of one part."""
    return sorted(part.catalogs.folder.glob(f"*/{part.catalogs.domain}.po"))


def read_catalog(path: Path) -> Catalog:
    """Parse a catalog."""
    with path.open("rb") as file:
        return read_po(file, domain=path.stem)


def settle(catalog: Catalog) -> Catalog:
    """Put nothing into a header that changes by itself: one state of the catalogs has one form."""
    catalog.project, catalog.version = "mfa-pre-enrollment", "1"
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """Write a catalog as text, always in the same way."""
    written = io.BytesIO()
    write_po(written, settle(catalog), width=0, sort_output=False, omit_header=False, include_lineno=False)
    return written.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """Compile a catalog."""
    written = io.BytesIO()
    write_mo(written, settle(catalog))
    return written.getvalue()


def extract() -> None:
    """Bring every catalog up to date. One of another form of address holds only what differs."""
    for part in PARTS:
        wanted = list(dict.fromkeys(sentences(part)))
        for path in files_of(part):
            path.write_bytes(as_po(up_to_date(read_catalog(path), wanted, keep_all="@" not in path.parent.name)))


def up_to_date(old: Catalog, wanted: Sequence[tuple[str, str | None]], *, keep_all: bool) -> Catalog:
    """Return a catalog with just the sentences that are wanted, or with those of them that it has."""
    new = Catalog(locale=old.locale, domain=old.domain, header_comment=old.header_comment, fuzzy=False)
    new.mime_headers = old.mime_headers
    for sentence, context in wanted:
        known = old.get(sentence, context)
        if known is not None or keep_all:
            new.add(sentence, known.string if known else "", context=context, user_comments=comments(known))
    return new


def comments(message: Message | None) -> Sequence[str]:
    """Return what translators noted."""
    return message.user_comments if message is not None else ()


def compile_all() -> None:
    """Write what the page reads."""
    for path in catalog_files():
        path.with_suffix(".mo").write_bytes(as_mo(read_catalog(path)))
    for path, table in ((DATES, date_tables()), (ZONES, zone_tables())):
        text = json.dumps(table, ensure_ascii=False, indent=1, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")


def date_tables() -> dict[str, dict[str, Any]]:
    """Return how each language writes days and times, as CLDR has it."""
    return {tag: date_table(Locale.parse(CLDR_NAMES.get(tag, tag), sep="-")) for tag in LANGUAGES}


def zone_tables() -> dict[str, dict[str, str]]:
    """Return the zone of each Windows name, and of each country that has one time, as CLDR has them."""
    countries = {code: zones for code, zones in get_global("territory_zones").items() if code not in NOWHERE}
    found = {code: zone for code, zones in countries.items() if (zone := only_zone(code, zones))}
    return {"windows": dict(get_global("windows_zone_mapping")), "countries": found}


def only_zone(code: str, zones: Sequence[str]) -> str | None:
    """Return the zone of a country: CLDR's primary one, or the first where all of them show one time the year round."""
    if code in PRIMARY_ZONES:
        return PRIMARY_ZONES[code]
    moments = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7)]
    offsets = {tuple(moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in moments) for zone in zones}
    return zones[0] if len(offsets) == 1 else None


def date_table(locale: Locale) -> dict[str, Any]:
    """Return the patterns and names of one language."""
    pattern = locale.time_formats["short"].pattern.replace("\u202f", " ")
    halves = locale.day_periods["format"]["abbreviated"] if "a" in pattern else {}
    return {
        "both": str(locale.datetime_formats["medium"]),
        "day": locale.date_formats["full"].pattern,
        "time": pattern,
        "weekdays": [locale.days["format"]["wide"][number] for number in range(7)],
        "months": [locale.months["format"]["wide"][number] for number in range(1, 13)],
        "halves": [halves[half] for half in ("am", "pm") if half in halves],
    }


def unverified(tag: str) -> Iterator[str]:
    """List the names of Microsoft's screens that nobody could check in one language."""
    for message in read_catalog(PAGE.path(tag).with_suffix(".po")):
        if message.id and UNVERIFIED in message.user_comments:
            yield f"{message.id}: {message.string or 'shown in English only'}"


def languages_document() -> str:
    """Return docs/languages.md: the languages, their forms of address, and what a native speaker should check."""
    rows = []
    for tag, name in LANGUAGES.items():
        others = [path.name.partition("@")[2] for path in PAGE.folder.glob(f"{tag}@*")]
        rows.append(f"| `{tag}` | {name} | {', '.join(others)} |")
    lists = [
        "\n".join((f"### {name}", "", *(f"- {item}" for item in unverified(tag))))
        for tag, name in LANGUAGES.items()
        if tag != ENGLISH
    ]
    return HEAD + "\n".join(rows) + CHECK + "\n\n".join(lists) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    if list(arguments) == ["extract"]:
        extract()
    elif list(arguments) == ["compile"]:
        compile_all()
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
