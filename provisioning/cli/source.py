"""`sources`: which HR sources there are, whether profiles are sound, and what the product makes of a delivery."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioning.cli.arguments import FAULT, SAME, print_error

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands, Parser
    from provisioning.webhooks.sources.base import Source


def add_parser(commands: "Commands") -> None:
    """Add the sub-command with its own: test, list, check, keys."""
    parser = commands.add_parser("sources", help="try, list, and check the HR systems' sources; nothing is queued")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_test(actions)
    listing = actions.add_parser(
        "list", help="list every source: whether it is verified, its proof, its IDs, and its setting"
    )
    listing.add_argument("--json", action="store_true", help="as one JSON document")
    listing.set_defaults(run=run, parser=listing)
    checking = actions.add_parser(
        "check", help="check a directory of profiles; ends with 1, and names file and line, if it finds a fault"
    )
    checking.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="without one, HR_PROFILES_DIR")
    checking.set_defaults(run=run, parser=checking)
    keys = actions.add_parser("keys", help="make a key pair that seals and opens announced work addresses")
    keys.set_defaults(run=run, parser=keys)


def add_test(actions: "Commands") -> None:
    """Add `sources test`."""
    parser: Parser = actions.add_parser("test", help="show how a delivery on stdin would be understood")
    parser.add_argument("name", metavar="NAME", help="the source, as in /api/hires/NAME")
    parser.add_argument("--headers", type=Path, metavar="FILE", help="its headers, one 'Name: value' per line")
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    parser.set_defaults(run=run, parser=parser)


async def run(given: argparse.Namespace) -> int:
    """Do it.

    Raises:
        ConfigurationError: A profile has a fault, or the customer's directory is not there.
    """
    if given.action == "list":
        return show_list(as_json=given.json)
    if given.action == "check":
        return check_profiles(given.directory)
    if given.action == "keys":
        return show_new_keys()
    from provisioning.cli.source_delivery import test

    return test(given)


def show_new_keys() -> int:
    """Print a new pair, each under the setting that takes it."""
    from provisioning.address_encryption import PRIVATE_SETTING, PUBLIC_SETTING, new_key_pair

    public, private = new_key_pair()
    sys.stdout.write(f"{PUBLIC_SETTING}={public}\n{PRIVATE_SETTING}={private}\n")
    return SAME


def show_list(*, as_json: bool) -> int:
    """Print every source; a profile with a fault is reported and does not hide the others."""
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
            trust = "unverified" if row["unverified"] else "verified"
            secret = "set" if row["secret_set"] else "not set"
            sys.stdout.write(f"{row['name']:<18} {trust:<11} {row['auth']:<18} {row['setting']} ({secret})\n")
            sys.stdout.write(f"{'':<18} {row['ids']}{'; ' + row['note'] if row['note'] else ''}\n")
    for fault in faults:
        print_error(fault)
    return FAULT if faults else SAME


def row_of(source: "Source") -> dict[str, Any]:
    """Return one source as a row of the list."""
    from provisioning.hr_settings import id_attribute, secret_setting

    setting, attribute = secret_setting(source.name), id_attribute(source.name)
    return {
        "name": source.name,
        "unverified": bool(source.caveat),
        "reason": source.caveat or None,
        "auth": source.auth,
        "ids": source.ids.description,
        "id_attribute": attribute,
        "note": note_on(source, attribute),
        "setting": setting,
        "secret_set": bool(os.environ.get(setting, "").strip()),
    }


def note_on(source: "Source", attribute: str | None) -> str | None:
    """Return the warning about a source's own ids that an admin needs before the first hire is lost to them."""
    from provisioning.hr_settings import EMPLOYEE_ID, source_setting
    from provisioning.model.hires import LONGEST_EMPLOYEE_ID

    setting = source_setting("HR_ID_ATTRIBUTE", source.name)
    if not source.ids.vendor:
        return None
    if attribute == EMPLOYEE_ID and source.ids.too_long:
        return (
            f"{setting} is employeeId, which holds {LONGEST_EMPLOYEE_ID} characters, so no account can carry this "
            "source's own ID"
        )
    if attribute is not None:
        return f"its own ID is looked up in {attribute}"
    long = f" and is longer than the {LONGEST_EMPLOYEE_ID} characters of employeeId" if source.ids.too_long else ""
    return f"its own ID alone leads to no account{long}; if Entra keeps it, name the property in {setting}"


def check_profiles(directory: Path | None) -> int:
    """Say every fault, one a line.

    Raises:
        ConfigurationError: HR_PROFILES_DIR names no directory.
    """
    from provisioning.hr_profiles import customer_directory
    from provisioning.webhooks.sources.profile_directory import faults_in

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
