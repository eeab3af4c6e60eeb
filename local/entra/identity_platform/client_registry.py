"""How clients may prove themselves: secrets, certificates, trusted issuers, and which delegated permissions they have.

An application of the directory brings its `keyCredentials`, `passwordCredentials` and federated identity credentials;
whatever else a test needs is registered at `/_local/clients/{clientId}`.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

PARTS = ("certificates", "secrets", "scopes", "federated")


@dataclass
class ClientRegistration:
    """What is registered for a client besides its application.

    Args:
        certificates: PEM texts.
        federated: `issuer`, `subject` and `audiences` of assertions it may use.
        scopes: delegated permissions that were consented to.
    """

    secrets: list[str] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    federated: list[dict[str, Any]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Without the secrets themselves."""
        return {
            "secrets": len(self.secrets),
            "certificates": [thumbprints(item)["x5t"] for item in map(certificate, self.certificates)],
            "federated": self.federated,
            "scopes": self.scopes,
        }


@dataclass
class DeviceCode:
    """A sign-in on another device. `user_id` is set by its approval."""

    device_code: str
    user_code: str
    client_id: str
    scope: str
    expires: datetime
    user_id: str | None = None
    declined: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "userCode": self.user_code,
            "clientId": self.client_id,
            "scope": self.scope,
            "approvedBy": self.user_id,
            "declined": self.declined,
        }


@dataclass(frozen=True)
class RefreshToken:
    """What a refresh token stands for."""

    client_id: str
    user_id: str
    scope: str


@dataclass
class SignInState:
    """What the token side remembers.

    Args:
        issuers: JWK sets of outside issuers of federated assertions; nothing is fetched from a network.
    """

    clients: dict[str, ClientRegistration] = field(default_factory=dict)
    issuers: dict[str, Any] = field(default_factory=dict)
    device_codes: dict[str, DeviceCode] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)


def parse_registration(document: dict[str, Any]) -> ClientRegistration:
    """A registration from its JSON form.

    Raises:
        ValueError: a name is unknown or a value cannot be used; the text says which.
    """
    for name, value in document.items():
        if name not in PARTS:
            raise ValueError(f"A client has no '{name}'; it takes {', '.join(sorted(PARTS))} and roles.")
        kind = dict if name == "federated" else str
        if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
            raise ValueError(f"The '{name}' of a client are a list of {'objects' if kind is dict else 'texts'}.")
    for text in document.get("certificates", ()):
        certificate(text)
    for item in document.get("federated", ()):
        if not isinstance(item.get("issuer"), str) or not isinstance(item.get("subject"), str):
            raise ValueError("A federated credential of a client has an 'issuer' and a 'subject'.")
    return ClientRegistration(**document)


def certificate(text: str) -> x509.Certificate:
    """A certificate from PEM, or from the base64 DER form of a keyCredential's key."""
    if "-----BEGIN" in text:
        return x509.load_pem_x509_certificate(text.encode())
    return x509.load_der_x509_certificate(base64.b64decode(text))


def thumbprints(found: x509.Certificate) -> dict[str, str]:
    """The header values of a JWT that name the certificate."""
    return {
        "x5t": unpadded(found.fingerprint(hashes.SHA1())),  # the header is defined so (RFC 7515, 4.1.7)
        "x5t#S256": unpadded(found.fingerprint(hashes.SHA256())),
    }


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_pem(found: x509.Certificate) -> bytes:
    return found.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def usable(texts: list[str]) -> Iterator[x509.Certificate]:
    """The certificates among key credentials; a bare or broken key is passed over."""
    for text in texts:
        try:
            yield certificate(text)
        except ValueError:
            continue
