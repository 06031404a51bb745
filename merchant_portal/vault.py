"""Sealing of secrets at rest with the master key (Fernet: AES-128-CBC with HMAC-SHA256).

``MASTER_KEY`` may hold several keys separated by commas while it is being changed: the first
seals, all of them open.
"""

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """A sealed value does not open with the master key: another key, or damaged bytes."""


class Vault:
    """Seals and opens bytes; made once from the master key's text."""

    def __init__(self, master_key: str) -> None:
        keys = [part.strip().encode() for part in master_key.split(",") if part.strip()]
        self._box = MultiFernet([Fernet(key) for key in keys])
        self._fingerprint_keys = [hashlib.sha256(b"fingerprint" + key).digest() for key in keys]

    def seal(self, plain: bytes) -> bytes:
        return self._box.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """The plain bytes; raises SealBroken."""
        try:
            return self._box.decrypt(sealed)
        except InvalidToken as broken:
            raise SealBroken("The master key does not open this value.") from broken

    def reseal(self, sealed: bytes) -> bytes:
        """The same plain bytes under the newest master key; raises SealBroken."""
        try:
            return self._box.rotate(sealed)
        except InvalidToken as broken:
            raise SealBroken("The master key does not open this value.") from broken

    def fingerprint(self, plain: bytes) -> str:
        """A short keyed digest: tells two secrets apart and gives neither away."""
        return self.fingerprints(plain)[0]

    def fingerprints(self, plain: bytes) -> list[str]:
        """The digest under each master key, newest first: rows not yet resealed carry an older."""
        return [
            hmac.new(key, plain, hashlib.sha256).hexdigest()[:16] for key in self._fingerprint_keys
        ]


@lru_cache(maxsize=4)
def open_vault(master_key: str) -> Vault:
    """The vault of a master key, built once per process and key."""
    return Vault(master_key)
