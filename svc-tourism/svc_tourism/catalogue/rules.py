"""What a data set may say of itself; pure."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

Frequency = Literal["continuous", "daily", "weekly", "monthly", "quarterly", "annual", "irregular", "unknown"]
_EU = "http://publications.europa.eu/resource/authority/frequency/"
#: The frequencies of the EU's vocabulary, which DCAT application profiles use for dct:accrualPeriodicity.
FREQUENCIES: Mapping[str, str] = {
    "continuous": f"{_EU}CONT",
    "daily": f"{_EU}DAILY",
    "weekly": f"{_EU}WEEKLY",
    "monthly": f"{_EU}MONTHLY",
    "quarterly": f"{_EU}QUARTERLY",
    "annual": f"{_EU}ANNUAL",
    "irregular": f"{_EU}IRREG",
    "unknown": f"{_EU}UNKNOWN",
}
MOST = 1_000
"""Data sets of other agencies in one catalogue: the document is read whole."""


def is_address(text: str) -> bool:
    """Whether it is an http(s) address with a host and without a password, as people may be led to."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    good = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return good and parts.username is None and parts.password is None and text.isascii() and " " not in text
