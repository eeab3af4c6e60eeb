"""The page's languages: which one a person gets, complete catalogs, and days as CLDR writes them."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel import Locale
from babel.dates import format_date, format_time
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from landing.languages import accepted_languages, choose_language, load_language
from local import translations
from local.translations import PARTS, Part
from provisioning.languages import DATES, LANGUAGES, FormOfAddress, find_language
from provisioning.time_zones import ZONES

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
# The same in many languages, or a name that is never translated.
SAME = {"Microsoft Authenticator", "Windows Hello for Business", "Passkey", "Privacy", "Account: %(account)s"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pt", "pt-BR"),
        ("pt-PT,pt;q=0.9", "pt-PT"),
        ("pt-AO", "pt-BR"),
        ("zh-CN,zh;q=0.9,ja;q=0.1", "ja"),
        ("en;q=0.1, FR-ca;q=0.5", "fr"),
        ("fr;q=0, nl", "nl"),
        ("ar-EG", "ar"),
        ("*", "it"),
        ("", "it"),
        ("zh-Hant-TW", "it"),
        ("de;q=x, nl;q=0.1", "nl"),
        (";;;,,,q=1", "it"),
    ],
)
def test_the_browsers_wishes_in_their_order(header: str, expected: str) -> None:
    assert choose_language(asked=None, remembered=None, header=header, default="it") == expected


def test_what_the_person_chose_comes_first_and_nonsense_does_not_count() -> None:
    assert choose_language(asked="ja", remembered="pl", header="de", default="en") == "ja"
    assert choose_language(asked=None, remembered="pl", header="de", default="en") == "pl"
    assert choose_language(asked="../../etc", remembered='"><script>', header="de", default="en") == "de"
    assert choose_language(asked=None, remembered=None, header="", default="tlh") == "en"


@given(st.text())
def test_no_header_is_an_error(header: str) -> None:
    assert all(isinstance(tag, str) for tag in accepted_languages(header))
    assert choose_language(asked=header, remembered=header, header=header, default=header) in LANGUAGES
    assert find_language(header) in {None, *LANGUAGES}


def translated() -> list[str]:
    """Every language but English, which the sentences are in."""
    return [tag for tag in LANGUAGES if tag != "en"]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.catalogs.domain)
@pytest.mark.parametrize("tag", translated())
def test_every_sentence_is_translated_and_none_is_left_over(tag: str, part: Part) -> None:
    catalog = translations.read_catalog(part.catalogs.path(tag).with_suffix(".po"))
    wanted = set(translations.sentences(part))
    found = {(message.id, message.context) for message in catalog if message.id}
    assert found == wanted, "run: python -m local.translations extract"
    missing = [
        message.id
        for message in catalog
        if message.id and not message.string and translations.UNVERIFIED not in message.user_comments
    ]
    assert missing == []
    english = [
        message.id for message in catalog if message.id and message.string == message.id and message.id not in SAME
    ]
    assert english == []


def name_of(path: Path) -> str:
    return f"{path.stem}-{path.parent.name}"


@pytest.mark.parametrize("path", translations.catalog_files(), ids=name_of)
def test_translations_keep_what_is_filled_in(path: Path) -> None:
    for message in translations.read_catalog(path):
        if message.id and message.string:
            assert isinstance(message.id, str)
            assert isinstance(message.string, str)
            assert Counter(PLACEHOLDER.findall(message.string)) == Counter(PLACEHOLDER.findall(message.id)), message.id
            assert not re.search(r"[<>&]|%(?!\()", message.string), f"markup in a translation: {message.string}"


@pytest.mark.parametrize("path", translations.catalog_files(), ids=name_of)
def test_what_the_page_reads_is_what_the_catalog_says(path: Path) -> None:
    compiled = GNUTranslations(BytesIO(path.with_suffix(".mo").read_bytes()))
    expected = GNUTranslations(BytesIO(translations.as_mo(translations.read_catalog(path))))
    differing = without_header(compiled) ^ without_header(expected)
    assert not differing, "run: python -m local.translations compile"


def without_header(catalog: GNUTranslations) -> set[tuple[str, str]]:
    items: dict[str, str] = catalog._catalog  # type: ignore[attr-defined]
    return {(key, value) for key, value in items.items() if key}


def test_the_tables_of_days_are_cldrs() -> None:
    stored = json.loads(DATES.read_text(encoding="utf-8"))
    assert stored == translations.date_tables(), "run: python -m local.translations compile"
    zones = json.loads(ZONES.read_text(encoding="utf-8"))
    assert zones == translations.zone_tables(), "run: python -m local.translations compile"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_days_and_times_are_written_as_babel_writes_them(tag: str) -> None:
    language = load_language(tag)
    locale = Locale.parse(translations.CLDR_NAMES.get(tag, tag), sep="-")
    for ahead in range(0, 400, 7):
        day = date(2026, 11, 1) + timedelta(days=ahead)
        assert language.write_day(day) == format_date(day, "full", locale)
    for hour in range(24):
        moment = datetime(2026, 11, 30, hour, 5, tzinfo=UTC)
        expected = format_time(moment, "short", tzinfo=UTC, locale=locale).replace("\u202f", " ")
        assert language.write_time(time(hour, 5)) == expected


def test_days_in_words() -> None:
    day = date(2026, 11, 30)
    assert load_language("en").write_day(day) == "Monday, 30 November 2026"
    assert load_language("de").write_day(day) == "Montag, 30. November 2026"
    assert load_language("pl").write_day(day) == "poniedziałek, 30 listopada 2026"
    assert load_language("ar").write_day(day) == "الاثنين، 30 نوفمبر 2026", "Latin digits, as Microsoft's codes have"


def test_microsofts_names_stand_beside_their_english() -> None:
    """Microsoft's screens speak the language of the phone, which may be another than the page's."""
    assert load_language("de").microsoft("Next") == Markup('<b>Weiter</b> (<bdi lang="en">Next</bdi>)')
    assert load_language("en").microsoft("Next") == Markup('<b lang="en" dir="ltr">Next</b>')
    unknown = load_language("ar").microsoft("Keep your account secure")
    assert unknown == Markup('<b lang="en" dir="ltr">Keep your account secure</b>'), "unknown stays English"


def test_what_could_not_be_verified_is_listed() -> None:
    assert "Temporary Access Pass: Tymczasowy kod dostępu" in list(translations.unverified("pl"))
    english_only = "Pair your account to the app by clicking this link: shown in English only"
    assert list(translations.unverified("de")) == [english_only]
    assert english_only in translations.languages_document()


def test_values_are_escaped_and_markup_is_not() -> None:
    language = load_language("de")
    assert language.text("Signed in as %(who)s.", who="<b>") == "Angemeldet als &lt;b&gt;."
    assert language.text("Signed in as %(who)s.", who=Markup("<b>")) == "Angemeldet als <b>."
    assert language.text("Signed in as %(who)s.", who="100 %s %(x)s") == "Angemeldet als 100 %s %(x)s."


def test_a_language_speaks_to_a_person_as_the_setting_says() -> None:
    informal = load_language("de", address=FormOfAddress.INFORMAL)
    assert informal.text("You are ready") == "Du bist bereit"
    assert informal.text("Language") == "Sprache", "what is the same in both comes from the one catalog"
    assert load_language("de", address=FormOfAddress.FORMAL).text("You are ready") == "Sie sind bereit"
    assert load_language("ja", address=FormOfAddress.INFORMAL).text("Language") == "言語", "it has one form only"
