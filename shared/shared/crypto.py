"""Personal data at rest: AES-256-GCM with a key ring, and keyed hashes where a value must be found again."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
        self.head = bytes([_VERSION, len(self.current.encode())]) + self.current.encode()
        """How every ciphertext of the current key begins."""
        self.troubles: list[str] = []
        """Why nothing may be written or read: rows were written with keys that are not in the ring."""

    def encrypt(self, text: str | bytes, where: str) -> bytes:
        """`where` is table.column.row: the ciphertext opens only there."""
        if self.troubles:
            raise UnreadableField(f"{where}: {'; '.join(self.troubles)}")
        raw = text.encode() if isinstance(text, str) else text
        nonce = os.urandom(12)
        return self.head + nonce + self._keys[self.current].encrypt(nonce, raw, where.encode())

    def decrypt(self, data: bytes, where: str) -> bytes:
        """The plain bytes; UnreadableField if the key is gone or the text stands in a foreign place."""
        try:
            name, rest = self.key_of(data), data[2 + data[1] :]
            if data[0] != _VERSION or name not in self._keys:
                raise UnreadableField(f"{where}: version {data[0]}, key {name!r} is not in the ring")
            return self._keys[name].decrypt(rest[:12], rest[12:], where.encode())
        except (InvalidTag, ValueError, IndexError) as error:  # cut short: no nonce, no tag, no head
            raise UnreadableField(f"{where}: altered, or written for another place") from error

    def text(self, data: bytes, where: str) -> str:
        """The plain text of a field."""
        return self.decrypt(data, where).decode()

    @staticmethod
    def key_of(data: bytes) -> str:
        """The id of the key a ciphertext was made with (what `rekey` looks for)."""
        return data[2 : 2 + data[1]].decode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of ciphertext; its place is table.column.key, a longer key's parts joined by `joint`.

    `found_by` names the column of this value's look-up hash of that `kind`; `<found_by>_key` says which key.
    """

    joint: str = "."
    found_by: str | None = None
    kind: str = ""


def sealed(**how: str) -> dict[str, Any]:
    """`name: Mapped[bytes] = mapped_column(info=sealed())`: what a column says of itself, for `rekey`."""
    return {"sealed": Sealed(**how)}


class LookUp:
    """Keyed hashes by which rows are found; rows written before the key was changed stay findable."""

    def __init__(self, ring: Mapping[str, bytes]) -> None:
        self._keys = dict(ring)
        self.current = next(iter(ring))

    def hashes(self, kind: str, value: str) -> list[bytes]:
        """What the value may be found by: the first is what is written (under `current`)."""
        return [lookup_hash(key, kind, value) for key in self._keys.values()]


def lookup_hash(key: bytes, kind: str, value: str) -> bytes:
    """HMAC-SHA-256 of a normalised value, separated by kind: finds a row without telling what it holds."""
    return hmac.digest(key, f"{kind}\x00{value}".encode(), "sha256")


def secret_digest(secret: str) -> bytes:
    """SHA-256 of a random secret (token, key). Only for secrets of 128 bits or more: it is not slow."""
    return hashlib.sha256(secret.encode()).digest()
