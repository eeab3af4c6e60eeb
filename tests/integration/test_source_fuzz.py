"""Whatever a stranger sends, and whatever a genuine delivery holds in a wrong place: refused, never a crash."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.http import Request
from provisioning.model.messages import HireMessage
from provisioning.webhooks.sources.base import AuthenticationFailed, ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.handshakes import methods_of, shake
from provisioning.webhooks.sources.profile_loader import ProfileFault, parse_profile
from provisioning.webhooks.sources.registry import all_names, find_source
from provisioning.webhooks.sources.verification import verify_any
from provisioning.webhooks.webhook import with_sealed_addresses
from tests.integration.samples import SAMPLES
from tests.integration.test_profiles import GOOD
from tests.support import NOW

TENANT = UUID("0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10")
HEADERS = (
    "authorization",
    "x-webhook-secret",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-bamboohr-signature",
    "bob-signature",
    "signature",
    "ashby-signature",
    "x-remote-timestamp",
    "x-remote-signature",
    "finch-timestamp",
    "finch-signature",
    "ce-id",
    "x-okta-verification-challenge",
    "webhook-request-origin",
    "aeg-event-type",
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(autouse=True)
def no_profiles_of_a_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_PROFILES_DIR", raising=False)


def known(name: str) -> Source:
    source = find_source(name)
    assert source is not None
    return source


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from places(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with something else at one place."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return changed


def read(source: Source, request: Request) -> ParsedDelivery:
    try:
        return source.read(request, NOW)
    except UnreadableDelivery as error:
        return ParsedDelivery(rejected=(str(error),))


@settings(max_examples=400)
@given(data=st.data())
def test_a_delivery_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    sample = SAMPLES[data.draw(st.sampled_from(sorted(SAMPLES)))]
    path = data.draw(st.sampled_from(list(places(sample.content))))
    body, headers = sample.sign(sample.content, sample.secret)
    if "json" in headers["content-type"]:
        body = json.dumps(replaced(sample.content, path, data.draw(VALUES))).encode()
    else:
        body = data.draw(st.binary(max_size=40)) + body
    reading = read(known(sample.source), Request(headers=headers, body=body))
    for event in with_sealed_addresses(reading.events)[0]:
        message = HireMessage.of(event, tenant_id=TENANT).model_dump_json()
        assert len(message) < 2048
        assert event.occurred_at <= NOW
        assert event.unverified or not sample.unverified
    assert all(reason.isprintable() for reason in (*reading.passed_over, *reading.rejected))


@settings(max_examples=400)
@given(
    name=st.sampled_from(all_names()),
    body=st.binary(max_size=80) | VALUES.map(lambda value: json.dumps(value).encode()),
    headers=st.dictionaries(st.sampled_from(HEADERS), st.text(st.characters(), max_size=60), max_size=6),
    method=st.sampled_from(["GET", "POST", "OPTIONS"]),
)
def test_a_stranger_gets_nowhere_and_breaks_nothing(
    name: str, body: bytes, headers: dict[str, str], method: str
) -> None:
    source, request = known(name), Request(headers=headers, body=body, method=method)
    if method in methods_of(source.handshake):
        answer = shake(source.handshake, request)
        assert answer is None or answer.status in (200, 400)
    with pytest.raises(AuthenticationFailed):
        verify_any(source, request, ["c2VjcmV0LW9mLXRoZS1zb3VyY2U=", "YW5vdGhlcg=="], now=NOW)
    read(source, request)


def fault_line(text: str) -> int | None:
    """The line of a profile's fault, None if there is none."""
    try:
        parse_profile(text, path=Path("example.toml"))
    except ProfileFault as error:
        return error.line
    return None


@settings(max_examples=200)
@given(data=st.data())
def test_whatever_a_profile_says_it_is_taken_or_its_line_is_named(data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    text = data.draw(st.text(max_size=30) | st.sampled_from(["map = 1", "[a.b.c]", 'x."y z".w = 2', "[[events]]", "{"]))
    lines[number] = text
    written = "\n".join(lines)
    line = fault_line(written)
    assert line is None or 1 <= line <= len(written.splitlines()) + 1
