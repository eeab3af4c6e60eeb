"""Whose page it is: colors everybody can read, a logo that only shows itself, links that are links."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing.assets import load_assets
from landing.brand import LARGEST_LOGO, PAPER_DARK, PAPER_LIGHT, Brand, load_brand
from landing.color import ENOUGH, accent_on, contrast, read_color
from landing.contacts import Contact, read_contacts
from landing.settings import PageSettings
from provisioning.settings import load

COLORS = st.tuples(*[st.integers(0, 255)] * 3)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z" fill="#b00"/></svg>'


def brand_with(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Brand:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return load_brand(load(PageSettings))


@given(COLORS)
@pytest.mark.parametrize("paper", [PAPER_LIGHT, PAPER_DARK])
def test_any_brand_color_becomes_readable(paper: tuple[int, int, int], wanted: tuple[int, int, int]) -> None:
    """WCAG 2.2, 1.4.3: text on the page and text on a button."""
    accent = accent_on(paper, wanted)
    color, text = read_color(accent.color), read_color(accent.text)
    assert color is not None
    assert text is not None
    assert contrast(color, paper) >= ENOUGH
    assert contrast(color, text) >= ENOUGH


def test_a_color_that_is_readable_stays_as_it_is() -> None:
    assert accent_on(PAPER_LIGHT, (11, 92, 173)).color == "#0b5cad"
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


def test_the_page_knows_the_grounds_that_the_style_sheet_has(monkeypatch: pytest.MonkeyPatch) -> None:
    css = load_assets(load(PageSettings))["page.css"].content.decode()
    assert "--paper: #fff;" in css
    assert "--paper: #{:02x}{:02x}{:02x};".format(*PAPER_DARK) in css
    assert "--accent:#0b5cad" in css


def test_a_color_that_is_none_leaves_the_pages_own(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    brand = brand_with(monkeypatch, PAGE_COLOR="red; } body { display: none")
    assert brand.light.color == "#0b5cad"
    assert "PAGE_COLOR" in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it-help@example.com", [("it-help@example.com", "mailto:it-help@example.com")]),
        ("+49 30 1234-567", [("+49 30 1234-567", "tel:+49301234567")]),
        ("https://help.example.com/it", [("help.example.com/it", "https://help.example.com/it")]),
        (
            "mailto:a@example.com, tel:+15550100",
            [("a@example.com", "mailto:a@example.com"), ("+15550100", "tel:+15550100")],
        ),
        ("Ask IT, room 12", [("Ask IT, room 12", None)]),
        ("javascript:alert(1)", [("javascript:alert(1)", None)]),
        ("http://help.example.com", [("http://help.example.com", None)]),
        ("https://user@evil.example", [("https://user@evil.example", None)]),
        ("https://[", [("https://[", None)]),
        ("  ", []),
        (None, []),
    ],
)
def test_help_is_a_link_where_it_can_be(text: str | None, expected: list[tuple[str, str | None]]) -> None:
    assert read_contacts(text) == tuple(Contact(*item) for item in expected)


@given(st.text())
def test_no_contact_opens_anything_but_mail_calls_and_https(text: str) -> None:
    for contact in read_contacts(text):
        assert contact.address is None or contact.address.startswith(("mailto:", "tel:", "https://"))


def test_a_logo_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(SVG)
    brand = brand_with(monkeypatch, PAGE_LOGO_FILE=str(tmp_path / "logo.svg"))
    assert brand.faults == ()
    assert brand.logo is not None
    assert (brand.logo.media_type, brand.logo.content) == ("image/svg+xml", SVG)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (SVG.replace(b"<path", b"<script>alert(1)</script><path"), "script"),
        (SVG.replace(b"<path", b"<path onload='x()'"), "script"),
        (SVG.replace(b"<path", b'<image href="https://evil.example/x.png"/><path'), "link"),
        (SVG.replace(b"<path", b"<foreignObject/><path"), "script"),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + SVG, "script"),
        (b"GIF89a", "neither an SVG nor a PNG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_LOGO), "at most 8192"),
        (None, "cannot be read"),
    ],
)
def test_a_logo_that_cannot_be_used_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / "logo").write_bytes(content)
    brand = brand_with(monkeypatch, PAGE_LOGO_FILE=str(tmp_path / "logo"))
    assert brand.logo is None
    (found,) = brand.faults
    assert fault in found
    assert "PAGE_LOGO_FILE" in found


@pytest.mark.parametrize(
    ("content", "fault"), [("a", "not Base64"), ("A" * 4 * (LARGEST_LOGO // 3 + 1), "at most 8192")]
)
def test_a_logo_in_the_setting_itself_is_judged_alike(
    monkeypatch: pytest.MonkeyPatch, content: str, fault: str
) -> None:
    brand = brand_with(monkeypatch, PAGE_LOGO_FILE=f"data:;base64,{content}")
    assert brand.logo is None
    (found,) = brand.faults
    assert fault in found


def test_own_sentences_by_language_and_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "texts.toml").write_text(
        '[de]\nnext = "Am ersten Tag: 9 Uhr am Empfang."\n[en]\nnext = "On your first day: 9 am at the desk."\n',
        encoding="utf-8",
    )
    brand = brand_with(monkeypatch, PAGE_TEXTS_FILE=str(tmp_path / "texts.toml"))
    assert brand.faults == ()
    assert brand.own_text("next", language="de") == ("Am ersten Tag: 9 Uhr am Empfang.", "de")
    assert brand.own_text("next", language="fr") == ("On your first day: 9 am at the desk.", "en")
    assert brand.own_text("start", language="de") is None


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('[tlh]\nnext = "x"\n', "tlh"),
        ('[de]\nnxt = "x"\n', "nxt"),
        ("[de]\nnext = 7\n", "must be a text"),
        ('[de]\nnext = "' + "x" * 601 + '"\n', "600"),
        ("[de\n", "not TOML"),
        ('de = "x"\n', "[de]"),
    ],
)
def test_a_sentence_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, fault: str
) -> None:
    (tmp_path / "texts.toml").write_text(content, encoding="utf-8")
    brand = brand_with(monkeypatch, PAGE_TEXTS_FILE=str(tmp_path / "texts.toml"))
    (found,) = brand.faults
    assert fault in found
    assert brand.own_text("next", language="de") is None


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PRIVACY_URL", "javascript:alert(1)"),
        ("IMPRINT_URL", "http://example.com"),
        ("TIME_ZONE", "Europe/Nowhere"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("DEFAULT_LANGUAGE", "tlh"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, setting: str, value: str) -> None:
    (found,) = brand_with(monkeypatch, **{setting: value}).faults
    assert setting in found
