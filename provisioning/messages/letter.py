"""A letter for a newcomer without mail: printed by an operator, with a square that leads to /start.

Where passes are handed over by a helpdesk, it has the code of a claim, too (`model/letter_codes.py`).
"""

from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from provisioning.languages import FormOfAddress, speak
from provisioning.messages.rendering import SENTENCES, message_templates
from provisioning.messages.settings import MessageSettings
from provisioning.messages.words import START
from provisioning.model.hires import is_number
from provisioning.model.ledger import Person
from provisioning.model.letter_codes import grouped_code

DESK = "/pass/letter"
BORDER = 4  # modules of quiet zone; ISO/IEC 18004 asks for four
CODE_ON_PAPER = Markup('<bdi class="code" dir="ltr">{}</bdi>')
ADDRESS_ON_PAPER = Markup('<bdi dir="ltr">{}</bdi>')


@dataclass(frozen=True)
class LetterCode:
    """The code on a letter.

    Attributes:
        code: As a claim is found by it.
        until: The last day on which it works.
    """

    code: str = field(repr=False)
    until: date


def write_letter(person: Person, *, tag: str, settings: MessageSettings, code: LetterCode | None) -> str:
    """Return a letter as an HTML document that loads nothing.

    Args:
        person: The newcomer. Their name and where they live are not known here: the space for an address stays empty.
        tag: The language, one of LANGUAGES.
        settings: Names and addresses of the organization.
        code: What a helpdesk finds the claim by; None for a letter that only shows the way.
    """
    language = speak(tag, SENTENCES, address=FormOfAddress(settings.address) if settings.address else None)
    site = str(settings.landing_url).rstrip("/")
    link = f"{site}{START}"
    return (
        message_templates()
        .get_template("letter.html")
        .render(
            _=language.text,
            language=language,
            organization=settings.organization,
            help=settings.help_contact,
            link=link,
            square=square_of(f"{link}?lang={tag}"),
            number=person.employee_id if person.employee_id and is_number(person.employee_id) else None,
            first_day=language.write_day(person.start_date) if person.start_date else None,
            code=CODE_ON_PAPER.format(grouped_code(code.code)) if code else None,
            until=language.write_day(code.until) if code else None,
            desk=ADDRESS_ON_PAPER.format(f"{site}{DESK}"),
        )
    )


def square_of(address: str) -> Markup:
    """Return a QR code of an address, as SVG in the document."""
    import segno

    return Markup(segno.make(address, micro=False, error="m").svg_inline(border=BORDER, omitsize=True))  # noqa: S704 - made here
