"""Work addresses on queues and in the ledger: sealed to a public key, so that who sealed one cannot open it.

Many HR systems know no employee id that Entra knows too, and the front, which sees the address, may not ask Graph. So
the address travels to the people role, and waits there for its account. Front faces the internet and reads the ledger;
it has the public key alone, so that an attacker who takes it over reads no address that came before.

A sealed box: an ephemeral X25519 key agrees with the recipient's (RFC 7748), HKDF-SHA256 (RFC 5869) makes a key of the
shared secret, ChaCha20-Poly1305 (RFC 8439) seals. Each box has a key of its own, hence one nonce will do.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from provisioning.errors import ConfigurationError
from provisioning.hr_settings import AddressPrivateKeySettings, AddressPublicKeySettings, secrets_in
from provisioning.model.hires import BY_ADDRESS
from provisioning.settings import load

PUBLIC_SETTING = "HR_ADDRESS_PUBLIC_KEY"
PRIVATE_SETTING = "HR_ADDRESS_PRIVATE_KEYS"
PUBLIC_PREFIX = "hrpub_"  # so that neither key can be put in the other's place unnoticed
PRIVATE_PREFIX = "hrkey_"
MAKE_ONE = "Make a key pair with: python -m provisioning sources keys"
KEY_BYTES = 32
PURPOSE = b"mfa-pre-enrollment work address 1"
NONCE = bytes(12)


def to_base64url(data: bytes) -> str:
    """Return bytes as URL-safe Base64 without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Return the bytes of URL-safe Base64 without padding.

    Raises:
        ValueError: It is not.
    """
    return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


def new_key_pair() -> tuple[str, str]:
    """Make a public and a private key, as the two settings take them."""
    private = X25519PrivateKey.from_private_bytes(secrets.token_bytes(KEY_BYTES))
    public = to_base64url(private.public_key().public_bytes_raw())
    return PUBLIC_PREFIX + public, PRIVATE_PREFIX + to_base64url(private.private_bytes_raw())


def key_bytes(text: str, prefix: str) -> bytes:
    """Return the bytes of a key with its prefix.

    Raises:
        ValueError: It is of the other kind, or no key.
    """
    data = from_base64url(text.removeprefix(prefix)) if text.startswith(prefix) else b""
    if len(data) != KEY_BYTES:
        raise ValueError("not a key of this kind")
    return data


def box_cipher(shared: bytes, *, ephemeral: bytes, recipient: bytes) -> ChaCha20Poly1305:
    """Return the cipher of one box; both public keys are part of what its key is made of."""
    derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=PURPOSE + ephemeral + recipient).derive(shared)
    return ChaCha20Poly1305(derived)


class AddressSealer:
    """What front has: the public key.

    Args:
        public_key: As HR_ADDRESS_PUBLIC_KEY has it.

    Raises:
        ValueError: It is not a public key.
    """

    def __init__(self, public_key: str) -> None:
        self.recipient = key_bytes(public_key, PUBLIC_PREFIX)
        self.public = X25519PublicKey.from_public_bytes(self.recipient)

    def seal(self, address: str) -> str:
        """Return an address that only the private key's owner can read."""
        ephemeral = X25519PrivateKey.generate()
        sender = ephemeral.public_key().public_bytes_raw()
        cipher = box_cipher(ephemeral.exchange(self.public), ephemeral=sender, recipient=self.recipient)
        return to_base64url(sender + cipher.encrypt(NONCE, address.encode(), None))


class AddressOpener:
    """What the people role has: the private keys.

    Args:
        private_keys: As HR_ADDRESS_PRIVATE_KEYS has them; each opens what was sealed to its public key, so that one can
            be replaced while addresses that were sealed to it still wait.

    Raises:
        ValueError: One is not a private key.
    """

    def __init__(self, private_keys: Sequence[str]) -> None:
        raw = [key_bytes(key, PRIVATE_PREFIX) for key in private_keys]
        self.keys = [X25519PrivateKey.from_private_bytes(data) for data in raw]
        self.digest_keys = [hmac.new(data, PURPOSE + b" reference", hashlib.sha256).digest() for data in raw]

    def open(self, sealed: str) -> str | None:
        """Return the address, or None if it was sealed to a key that is not here."""
        try:
            data = from_base64url(sealed)
            sender, box = X25519PublicKey.from_public_bytes(data[:KEY_BYTES]), data[KEY_BYTES:]
        except ValueError:
            return None
        for key in self.keys:
            try:
                recipient = key.public_key().public_bytes_raw()
                cipher = box_cipher(key.exchange(sender), ephemeral=data[:KEY_BYTES], recipient=recipient)
                return cipher.decrypt(NONCE, box, None).decode()
            except (InvalidTag, ValueError):
                continue
        return None

    def references(self, address: str) -> list[str]:
        """Return what stands for the employee id where a delivery has only an address, one for each key.

        They say nothing of the address. The first one names new people; who was named under a key before keeps it.
        """
        text = address.casefold().encode()
        return [BY_ADDRESS + hmac.new(key, text, hashlib.sha256).hexdigest()[:32] for key in self.digest_keys]


def load_address_sealer() -> AddressSealer | None:
    """Return the public key of this deployment, or None where addresses are not to be used.

    Raises:
        ConfigurationError: It is not a public key.
    """
    value = load(AddressPublicKeySettings).public_key
    keys = secrets_in(PUBLIC_SETTING, value or "")
    if not keys:
        return None
    try:
        return AddressSealer(keys[0])
    except ValueError:
        fault = "holds a private key" if keys[0].startswith(PRIVATE_PREFIX) else "is not a public key"
        remedy = (
            f"Set the public key, which begins with {PUBLIC_PREFIX}; the private key belongs only to the people role. "
            f"{MAKE_ONE}"
        )
        raise ConfigurationError(PUBLIC_SETTING, fault=fault, remedy=remedy) from None


def load_address_opener() -> AddressOpener | None:
    """Return the private keys of this deployment, or None where addresses are not to be used.

    Raises:
        ConfigurationError: One is not a private key.
    """
    secret = load(AddressPrivateKeySettings).private_keys
    keys = secrets_in(PRIVATE_SETTING, secret.get_secret_value() if secret else "")
    if not keys:
        return None
    try:
        return AddressOpener(keys)
    except ValueError:
        remedy = (
            f"Set private keys, each of which begins with {PRIVATE_PREFIX}; separate two with a comma while one is "
            f"being replaced. {MAKE_ONE}"
        )
        raise ConfigurationError(
            PRIVATE_SETTING, fault="holds something that is not a private key", remedy=remedy
        ) from None
