"""RSA keys made for one run of the tests."""

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from merchant_portal.alipay.signing import RSAPrivateKey, RSAPublicKey, SignType


@dataclass(frozen=True)
class RSAPair:
    private: RSAPrivateKey
    public: RSAPublicKey


def make_rsa_pair(bits: int, sign_type: SignType) -> RSAPair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    return RSAPair(RSAPrivateKey(private, sign_type), RSAPublicKey(public, sign_type))
