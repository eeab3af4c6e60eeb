"""`sources`: what the product makes of an HR system's delivery, which sources there are, whether profiles are sound."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioning.cli.arguments import FAULT, SAME, clean, print_error

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands, Parser
    from provisioning.http import Request
    from provisioning.webhooks.sources.base import ParsedDelivery, Source


def add_parser(commands: "Commands") -> None:
    """Add the sub-command with its own: test, list, check."""
    parser = commands.add_parser("sources", help="try, list and check the HR systems' sources; nothing is queued")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_test(actions)
    listing = actions.add_parser("list", help="every source: confirmed or hint, its proof, its setting")
    listing.add_argument("--json", action="store_true", help="as one JSON document")
    listing.set_defaults(run=run, parser=listing)
    checking = actions.add_parser("check", help="check a directory of profiles; 1 with file and line on a fault")
    checking.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="without one, HR_PROFILES_DIR")
    checking.set_defaults(run=run, parser=checking)


def add_test(actions: "Commands") -> None:
    """Add `sources test`."""
    parser: Parser = actions.add_parser("test", help="show what a delivery on stdin would be understood as")
    parser.add_argument("name", metavar="NAME", help="the source, as in /api/hires/NAME")
    parser.add_argument("--headers", type=Path, metavar="FILE", help="its headers, one 'Name: value' a line")
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    parser.set_defaults(run=run, parser=parser)


async def run(given: argparse.Namespace) -> int:
    """Do it.

    Raises:
        Misconfigured: A profile has a fault, or the customer's directory is not there.
    """
    if given.action == "list":
        return show_list(as_json=given.json)
    if given.action == "check":
        return check_profiles(given.directory)
    return test(given)


def show_list(*, as_json: bool) -> int:
    """Every source; one whose profile has a fault is told and does not hide the others."""
    from provisioning.errors import ConfigurationError
    from provisioning.webhooks.sources.registry import all_names, find_source

    rows, faults = [], []
    for name in all_names():
        try:
            found = find_source(name)
        except ConfigurationError as error:
            faults.append(str(error))
            continue
        if found is not None:
            rows.append(row_of(found))
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        for row in rows:
            trust, secret = "hint" if row["hint"] else "confirmed", "set" if row["secret_set"] else "not set"
            sys.stdout.write(f"{row['name']:<20} {trust:<10} {row['auth']:<18} {row['setting']} ({secret})\n")
    for fault in faults:
        print_error(fault)
    return FAULT if faults else SAME


def row_of(source: "Source") -> dict[str, Any]:
    """What the list tells of one source."""
    from provisioning.settings import secret_setting

    setting = secret_setting(source.name)
    return {
        "name": source.name,
        "hint": bool(source.caveat),
        "reason": source.caveat or None,
        "auth": source.auth,
        "setting": setting,
        "secret_set": bool(os.environ.get(setting, "").strip()),
    }


def check_profiles(directory: Path | None) -> int:
    """Say every fault, one a line.

    Raises:
        Misconfigured: HR_PROFILES_DIR names no directory.
    """
    from provisioning.webhooks.sources.profile_directory import customer_directory, faults_in

    where = directory or customer_directory()
    if where is None or not where.is_dir():
        print_error(f"There is no directory {where}." if where else "Name a directory, or set HR_PROFILES_DIR.")
        return FAULT
    faults = faults_in(where)
    for fault in faults:
        print_error(fault)
    if not faults:
        sys.stdout.write(f"{len(list(where.glob('*.toml')))} profiles in {where}: no fault\n")
    return FAULT if faults else SAME


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
    """Headers from a file, names in lower case."""
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
    """What became of the proof, and whether it may pass."""
    from provisioning.errors import ConfigurationError
    from provisioning.settings import hr_secrets
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
    """The reading as data. The address is shown to whoever has the delivery anyway; it goes on no queue."""
    return {
        "source": source.name,
        "signature": proof,
        "reason_for_hints": source.caveat or None,
        "events": [
            {
                "kind": str(event.kind),
                "employee_id": event.employee_id,
                "start_date": event.start_date.isoformat() if event.start_date else None,
                "occurred_at": event.occurred_at.isoformat(),
                "event_id": event.event_id,
                "hint": event.unverified,
                "address": event.address,
            }
            for event in reading.events
        ],
        "ignored": list(reading.passed_over),
        "rejected": list(reading.rejected),
    }


def show_delivery(source: "Source", reading: "ParsedDelivery", proof: str) -> None:
    """The same for a person."""
    found: Mapping[str, Any] = found_in(source, reading, proof)
    lines = [f"signature: {proof}"]
    if source.caveat:
        lines.append(f"only hints: {source.caveat}")
    for event in found["events"]:
        hint = " (hint)" if event["hint"] else ""
        day, address = event["start_date"] or "not told", event["address"] or "none"
        lines.append(f"{event['kind']}{hint}: employee {event['employee_id']}, first day {day}, address {address}")
        lines.append(f"  event {event['event_id']} of {event['occurred_at']}")
    lines += [f"ignored: {reason}" for reason in found["ignored"]]
    lines += [f"rejected: {reason}" for reason in found["rejected"]]
    sys.stdout.write("".join(f"{clean(line)}\n" for line in lines))
