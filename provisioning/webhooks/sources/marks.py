"""Tells a delivery that comes again from one that is new, by what is proved of it and never by an unsigned header.

Who has seen one genuine delivery can send it again with any header beside it; only what the signature covers cannot be
changed. The kind and the person are part of the mark, for one delivery may say two things, and of several people.
"""

from hashlib import sha256

from provisioning.model.hires import HireEventType

LENGTH = 24  # hex digits
LONGEST_EVENT_ID = 256


def mark_of(proved: bytes, *, kind: HireEventType, person: str, told: str = "") -> str:
    """Return the mark of one event.

    Args:
        proved: The bytes that the signature covers, or their digest, without what is stamped anew at every attempt.
        kind: What happened.
        person: The person's reference, or the address where there is nothing else; it cannot be read from the mark.
        told: What else the event says, where one delivery may say two things of one kind about one person.
    """
    digest = sha256()
    for part in (
        kind.value.encode(),
        person.casefold().encode(errors="replace"),
        told.encode(errors="replace"),
        proved,
    ):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:LENGTH]


def short(event_id: str) -> str:
    """Return an id of an event that is short enough to keep: cut ids of two events could be one."""
    if len(event_id) <= LONGEST_EVENT_ID:
        return event_id
    return f"{event_id[:64]}...{sha256(event_id.encode(errors='replace')).hexdigest()[:32]}"
