"""`messages letter`: a letter to print, for a newcomer without mail."""

import argparse
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, print_error, print_text
from provisioning.cli.person import add_person_action, person_named
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.messages.letter import LetterCode
    from provisioning.model.ledger import Person
    from provisioning.services import Services

CODES = "0 the letter is written; 1 nobody with this ID is invited or will be, or it could not be written"
NO_SEGNO = "The package segno, which draws the QR code, is not installed. Install it with: pip install segno"
EARLY = "The code expires before the first day, {day}. Send the letter later, or write another one then."


def add_letter(actions: "Commands") -> None:
    """Add `messages letter`."""
    purpose = "write a letter to print, with a QR code of the public page and a code for the helpdesk"
    letter = add_person_action(actions, "letter", purpose, exit_codes=CODES, run=write_letter_file)
    letter.add_argument("--lang", metavar="TAG", help="the language, such as de or pt-BR; by default DEFAULT_LANGUAGE")
    letter.add_argument("--out", metavar="FILE", type=Path, help="where to write it; by default letter-ID.html")
    letter.add_argument(
        "--no-code",
        action="store_true",
        help="leave out the code, for when no helpdesk hands over passes (PASS_HELPDESK)",
    )


async def write_letter_file(given: argparse.Namespace) -> int:
    """Make the claim of a letter, and write the letter.

    Raises:
        ProductError: Storage is away or refuses it, or a setting is missing.
    """
    from provisioning.errors import ConfigurationError
    from provisioning.languages import LANGUAGES, find_language
    from provisioning.messages.letter import write_letter
    from provisioning.messages.settings import MessageSettings
    from provisioning.model.ledger import EnrollmentState
    from provisioning.settings import load
    from provisioning.support.person_status import find_person

    name, settings = person_named(given), load(MessageSettings)
    if not settings.landing_url:
        raise ConfigurationError("LANDING_URL", fault="is missing", remedy="Set it to the address of the page.")
    wanted = given.lang or settings.default_language
    tag, path = find_language(wanted), given.out or Path(f"letter-{name}.html".replace("/", "_"))
    if tag is None:
        print_error(f"Messages are not available in {wanted}. They are available in {', '.join(LANGUAGES)}.")
        return FAULT
    if find_spec("segno") is None:
        print_error(NO_SEGNO)
        return FAULT
    if path.exists() or not path.parent.is_dir():
        why = "The file already exists" if path.exists() else "There is no such folder"
        print_error(f"{why}: {path}. Name another file with --out.")
        return FAULT
    async with with_storage(given) as services:
        person = await find_person(services.ledger, name)
        if person is None or person.state not in (EnrollmentState.INVITED, EnrollmentState.WAITING):
            state = f"is {person.state}" if person is not None else "is not in the ledger"
            print_error(f"The person {name} {state}; a letter is only for people who are invited or will be.")
            return FAULT
        code = None if given.no_code else await letter_code(person, services=services)
    write_private(path, write_letter(person, tag=tag, settings=settings, code=code))
    print_text(str(path))
    if code is not None:
        print_error(
            f"Its code works until {code.until}, and only for a helpdesk. The code of any earlier letter no longer "
            "works."
        )
        if person.start_date is not None and code.until < person.start_date:
            print_error(EARLY.format(day=person.start_date))
    return SAME


async def letter_code(person: "Person", *, services: "Services") -> "LetterCode":
    """Keep a claim for a letter; returns its code."""
    from provisioning.messages.letter import LetterCode
    from provisioning.people.pass_claims import make_letter_claim

    code, claim = await make_letter_claim(
        person, claims=services.pass_claims, now=services.now(), random_bytes=services.random_bytes
    )
    return LetterCode(code, claim.expires_at.date())


def write_private(path: Path, text: str) -> None:
    """Write a new file that nobody else on this machine may read: it holds a code."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
