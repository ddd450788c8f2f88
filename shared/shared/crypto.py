"""Personal data at rest: AES-256-GCM with a key ring, and keyed hashes where a value must be found again."""

import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1


class UnreadableField(Exception):
    """A ciphertext that no key of the ring opens, or that belongs to another row."""


class FieldCipher:
    """Encrypts one field of one row. Layout: version, key id length, key id, nonce (12), text and tag."""

    def __init__(self, ring: Mapping[str, bytes]) -> None:
        self._keys = {name: AESGCM(key) for name, key in ring.items()}
        self.current = next(iter(ring))

    def encrypt(self, text: str | bytes, where: str) -> bytes:
        """`where` is table.column.row: the ciphertext opens only there."""
        raw = text.encode() if isinstance(text, str) else text
        nonce = os.urandom(12)
        name = self.current.encode()
        sealed = self._keys[self.current].encrypt(nonce, raw, where.encode())
        return bytes([_VERSION, len(name)]) + name + nonce + sealed

    def decrypt(self, data: bytes, where: str) -> bytes:
        """The plain bytes; UnreadableField if the key is gone or the text stands in a foreign place."""
        name, rest = self.key_of(data), data[2 + data[1] :]
        if data[0] != _VERSION or name not in self._keys:
            raise UnreadableField(f"{where}: version {data[0]}, key {name!r} is not in the ring")
        try:
            return self._keys[name].decrypt(rest[:12], rest[12:], where.encode())
        except InvalidTag as error:
            raise UnreadableField(f"{where}: altered, or written for another place") from error

    def text(self, data: bytes, where: str) -> str:
        """The plain text of a field."""
        return self.decrypt(data, where).decode()

    @staticmethod
    def key_of(data: bytes) -> str:
        """The id of the key a ciphertext was made with (what `rekey` looks for)."""
        return data[2 : 2 + data[1]].decode()


def lookup_hash(key: bytes, kind: str, value: str) -> bytes:
    """HMAC-SHA-256 of a normalised value, separated by kind: finds a row without telling what it holds."""
    return hmac.digest(key, f"{kind}\x00{value}".encode(), "sha256")


def secret_digest(secret: str) -> bytes:
    """SHA-256 of a random secret (token, key). Only for secrets of 128 bits or more: it is not slow."""
    return hashlib.sha256(secret.encode()).digest()
