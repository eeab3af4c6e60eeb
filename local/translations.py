"""`python -m local.translations`: brings the catalogs of the landing page up to date, and compiles them.

    extract  every sentence of the templates into every catalog; what is no longer used is dropped
    compile  landing.mo beside each landing.po, and dates.json from CLDR

Babel is needed here and not by the page, so it is not deployed. What it makes is in the repository; a test compares.
"""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import nodes

from landing.languages import DOMAIN, ENGLISH, LANGUAGES, LOCALES, MICROSOFT
from landing.rendering import environment
from landing.view import METHODS, OTHER_METHOD

TEMPLATES = LOCALES.parent / "templates"
UNVERIFIED = "unverified"  # a comment in the catalog
# English as an international organization writes it; CLDR's plain `en` is that of the United States.
CLDR_NAMES = {"en": "en-GB"}
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


def sentences(folder: Path = TEMPLATES) -> Iterator[tuple[str, str | None]]:
    """Find every sentence that a template or the list of methods has, with its context."""
    for path in sorted(folder.rglob("*.html")):
        tree = environment().parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in FUNCTIONS:
                sentence = call.args[0]
                assert isinstance(sentence, nodes.Const), f"{path.name}, line {call.lineno}: not a plain text"
                yield sentence.value, FUNCTIONS[call.node.name]
    for _, name in (*METHODS.values(), OTHER_METHOD):
        yield name, None


def catalog_files() -> list[Path]:
    """Return every catalog, those of another form of address included."""
    return sorted(LOCALES.glob(f"*/{DOMAIN}.po"))


def read_catalog(path: Path) -> Catalog:
    """Parse a catalog."""
    with path.open("rb") as file:
        return read_po(file, domain=DOMAIN)


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
    wanted = list(dict.fromkeys(sentences()))
    for path in catalog_files():
        old = read_catalog(path)
        keep_all = "@" not in path.parent.name
        new = Catalog(locale=old.locale, domain=DOMAIN, header_comment=old.header_comment, fuzzy=False)
        new.mime_headers = old.mime_headers
        for sentence, context in wanted:
            known = old.get(sentence, context)
            if known is not None or keep_all:
                new.add(sentence, known.string if known else "", context=context, user_comments=comments(known))
        path.write_bytes(as_po(new))


def comments(message: Message | None) -> Sequence[str]:
    """Return what translators noted."""
    return message.user_comments if message is not None else ()


def compile_all() -> None:
    """Write what the page reads."""
    for path in catalog_files():
        path.with_suffix(".mo").write_bytes(as_mo(read_catalog(path)))
    text = json.dumps(date_tables(), ensure_ascii=False, indent=1, sort_keys=True)
    (LOCALES / "dates.json").write_text(text + "\n", encoding="utf-8")


def date_tables() -> dict[str, dict[str, Any]]:
    """Return how each language writes days and times, as CLDR has it."""
    return {tag: date_table(Locale.parse(CLDR_NAMES.get(tag, tag), sep="-")) for tag in LANGUAGES}


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
    for message in read_catalog(LOCALES / tag / f"{DOMAIN}.po"):
        if message.id and UNVERIFIED in message.user_comments:
            yield f"{message.id}: {message.string or 'shown in English only'}"


def languages_document() -> str:
    """Return docs/languages.md: the languages, their forms of address, and what a native speaker should check."""
    rows = []
    for tag, name in LANGUAGES.items():
        others = [path.name.partition("@")[2] for path in LOCALES.glob(f"{tag}@*")]
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
