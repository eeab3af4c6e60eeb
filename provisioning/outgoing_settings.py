"""App settings of the systems that are told of people: OUTGOING_WEBHOOKS names them; each has an address and a key."""

import base64
import binascii
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from provisioning.errors import ConfigurationError
from provisioning.hr_settings import STANDARD_WEBHOOKS_PREFIX, secrets_in, source_setting
from provisioning.settings import OutgoingSettings, load

LEAST_KEY = 24  # bytes; the least that Standard Webhooks allows (standard-webhooks.md, "Symmetric")


@dataclass(frozen=True)
class Receiver:
    """A system that is told of people.

    Args:
        name: As OUTGOING_WEBHOOKS has it.
        url: Where events are posted.
        keys: What they are signed with; two while one is being replaced.
    """

    name: str
    url: str
    keys: tuple[bytes, ...] = field(repr=False)


def receiver_names() -> tuple[str, ...]:
    """Return the names in OUTGOING_WEBHOOKS, each once; none where no system is told."""
    return tuple(dict.fromkeys(name.lower() for name in load(OutgoingSettings).receivers))


def load_receiver(name: str) -> Receiver:
    """Read what a receiver's events are sent with.

    Raises:
        ConfigurationError: Its address or its secret is missing or wrong.
    """
    return Receiver(name, receiver_url(name), receiver_keys(name))


def receiver_url(name: str) -> str:
    """Return the address that a receiver's events are posted to: https to a host by name, and nothing else.

    The address stands in a setting, never in a message, and no redirect is followed, so nobody can point it elsewhere.
    """
    setting = source_setting("OUTGOING_URL", name)
    url = os.environ.get(setting, "").strip()
    try:
        parts = urlsplit(url)
        fine = parts.scheme == "https" and parts.hostname and parts.username is None and not parts.fragment
        _ = parts.port
    except ValueError:
        fine = False
    if not fine or not url.isprintable() or " " in url:
        remedy = (
            f"Set it to the https address that receives the events for {name}, such as https://hr.example.com/hooks."
        )
        raise ConfigurationError(setting, fault="is not an https address" if url else "is missing", remedy=remedy)
    return url


def receiver_keys(name: str) -> tuple[bytes, ...]:
    """Return what a receiver's events are signed with."""
    setting = source_setting("OUTGOING_SECRET", name)
    remedy = (
        f"Set it to whsec_ followed by the Base64 of at least {LEAST_KEY} random bytes, and give the receiver the same "
        "secret."
    )
    secrets = secrets_in(setting, os.environ.get(setting, ""))
    if not secrets:
        raise ConfigurationError(setting, fault="is missing", remedy=remedy)
    try:
        keys = tuple(base64.b64decode(text.removeprefix(STANDARD_WEBHOOKS_PREFIX), validate=True) for text in secrets)
    except (binascii.Error, ValueError):
        raise ConfigurationError(setting, fault="is not Base64", remedy=remedy) from None
    if any(len(key) < LEAST_KEY for key in keys):
        raise ConfigurationError(setting, fault="holds a secret that is too short", remedy=remedy)
    return keys
