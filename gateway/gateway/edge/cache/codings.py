"""Content codings: which one a client takes best, and bodies compressed once."""

import gzip
from functools import lru_cache

import brotli

IDENTITY, GZIP, BROTLI = range(3)
NAMES = (b"identity", b"gzip", b"br")
#: The mark of a coding in an ETag: another byte string needs another strong tag.
SUFFIXES = (b"", b"~gz", b"~br")
_LEAST_BYTES = 512
_BROTLI_QUALITY, _GZIP_LEVEL = 5, 6
_TEXT = (b"text/", b"application/json", b"application/xml", b"image/svg+xml", b"application/javascript")
_TEXT_SUFFIXES = (b"+json", b"+xml")
_MOST_OFFERED, _MOST_BYTES = 20, 256


def best(accept: bytes | None) -> int:
    """The coding for an Accept-Encoding header (RFC 9110 12.5.3); of equal weights the smaller body.

    Identity when nothing else is acceptable, even where it is refused: an answer that can be read at the
    price of some bytes is better than 406.
    """
    return IDENTITY if accept is None or len(accept) > _MOST_BYTES else _best(accept)


@lru_cache(1_024)
def _best(accept: bytes) -> int:
    weights = _weights(accept)
    others = weights.get(b"*", 0.0)
    found = {coding: weights.get(NAMES[coding], others) for coding in (BROTLI, GZIP)}
    found[GZIP] = max(found[GZIP], weights.get(b"x-gzip", 0.0))
    coding = max(found, key=found.__getitem__)
    plain = weights.get(b"identity", 0.0)
    return coding if found[coding] > 0 and found[coding] >= plain else IDENTITY


def insists(accept: bytes | None) -> bool:
    """Whether a client refuses a body as it is."""
    weights = _weights(accept or b"")
    return weights.get(b"identity", weights.get(b"*", 1.0)) == 0


def worth(media_type: bytes, size: int) -> bool:
    """Whether compressing saves anything: texts of more than 512 bytes."""
    kind = media_type.partition(b";")[0].strip().lower()
    return size > _LEAST_BYTES and (kind.startswith(_TEXT) or kind.endswith(_TEXT_SUFFIXES))


def compress(body: bytes, coding: int) -> bytes:
    """3 KB take 0.1 ms; a mebibyte takes tens of them, and belongs off the loop."""
    if coding == GZIP:
        return gzip.compress(body, _GZIP_LEVEL, mtime=0)
    compressed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY)
    return compressed


def plain_tag(tag: bytes) -> bytes:
    """An ETag as its service wrote it, whatever coding it was sent in."""
    if b"~" not in tag:
        return tag
    return tag.replace(b'~gz"', b'"').replace(b'~br"', b'"')


def _weights(accept: bytes) -> dict[bytes, float]:
    found: dict[bytes, float] = {}
    for part in accept.lower().split(b",")[:_MOST_OFFERED]:
        name, _, text = part.partition(b";")
        found.setdefault(name.strip(), _weight(text))
    return found


def _weight(text: bytes) -> float:
    name, _, value = text.partition(b"=")
    if name.strip() != b"q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return min(max(weight, 0.0), 1.0) if weight == weight else 0.0
