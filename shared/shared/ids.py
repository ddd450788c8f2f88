"""Identifiers: UUIDv7 for machines, short codes with a check character for people."""

import os
import threading
import time
import uuid

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32
_CHECKS = _ALPHABET + "*~$=U"  # Crockford's check symbols, modulo 37
_lock = threading.Lock()
_last = 0


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter, so that one process's ids only rise."""
    global _last
    with _lock:
        moment = (time.time_ns() // 1_000_000) << 12 | (time.time_ns() % 1_000_000) * 4096 // 1_000_000
        _last = max(moment, _last + 1)
        value = _last
    random_part = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return uuid.UUID(int=(value >> 12) << 80 | 0x7 << 76 | (value & 0xFFF) << 64 | 0b10 << 62 | random_part)


def new_code(prefix: str) -> str:
    """A number a person can read out: `LKS-7KQ4-DM2P`, 35 random bits and Crockford's check (modulo 37)."""
    while True:
        value = int.from_bytes(os.urandom(5)) & ((1 << 35) - 1)
        check = _CHECKS[value % 37]
        if check in _ALPHABET:  # a check symbol outside letters and digits is hard to dictate
            text = _digits(value) + check
            return f"{prefix}-{text[:4]}-{text[4:]}"


def is_code(text: str, prefix: str) -> bool:
    """Whether the text is a short code of that prefix whose check character fits; O, I and L are forgiven."""
    head, _, rest = text.upper().partition("-")
    body = rest.replace("-", "").replace("O", "0").replace("I", "1").replace("L", "1")
    if head != prefix or len(body) != 8 or any(c not in _ALPHABET for c in body):
        return False
    value = 0
    for character in body[:7]:
        value = value * 32 + _ALPHABET.index(character)
    return _CHECKS[value % 37] == body[7]


def _digits(value: int) -> str:
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(30, -5, -5))
