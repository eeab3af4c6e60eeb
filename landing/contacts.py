"""Where a person gets help, as links that open a mail, a call or a page."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

MAIL = re.compile(r"(?:mailto:)?([^\s@,<>:]+@[^\s@,<>:]+\.[^\s@,<>:]+)", re.IGNORECASE)
PHONE = re.compile(r"(?:tel:)?(\+?\d[\d\s()/.-]{3,}\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Contact:
    """A way to get help.

    Attributes:
        text: As a person reads it.
        address: What it opens; None if it is only text.
    """

    text: str
    address: str | None = None


def read_contacts(text: str | None) -> tuple[Contact, ...]:
    """Parse the setting HELP_CONTACT: links if each of its parts is one, else the sentence as it stands."""
    if not (text and text.strip()):
        return ()
    parts = [read_contact(part.strip()) for part in text.split(",") if part.strip()]
    found = tuple(part for part in parts if part is not None)
    return found if len(found) == len(parts) else (Contact(text.strip()),)


def read_contact(text: str) -> Contact | None:
    """Parse an e-mail address, a phone number or a web address; None if it is none of them."""
    if (mail := MAIL.fullmatch(text)) is not None:
        return Contact(mail[1], "mailto:" + quote(mail[1], safe="@.+-_"))
    if (phone := PHONE.fullmatch(text)) is not None:
        return Contact(phone[1], "tel:" + re.sub(r"[^\d+]", "", phone[1]))
    address = web_address(text)
    return None if address is None else Contact(address.removeprefix("https://").rstrip("/"), address)


def web_address(text: str | None) -> str | None:
    """Return an https address; None if the text is none."""
    text = (text or "").strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    usable = parts.scheme == "https" and parts.hostname and not re.search(r"[\s\"'<>\\]", text)
    return text if usable and parts.username is None else None
