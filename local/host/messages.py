"""The contents of queue messages: encoding, what an output value becomes, and the metadata of a trigger."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from azure.functions import meta
from azure.storage.queue import QueueMessage

from local.host.indexing import FunctionEntry


def messages_of(datum: meta.Datum) -> list[str]:
    """The messages in one output value, by the host's rules.

    Text that looks like a JSON array becomes several messages; a JSON object is written again, indented.
    """
    if datum.type == "list":
        return [item if isinstance(item, str) else indented(item) for item in datum.value]
    if datum.type == "dict":
        return [indented(datum.value)]
    text = datum.value.decode("utf-8", "replace") if isinstance(datum.value, bytes) else str(datum.value)
    stripped = text.strip()
    if (stripped[:1], stripped[-1:]) not in {("{", "}"), ("[", "]")}:
        return [text]
    try:
        document = json.loads(stripped)
    except ValueError:
        return [text]
    if isinstance(document, list):
        return [item if isinstance(item, str) else indented(item) for item in document]
    return [indented(document)]


def indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def encode_text(text: str, *, base64_encoded: bool) -> str:
    return base64.b64encode(text.encode()).decode() if base64_encoded else text


def decode_text(content: str, *, base64_encoded: bool) -> str | None:
    """A message's text, or None when it should be base64 and is not."""
    if not base64_encoded:
        return content
    try:
        return base64.b64decode(content, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def queue_datum(function: FunctionEntry, text: str) -> meta.Datum:
    if function.trigger.binary:
        return meta.Datum(text.encode(), "bytes")
    return meta.Datum(text, "string")


def queue_metadata(message: QueueMessage, text: str) -> dict[str, meta.Datum]:
    """What the host tells about a message, with the body's own properties laid over it."""
    metadata = {
        "Id": meta.Datum(message.id, "string"),
        "DequeueCount": meta.Datum(message.dequeue_count, "int"),
        "PopReceipt": meta.Datum(message.pop_receipt, "string"),
        "InsertionTime": time_datum(message.inserted_on),
        "ExpirationTime": time_datum(message.expires_on),
        "NextVisibleTime": time_datum(message.next_visible_on),
    }
    return overlay(metadata, text)


def overlay(metadata: dict[str, meta.Datum], text: str) -> dict[str, meta.Datum]:
    """Let the top-level properties of a JSON body replace trigger metadata of the same name, ignoring case.

    The host does so for every queue message (`Utility.ApplyBindingData`): a body {"id": "x"} makes `msg.id` "x".
    Arrays and nulls are left out, and scalars become text.
    """
    try:
        document = json.loads(text)
    except ValueError:
        return metadata
    if not isinstance(document, dict):
        return metadata
    names = {name.lower(): name for name in metadata}
    for key, value in document.items():
        if value is None or isinstance(value, list):
            continue
        name = names.setdefault(key.lower(), key)
        if isinstance(value, dict):
            metadata[name] = meta.Datum(json.dumps(value), "json")
        else:
            metadata[name] = meta.Datum(value if isinstance(value, str) else scalar_text(value), "string")
    return metadata


def scalar_text(value: object) -> str:
    return str(value) if not isinstance(value, float) else repr(value)


def time_datum(moment: datetime | None) -> meta.Datum:
    return meta.Datum(json.dumps(moment.isoformat() if moment else None), "json")
