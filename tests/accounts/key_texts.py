"""Keys made for tests alone; nobody else uses them."""

from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@lru_cache(maxsize=4)
def rsa_pair(number: int = 0) -> tuple[str, str]:
    """The private and public PEM texts of a test key pair, made once per run and number."""
    made = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
