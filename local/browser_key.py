"""The key pair that the hand-over page makes in a manager's browser, without the browser: landing/static/pass.js."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provisioning.address_encryption import from_base64url, to_base64url


@dataclass(frozen=True)
class BrowserKey:
    """A key pair for RSA-OAEP, as WebCrypto makes it."""

    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def public(self) -> str:
        """The public key as the page sends it: SubjectPublicKeyInfo, as base64url."""
        return spki(self.private.public_key())

    def open(self, box: str, *, request_id: str) -> str:
        """Return the pass in a box, which is tied to its request."""
        padding = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=f"pass {request_id}".encode())
        return self.private.decrypt(from_base64url(box), padding).decode()


def spki(key: rsa.RSAPublicKey) -> str:
    """Return a public key as a browser exports it."""
    return to_base64url(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
