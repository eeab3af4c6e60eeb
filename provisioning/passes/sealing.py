"""Seals a pass to the key that the issuer's browser made, so that nothing between Entra and that page can read it.

RSA-OAEP with SHA-256 (RFC 8017, 7.1), which WebCrypto has under the same name. The label ties a box to its request.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from provisioning.address_encryption import from_base64url, to_base64url
from provisioning.model.passes import LONGEST_KEY

LEAST_BITS, MOST_BITS = 2048, 4096
EXPONENT = 65537


class UnusableKey(ValueError):
    """What the browser sent is no key that a pass may be sealed to."""


def read_public_key(text: str) -> RSAPublicKey:
    """Return the key of a request.

    Args:
        text: SubjectPublicKeyInfo, as base64url.

    Raises:
        UnusableKey: It is no RSA key of a usual size.
    """
    try:
        key = load_der_public_key(from_base64url(text[: LONGEST_KEY + 1]))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey("The request holds no public key.") from error
    if not isinstance(key, RSAPublicKey) or not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise UnusableKey("The public key is not an RSA key of 2048 to 4096 bits.")
    if key.public_numbers().e != EXPONENT:
        raise UnusableKey("The public key has an unusual exponent.")
    return key


def seal(code: str, key: RSAPublicKey, *, request_id: str) -> str:
    """Return a pass that only the private key's owner can read, as base64url; its length tells nothing."""
    label = label_of(request_id)
    return to_base64url(key.encrypt(code.encode(), OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=label)))


def label_of(request_id: str) -> bytes:
    """Return what a box is tied to."""
    return f"pass {request_id}".encode()
