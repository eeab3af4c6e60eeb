"""`sources test`: what a delivery on stdin would be understood as. Nothing is queued, and no secret is needed."""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioning.cli.arguments import FAULT, SAME, clean
from provisioning.cli.source import note_on

if TYPE_CHECKING:
    from provisioning.cli.arguments import Parser
    from provisioning.http import Request
    from provisioning.webhooks.sources.base import ParsedDelivery, Source


def test(given: argparse.Namespace) -> int:
    """Read a delivery as the webhook would, and say what came out. It must be one of use, or of no interest."""
    from provisioning.http import Request
    from provisioning.webhooks.sources.base import ParsedDelivery, UnreadableDelivery
    from provisioning.webhooks.sources.registry import find_source

    parser: Parser = given.parser
    source = find_source(given.name)
    if source is None:
        parser.error(f"there is no source {given.name!r}; python -m provisioning sources list names them")
    headers = read_headers(given.headers, parser) if given.headers else {}
    headers.setdefault("content-type", source.media_types[0])
    request = Request(headers=headers, body=sys.stdin.buffer.read())
    now = datetime.now(UTC)
    proof, proved = signature_of(source, request, now) if given.headers else ("not checked: no --headers", True)
    try:
        reading = source.read(request, now)
    except UnreadableDelivery as error:
        reading = ParsedDelivery(rejected=(str(error),))
    if given.json:
        sys.stdout.write(json.dumps(found_in(source, reading, proof), indent=2) + "\n")
    else:
        show_delivery(source, reading, proof)
    return SAME if proved and not reading.rejected else FAULT


def read_headers(path: Path, parser: "Parser") -> dict[str, str]:
    """Read headers from a file, names in lower case."""
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"{path} cannot be read ({type(error).__name__})")
    bad = [number for number, line in enumerate(lines, 1) if ":" not in line]
    if bad:
        parser.error(f"{path}: header {bad[0]} is not of the form 'Name: value'")
    pairs = (line.split(":", 1) for line in lines)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def signature_of(source: "Source", request: "Request", now: datetime) -> tuple[str, bool]:
    """Return the result of the signature check, and whether the delivery may pass."""
    from provisioning.errors import ConfigurationError
    from provisioning.hr_settings import hr_secrets
    from provisioning.webhooks.sources.base import AuthenticationFailed
    from provisioning.webhooks.sources.verification import verify_any

    try:
        secrets = hr_secrets(source.name)
    except ConfigurationError as error:
        return f"not checked: {error}", True
    try:
        verify_any(source, request, secrets, now=now)
    except AuthenticationFailed as error:
        return f"wrong: {error}", False
    except ConfigurationError as error:
        return f"not checked: {error}", False
    return "right", True


def found_in(source: "Source", reading: "ParsedDelivery", proof: str) -> dict[str, Any]:
    """Return the reading as data. Address and name are shown, as the delivery holds them; neither goes on a queue."""
    from provisioning.hr_settings import id_attribute

    return {
        "source": source.name,
        "signature": proof,
        "unverified_because": source.caveat or None,
        "ids": source.ids.description,
        "note": note_on(source, id_attribute(source.name)),
        "events": [
            {
                "kind": str(event.kind),
                "employee_id": event.employee_id or None,
                "vendor_id": event.vendor_id or None,
                "start_date": event.start_date.isoformat() if event.start_date else None,
                "occurred_at": event.occurred_at.isoformat(),
                "event_id": event.event_id,
                "unverified": event.unverified,
                "address": event.address,
                "display_name": event.display_name,
                "private_address": event.private_address,
                "site_zone": event.site_zone,
            }
            for event in reading.events
        ],
        "ignored": list(reading.passed_over),
        "rejected": list(reading.rejected),
    }


def show_delivery(source: "Source", reading: "ParsedDelivery", proof: str) -> None:
    """Print the reading for a person."""
    found: Mapping[str, Any] = found_in(source, reading, proof)
    lines = [f"signature: {proof}"]
    if source.caveat:
        lines.append(f"unverified: {source.caveat}")
    for event in found["events"]:
        trust = " (unverified)" if event["unverified"] else ""
        day, address = event["start_date"] or "not told", event["address"] or "none"
        name = f", name {event['display_name']}" if event["display_name"] else ""
        own = f" (its own ID {event['vendor_id']})" if event["vendor_id"] else ""
        subject = f"employee {event['employee_id'] or 'unknown'}{own}"
        lines.append(f"{event['kind']}{trust}: {subject}, first day {day}, address {address}{name}")
        lines.append(f"  event {event['event_id']} of {event['occurred_at']}")
        if event["private_address"] or event["site_zone"]:
            lines.append(f"  private address {event['private_address'] or 'none'}, zone {event['site_zone'] or 'none'}")
        lines += [f"  {note}" for note in notes_on(event, found["note"])]
    lines += [f"ignored: {reason}" for reason in found["ignored"]]
    lines += [f"rejected: {reason}" for reason in found["rejected"]]
    sys.stdout.write("".join(f"{clean(line)}\n" for line in lines))


def notes_on(event: Mapping[str, Any], note: str | None) -> list[str]:
    """Return the fault in an event's id, so that it is known before a real delivery is lost to it."""
    from provisioning.model.hires import LONGEST_EMPLOYEE_ID

    number = event["employee_id"]
    if number is None:
        return [note] if note and event["vendor_id"] else []
    if len(number) > LONGEST_EMPLOYEE_ID:
        return [f"this ID has {len(number)} characters, and Entra's employeeId holds {LONGEST_EMPLOYEE_ID}"]
    return []
