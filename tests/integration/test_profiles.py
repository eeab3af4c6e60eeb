"""Profiles: what they may say, and where a fault in one is."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from provisioning.errors import ConfigurationError
from provisioning.hr_profiles import SHIPPED
from provisioning.http import Request
from provisioning.webhooks.sources.base import AuthenticationFailed
from provisioning.webhooks.sources.profile_directory import faults_in
from provisioning.webhooks.sources.profile_loader import ProfileFault, load_profile, parse_profile
from provisioning.webhooks.sources.profile_source import source_of
from tests.integration.deliveries import keyed
from tests.support import NOW

GOOD = """\
title = "Example HR"
confirmed = true
auth = "hmac"
event = "body.event"

[signature]
header = "X-Signature"

[events]
"person.hired" = "hire"

[map]
employee_id = "body.id"
"""


def fault_of(text: str) -> ProfileFault:
    with pytest.raises(ProfileFault) as caught:
        parse_profile(text, path=Path("example.toml"))
    return caught.value


def test_a_good_one_is_taken() -> None:
    profile = parse_profile(GOOD, path=Path("example.toml"))
    assert (profile.auth, profile.media_types) == ("hmac", ("application/json",))


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('title = "Example HR"', "title = Example", 1, "Invalid value"),
        ("[events]", "[events", 9, "Expected"),
        ('title = "Example HR"\n', "", 1, "title is missing"),
        ("confirmed = true", "confirmed = 5", 2, "confirmed: Input should be a valid boolean"),
        ("confirmed = true", "confirmed = false", 1, "needs reason where confirmed = false"),
        ('auth = "hmac"', 'auth = "none"', 3, "auth: Input should be 'hmac', 'bearer', 'basic', 'static-header' or"),
        ('auth = "hmac"', 'auth = "basic"', 1, "has a [signature], which auth = 'basic' does not use"),
        ('auth = "hmac"', 'auth = "hmac"\nsecret = "x"', 4, "secret is not a key that profiles have"),
        ('event = "body.event"', 'event = "body.[event"', 4, "event is not a JMESPath expression"),
        ('event = "body.event"', "event = 4", 4, "event must be a JMESPath expression"),
        ('header = "X-Signature"', 'header = "X Signature"', 7, "signature.header must be the name of a header"),
        ('header = "X-Signature"', 'header = "X"\nalgorithm = "md5"', 8, "signature.algorithm: Input should be"),
        (
            'header = "X-Signature"',
            'header = "X"\nencodng = "hex"',
            8,
            "signature.encodng is not a key that profiles have",
        ),
        ('header = "X-Signature"', "", 6, "signature needs either header or field"),
        (
            'header = "X-Signature"',
            'header = "X"\ntemplate = "{boddy}"',
            6,
            "template that contains something other than",
        ),
        (
            'header = "X-Signature"',
            'header = "X"\ntemplate = "fixed"',
            6,
            "template that contains something other than",
        ),
        (
            'header = "X-Signature"',
            'header = "X"\ntemplate = "{body}}"',
            6,
            "template that contains something other than",
        ),
        ('header = "X-Signature"', 'header = "X"\ntemplate = "{timestamp}{body}"', 6, "neither timestamp_header"),
        ('header = "X-Signature"', 'header = "X"\ntemplate = "{token}{body}"', 6, "but no token_field"),
        ('header = "X-Signature"', 'header = "X"\ntolerance = 300', 6, "has a tolerance, but neither"),
        (
            'header = "X-Signature"',
            'header = "X"\ntemplate = "{token}"\ntoken_field = "body.t"',
            1,
            "cannot be confirmed: its signature does not cover the body",
        ),
        ('"person.hired" = "hire"', '"person.hired" = "hired"', 10, "events.person.hired"),
        ('"person.hired" = "hire"', "", 9, "events: Dictionary should have at least 1 item"),
        ('employee_id = "body.id"', "", 12, "map needs employee_id, vendor_id, or at least address"),
        (
            'employee_id = "body.id"',
            'employee_id = "body.id"\nmail = "x"',
            14,
            "map.mail is not a key that profiles have",
        ),
        ('auth = "hmac"', 'auth = "hmac"\nstart_date_format = "%d/%m"', 1, "lacks the day, the month, or the year"),
        ('auth = "hmac"', 'auth = "hmac"\nhandshake = "magic"', 4, "handshake: Input should be 'none'"),
        ('auth = "hmac"', 'auth = "hmac"\ndedupe = {}', 4, "dedupe needs either header or expression"),
        ('auth = "hmac"', 'auth = "standard-webhooks"', 1, "needs header, id_header and timestamp_header"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    error = fault_of(GOOD.replace(old, new))
    assert said in str(error)
    assert f"example.toml:{line}:" in str(error)
    assert error.line == line
    assert "python -m provisioning sources check" in error.remedy


def test_a_file_that_is_no_text_or_too_large_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "big.toml").write_text("#" * 70_000)
    for name in ("bad.toml", "big.toml", "none.toml"):
        with pytest.raises(ConfigurationError, match=name):
            load_profile(tmp_path / name)


def test_a_profile_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(GOOD)
    assert load_profile(path).title == "Example HR"
    path.write_text(GOOD.replace("Example HR", "Another HR system"))
    assert load_profile(path).title == "Another HR system"


def test_those_that_come_with_the_product_are_sound() -> None:
    assert faults_in(SHIPPED) == []
    assert len(list(SHIPPED.glob("*.toml"))) >= 18


def source(**changes: str) -> Any:
    text = GOOD
    for old, new in changes.items():
        text = text.replace({"header": 'header = "X-Signature"', "map": '"body.id"', "top": 'auth = "hmac"'}[old], new)
    return source_of("example", parse_profile(text, path=Path("example.toml")))


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64", "base64url"])
def test_every_digest(algorithm: str, encoding: str) -> None:
    described = source(
        header=f'header = "X"\nalgorithm = "{algorithm}"\nencoding = "{encoding}"\nprefix = "v1="\n'
        'template = "POST:{timestamp}.{body}"\ntimestamp_header = "T"\ntolerance = 60'
    )
    stamp = str(int(NOW.timestamp()))
    digest = keyed("s", f"POST:{stamp}.{{}}".encode(), algorithm)
    texts = {
        "hex": [digest.hex(), digest.hex().upper()],
        "base64": [base64.b64encode(digest).decode()],
        "base64url": [(text := base64.urlsafe_b64encode(digest).decode()), text.rstrip("=")],
    }[encoding]
    for text in texts:
        described.verify(Request({"x": f"v1={text}", "t": stamp}, b"{}"), "s", NOW)
    for headers in (
        {"x": texts[0], "t": stamp},
        {"x": f"v1={texts[0]}", "t": str(int(stamp) - 61)},
        {"x": f"v1={texts[0]}", "t": stamp + "000"},
        {"x": f"v1={texts[0]}"},
        {"x": f"v1={texts[0]} ", "t": stamp},
        {"x": "v1=", "t": stamp},
    ):
        with pytest.raises(AuthenticationFailed):
            described.verify(Request(headers, b"{}"), "s", NOW)


def test_what_is_put_into_a_template_is_not_looked_at_again() -> None:
    """A timestamp of "{body}" must not move what is signed."""
    described = source(header='header = "X"\ntemplate = "{timestamp}.{body}"\ntimestamp_header = "T"')
    signed = keyed("s", b"{body}.{}").hex()
    described.verify(Request({"x": signed, "t": "{body}"}, b"{}"), "s", NOW)
    with pytest.raises(AuthenticationFailed):
        described.verify(Request({"x": keyed("s", b"{}.{}").hex(), "t": "{body}"}, b"{}"), "s", NOW)


def test_a_format_makes_an_ambiguous_day_certain() -> None:
    dated = source(map='"body.id"\nstart_date = "body.start"')
    body = json.dumps({"event": "person.hired", "id": 7, "start": "01/12/2026"}).encode()
    assert "is ambiguous" in dated.read(Request({}, body), NOW).rejected[0]
    formatted = source(map='"body.id"\nstart_date = "body.start"', top='auth = "hmac"\nstart_date_format = "%d/%m/%Y"')
    (event,) = formatted.read(Request({}, body), NOW).events
    assert event.start_date.isoformat() == "2026-12-01"
    other = json.dumps({"event": "person.hired", "id": 7, "start": "2026-12-01"}).encode()
    assert formatted.read(Request({}, other), NOW).events[0].start_date.isoformat() == "2026-12-01"
