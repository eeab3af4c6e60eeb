"""What becomes a message, and how the body of one reaches into the trigger's metadata."""

import json

import pytest
from azure.functions import meta
from hypothesis import given
from hypothesis import strategies as st

from local.host.messages import decode_text, encode_text, messages_of, overlay
from local.host.queues import Backoff, poison_name


@pytest.mark.parametrize(
    ("value", "kind", "messages"),
    [
        ("plain", "string", ["plain"]),
        ('{"b":1,"a":[]}', "string", ['{\n  "b": 1,\n  "a": []\n}']),
        ('["one", {"n": 2}, 3]', "string", ["one", '{\n  "n": 2\n}', "3"]),
        ("[]", "string", []),
        ("{not json}", "string", ["{not json}"]),
        (' {"a": "å"} ', "string", ['{\n  "a": "å"\n}']),
        (b'{"a":1}', "bytes", ['{\n  "a": 1\n}']),
        (["a", "b"], "list", ["a", "b"]),
        ({"a": 1}, "dict", ['{\n  "a": 1\n}']),
        ('["a", "b"]', "json", ["a", "b"]),
        (7, "int", ["7"]),
    ],
)
def test_messages(value: object, kind: str, messages: list[str]) -> None:
    assert messages_of(meta.Datum(value, kind)) == messages


@given(st.text())
def test_base64_there_and_back(text: str) -> None:
    assert decode_text(encode_text(text, base64_encoded=True), base64_encoded=True) == text
    assert decode_text(encode_text(text, base64_encoded=False), base64_encoded=False) == text


def test_text_that_is_not_base64_is_told_apart() -> None:
    assert decode_text('{"a": 1}', base64_encoded=True) is None
    assert decode_text("msg2", base64_encoded=True) == b"\x9a\xc8\x36".decode("utf-8", "replace")


def test_a_body_property_replaces_metadata_whatever_its_case() -> None:
    body = {"id": "x", "DEQUEUECOUNT": 7, "popReceipt": None, "insertionTime": [1], "other": {"a": 1}, "yes": True}
    metadata = {name: meta.Datum("real", "string") for name in ("Id", "DequeueCount", "PopReceipt", "InsertionTime")}
    seen = {name: datum.value for name, datum in overlay(metadata, json.dumps(body)).items()}
    assert seen == {
        "Id": "x",
        "DequeueCount": "7",
        "PopReceipt": "real",
        "InsertionTime": "real",
        "other": '{"a": 1}',
        "yes": "True",
    }


@pytest.mark.parametrize("text", ["", "plain", "[1]", '"id"', "{"])
def test_other_bodies_leave_metadata_alone(text: str) -> None:
    assert list(overlay({"Id": meta.Datum("real", "string")}, text)) == ["Id"]


@pytest.mark.parametrize(
    ("name", "poison"),
    [("work", "work-poison"), ("work-poison", None), ("q" * 56, "q" * 56 + "-poison"), ("q" * 57, None)],
)
def test_poison_name(name: str, poison: str | None) -> None:
    assert poison_name(name) == poison


def test_backoff_doubles_to_the_longest_and_starts_again() -> None:
    backoff = Backoff(longest=2.0, random=lambda: 0.5)
    waits = [round(backoff.next(), 3) for _ in range(7)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    backoff.reset()
    assert round(backoff.next(), 3) == 0.1
