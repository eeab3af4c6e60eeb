"""A person's language: which one, its sentences, and its days and times. The page and the messages speak it.

The sentences are gettext catalogs, compiled by `python -m local.translations`. Days and times come from tables that the
same command takes from CLDR, so that nothing of Babel is loaded, or deployed.
"""

import gettext
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

DATES = Path(__file__).parent / "locales" / "dates.json"
ENGLISH = "en"
# Every language by its BCP 47 tag, with the name its speakers give it.
LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt-BR": "Português (Brasil)",
    "pt-PT": "Português (Portugal)",
    "ja": "日本語",
    "ar": "العربية",
}
# CLDR takes Portuguese without a country for that of Brazil.
DEFAULT_OF = {"pt": "pt-BR"}
RIGHT_TO_LEFT = frozenset({"ar"})
TOKEN = re.compile(r"'([^']*)'|(EEEE|MMMM|M|HH|H|h|mm|d|y|a)")
MICROSOFT = "microsoft"  # the context of what Microsoft's own screens say


class FormOfAddress(StrEnum):
    """How a language that has both speaks to a person."""

    FORMAL = "formal"
    INFORMAL = "informal"


def find_language(wanted: str) -> str | None:
    """Return our tag for a BCP 47 tag: the same one, or the language without its country."""
    tags = {tag.casefold(): tag for tag in LANGUAGES} | DEFAULT_OF
    parts = wanted.strip().replace("_", "-").casefold().split("-")
    for length in range(len(parts), 0, -1):
        if (found := tags.get("-".join(parts[:length]))) is not None:
            return found
    return None


@dataclass(frozen=True)
class Language:
    """A language, ready to write in.

    Attributes:
        tag: BCP 47.
        translations: What each English sentence is in it.
        dates: The table of `dates.json`.
    """

    tag: str
    translations: gettext.NullTranslations
    dates: Mapping[str, Any]

    @property
    def direction(self) -> str:
        """The direction of its script, as HTML names it."""
        return "rtl" if self.tag in RIGHT_TO_LEFT else "ltr"

    def text(self, sentence: str, /, **values: object) -> Markup:
        """Return a sentence in this language; values are escaped unless they are markup."""
        translated = escape(self.translations.gettext(sentence))
        return translated % {name: escape(value) for name, value in values.items()} if values else translated

    def microsoft(self, name: str) -> Markup:
        """Return what Microsoft's screens call something: in this language, with the English in brackets.

        Those screens speak the language of the phone or browser, which may be another than the page's. A name that is
        not known in this language stays English.
        """
        english = Markup('<b lang="en" dir="ltr">{}</b>').format(name)
        translated = self.translations.pgettext(MICROSOFT, name)
        if translated == name or self.tag == ENGLISH:
            return english
        return Markup('<b>{}</b> (<bdi lang="en">{}</bdi>)').format(translated, name)

    def write_day(self, day: date) -> str:
        """Return a day with its weekday and year."""
        return self.fill(self.dates["day"], day=day)

    def write_time(self, moment: time) -> str:
        """Return a time of day in hours and minutes."""
        return self.fill(self.dates["time"], moment=moment)

    def write_moment(self, moment: datetime) -> str:
        """Return a day and a time of day."""
        both: str = self.dates["both"]
        return both.format(self.write_time(moment.time()), self.write_day(moment.date()))

    def fill(self, pattern: str, *, day: date = date.min, moment: time = time.min) -> str:
        """Fill in a pattern of CLDR (unicode.org/reports/tr35/tr35-dates.html)."""
        values: dict[str, Callable[[], object]] = {
            "EEEE": lambda: self.dates["weekdays"][day.weekday()],
            "MMMM": lambda: self.dates["months"][day.month - 1],
            "M": lambda: f"{day.month}",
            "d": lambda: f"{day.day}",
            "y": lambda: f"{day.year}",
            "HH": lambda: f"{moment.hour:02}",
            "H": lambda: f"{moment.hour}",
            "h": lambda: f"{moment.hour % 12 or 12}",
            "mm": lambda: f"{moment.minute:02}",
            "a": lambda: self.dates["halves"][moment.hour // 12],
        }
        return TOKEN.sub(lambda found: str(values[found[2]]()) if found[2] else found[1], pattern)


@dataclass(frozen=True)
class Catalogs:
    """The translations of one part of the product.

    Args:
        folder: It has a folder for each language, and one such as `de@informal` for another form of address.
        domain: The name of the catalog in each of them.
    """

    folder: Path
    domain: str

    def path(self, tag: str) -> Path:
        """Return where the compiled catalog of a language is."""
        return self.folder / tag / f"{self.domain}.mo"


@cache
def speak(tag: str, catalogs: Catalogs, *, address: FormOfAddress | None = None) -> Language:
    """Load a language.

    Args:
        tag: One of LANGUAGES.
        catalogs: Whose sentences.
        address: How to speak to the person, where the language has both; None for what is usual in it.
    """
    translations = read_translations(catalogs.path(tag))
    other = catalogs.path(f"{tag}@{address}") if address is not None else None
    if other is not None and other.is_file():
        spoken = read_translations(other)
        spoken.add_fallback(translations)
        translations = spoken
    return Language(tag, translations, date_tables()[tag])


@cache
def date_tables() -> Mapping[str, Any]:
    """Return how each language writes days and times."""
    tables: Mapping[str, Any] = json.loads(DATES.read_text(encoding="utf-8"))
    return tables


def read_translations(path: Path) -> gettext.NullTranslations:
    """Read a compiled catalog; English needs none."""
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)
