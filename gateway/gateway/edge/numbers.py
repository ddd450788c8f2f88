"""Random numbers for ids of requests and traces; asking the system for each would cost more than they do."""

import os
from collections.abc import Iterator

_AT_ONCE = 64


def _numbers() -> Iterator[str]:
    while True:
        many = os.urandom(24 * _AT_ONCE).hex()
        for start in range(0, len(many), 48):
            yield many[start : start + 48]


_random = _numbers()


def random_hex() -> str:
    """24 bytes in hexadecimal."""
    return next(_random)
