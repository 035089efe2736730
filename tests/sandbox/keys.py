"""Which keys sign this Google's tokens? Two RSA keys at a time, published as certificates and JWKs, rotated on demand.

`SigningKeys` is a plain value (PEM text), so it can lie in a data folder. One more key is never published: it signs
what a forger would send.
"""

import functools
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID


@functools.cache
def _loaded(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the signing keys are RSA keys")
    return key


@dataclass(frozen=True)
class SigningKey:
    """One key with its id and the certificate that is published for it."""

    id: str
    private_pem: str
    certificate_pem: str

    @classmethod
    def generate(cls) -> "SigningKey":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        private_pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        return cls(secrets.token_hex(20), private_pem, certificate.public_bytes(serialization.Encoding.PEM).decode())

    def sign(self, claims: dict[str, Any]) -> str:
        """A JSON Web Token, RS256."""
        head = {"alg": "RS256", "kid": self.id, "typ": "JWT"}
        signed = b".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
        signature = _loaded(self.private_pem).sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return b".".join((signed, base64url(signature))).decode()

    def jwk(self) -> dict[str, str]:
        numbers = _loaded(self.private_pem).public_key().public_numbers()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.id,
            "n": base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")).decode(),
            "e": base64url(numbers.e.to_bytes(3, "big")).decode(),
        }


@dataclass
class SigningKeys:
    """The published keys, newest first, and the forger's."""

    published: list[SigningKey] = field(default_factory=lambda: [SigningKey.generate(), SigningKey.generate()])
    forger: SigningKey = field(default_factory=SigningKey.generate)

    def rotate(self) -> None:
        """A new key signs from now on; the oldest is no longer published."""
        self.published = [SigningKey.generate(), *self.published][:2]

    def sign(self, claims: dict[str, Any], *, forged: bool = False) -> str:
        return (self.forger if forged else self.published[0]).sign(claims)

    def certificates(self) -> dict[str, str]:
        return {key.id: key.certificate_pem for key in self.published}

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        return {"keys": [key.jwk() for key in self.published]}


def base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
