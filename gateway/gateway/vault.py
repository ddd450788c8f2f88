"""Personal data of the gateway's own tables: sealed at rest, findable again by keyed hash."""

import hmac
from dataclasses import dataclass, field

from shared.crypto import FieldCipher, lookup_hash


@dataclass(frozen=True, slots=True)
class Vault:
    """The two keys of personal data: `cipher` hides, `key` (LOOKUP_KEY) finds. Neither is in the database."""

    cipher: FieldCipher
    key: bytes = field(repr=False)

    def seal(self, text: str, where: str) -> bytes:
        """The ciphertext of one field; `where` is table.column.row."""
        return self.cipher.encrypt(text, where)

    def open(self, sealed: bytes, where: str) -> str:
        """The plain text; UnreadableField if it was written for another place."""
        return self.cipher.text(sealed, where)

    def hash(self, kind: str, value: str) -> bytes:
        """The same for the same value, and of no use to whoever reads the database alone (HMAC-SHA-256)."""
        return lookup_hash(self.key, kind, value)

    def derive(self, purpose: str, *parts: bytes) -> bytes:
        """32 bytes that only the holder of the key can compute; each part goes in with its length."""
        framed = b"".join(len(part).to_bytes(2) + part for part in parts)
        return hmac.digest(self.key, purpose.encode() + b"\x00" + framed, "sha256")
