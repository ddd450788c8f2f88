"""Personal data of the gateway's own tables: sealed at rest, findable again by keyed hash."""

import hmac
from dataclasses import dataclass, field

from gateway.settings import GatewaySettings
from shared.crypto import FieldCipher, LookUp


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys of personal data: `cipher` hides, `lookup` finds, `key` (TOKEN_KEY) derives secrets.

    None of them is in the database.
    """

    cipher: FieldCipher
    lookup: LookUp
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, settings: GatewaySettings, cipher: FieldCipher) -> "Vault":
        """The vault of one process."""
        return cls(cipher, LookUp(settings.lookup_keys()), settings.token_secret())

    def seal(self, text: str, where: str) -> bytes:
        """The ciphertext of one field; `where` is table.column.row."""
        return self.cipher.encrypt(text, where)

    def open(self, sealed: bytes, where: str) -> str:
        """The plain text; UnreadableField if it was written for another place."""
        return self.cipher.text(sealed, where)

    def hash(self, kind: str, value: str) -> bytes:
        """The same for the same value, and of no use to whoever reads the database alone (HMAC-SHA-256)."""
        return self.hashes(kind, value)[0]

    def hashes(self, kind: str, value: str) -> list[bytes]:
        """All that rows may be found by while the look-up key is changed; the first is what `hash` says."""
        return self.lookup.hashes(kind, value)

    def derive(self, purpose: str, *parts: bytes) -> bytes:
        """32 bytes that only the holder of the key can compute; each part goes in with its length."""
        framed = b"".join(len(part).to_bytes(2) + part for part in parts)
        return hmac.digest(self.key, purpose.encode() + b"\x00" + framed, "sha256")
