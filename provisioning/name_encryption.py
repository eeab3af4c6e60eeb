"""Names of newcomers for the board: sealed by front when HR sends them, and opened by front for who may see the board.

Nobody else needs to read one, so the key is symmetric and front's alone: what lies on queues and in tables says nothing
to the other apps, nor to who may read the storage account. Off unless there is a key; names are then dropped at the
door.

A sealed name: a random nonce, then ChaCha20-Poly1305 (RFC 8439), as URL-safe Base64.
"""

import binascii
import secrets
from base64 import b64decode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from provisioning.address_encryption import from_base64url, to_base64url
from provisioning.board_settings import BoardNameSettings
from provisioning.errors import ConfigurationError
from provisioning.hr_settings import secrets_in
from provisioning.settings import load

KEYS_SETTING = "BOARD_NAME_KEYS"
KEY_PREFIX = "namekey_"  # so that no other secret can be put in its place unnoticed
NAME_KEY_BYTES = 32
NONCE_BYTES = 12
NAME_PURPOSE = b"mfa-pre-enrollment display name 1"
MAKE_KEY = "Make one with: echo namekey_$(openssl rand -base64 32)"


class NameKeys:
    """What front has.

    Args:
        keys: As BOARD_NAME_KEYS has them: the first one seals, each opens what it sealed, so that one can be replaced.

    Raises:
        ValueError: One is not such a key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.ciphers = [ChaCha20Poly1305(name_key_bytes(key)) for key in keys]

    def seal(self, name: str) -> str:
        """Return a name that only these keys open."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return to_base64url(nonce + self.ciphers[0].encrypt(nonce, name.encode(), NAME_PURPOSE))

    def open(self, sealed: str | None) -> str | None:
        """Return the name, or None if there is none or its key is not here any more."""
        try:
            data = from_base64url(sealed or "")
        except ValueError:
            return None
        for cipher in self.ciphers:
            try:
                return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], NAME_PURPOSE).decode()
            except (InvalidTag, ValueError):
                continue
        return None


def name_key_bytes(text: str) -> bytes:
    """Return the bytes of a key.

    Raises:
        ValueError: It is none.
    """
    try:
        data = b64decode(text.removeprefix(KEY_PREFIX), validate=True) if text.startswith(KEY_PREFIX) else b""
    except binascii.Error:
        data = b""
    if len(data) != NAME_KEY_BYTES:
        raise ValueError("not a key of this kind")
    return data


def load_name_keys() -> NameKeys | None:
    """Return the keys of this deployment, or None where names are not to be kept.

    Raises:
        ConfigurationError: One is not a key.
    """
    settings = load(BoardNameSettings)
    value = settings.name_keys.get_secret_value() if settings.board and settings.name_keys else ""
    keys = secrets_in(KEYS_SETTING, value)
    if not keys:
        return None
    try:
        return NameKeys(keys)
    except ValueError:
        fault = f"holds something other than {KEY_PREFIX} followed by {NAME_KEY_BYTES} bytes as Base64"
        raise ConfigurationError(KEYS_SETTING, fault=fault, remedy=MAKE_KEY) from None
