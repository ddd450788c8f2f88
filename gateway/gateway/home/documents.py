"""The answer as bytes: sections are written once and joined, never read again; compressed once as well."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from pydantic_core import to_json

from gateway.declarations.usecases import Part
from gateway.edge.cache import codings
from gateway.home import rules
from shared.city.areas import Village
from shared.replies import reply_bytes

_VARY = "Accept-Language, X-App-Platform"
#: How long the answer cache keeps home where no event speaks first: all being well, or a part failing.
_WELL_SECONDS, _TROUBLED_SECONDS = 5, 1
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LEVEL = 6
#: What stands around the items of a section, and between two sections.
_ROUND = len(',"more":false,"items":},')


class Piece:
    """Bytes of an answer that are compressed once, however many answers they become part of."""

    __slots__ = ("_deflated", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._deflated: bytes | None = None

    @property
    def deflated(self) -> bytes:
        """As whole blocks (RFC 1951) that refer to nothing before them, so that any may follow any."""
        if self._deflated is None:
            packer = zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS)
            self._deflated = packer.compress(self.plain) + packer.flush(zlib.Z_FULL_FLUSH)
        return self._deflated


@dataclass(frozen=True, slots=True)
class Page:
    """The pieces in their order. `shared`: the same for everybody; `well`: no section fails."""

    pieces: tuple[Piece, ...]
    shared: bool
    well: bool

    def plain(self) -> bytes:
        """As it is."""
        return b"".join(piece.plain for piece in self.pieces)

    def gzipped(self) -> bytes:
        """One member of RFC 1952, joined of the pieces' blocks: a signed-in phone costs no compression."""
        check = size = 0
        for piece in self.pieces:
            check, size = zlib.crc32(piece.plain, check), size + len(piece.plain)
        end = b"\x03\x00" + check.to_bytes(4, "little") + size.to_bytes(4, "little")
        return b"".join((_GZIP_HEAD, *(piece.deflated for piece in self.pieces), end))


def section(
    name: str, title: str, menu: str | None, part: Part, zone: ZoneInfo, most: int, left: int
) -> bytes:
    """One section as JSON in at most `left` bytes, its items in `most`; empty if it has no room."""
    head = {
        "name": name,
        "title": title,
        "status": part.state,
        "as_of": _moment(part.as_of, zone),
        "menu": menu,
    }
    begun = to_json(head)[:-1]
    room = left - len(begun) - _ROUND
    if room < len("[]"):
        return b""
    items, cut = rules.fit(part.items, min(most, room))
    more = b"true" if part.more or cut else b"false"
    return b'%s,"more":%s,"items":%s}' % (begun, more, items)


def page(own: bytes | None, public: Piece, village: Village | None, *, well: bool) -> Page:
    """The whole answer: the own section first, then what is public."""
    area = None if village is None else {"code": village.code, "name": village.name}
    comma = b"," if own and public.plain else b""
    head = Piece(b'{"sections":[' + (own or b"") + comma)
    tail = Piece(b'],"area":' + to_json(area) + b"}")
    return Page((head, public, tail), own is None and village is None, well)


def answer(request: Request, page: Page) -> Response:
    """The page over HTTP. What everybody may see the answer cache compresses; the rest is done here.

    Nobody else may keep where a resident was: an answer for a place is as private as one for a person.
    """
    zipped = not page.shared and _takes_gzip(request.headers.get("accept-encoding", ""))
    content = page.gzipped() if zipped else page.plain()
    told = reply_bytes(request, content, "application/json", public=page.shared)
    told.headers["Vary"] = _VARY if page.shared else f"{_VARY}, Accept-Encoding"
    if page.shared:
        seconds = _WELL_SECONDS if page.well else _TROUBLED_SECONDS
        told.headers["Cache-Control"] = f"public, no-cache, s-maxage={seconds}"
    if zipped:
        told.headers["Content-Encoding"] = "gzip"
    return told


def _takes_gzip(accept: str) -> bool:
    """Whatever else a client takes: other codings cannot be joined of blocks."""
    others = [part for part in accept.split(",") if part.partition(";")[0].strip().lower() != "br"]
    return codings.best(",".join(others).encode("latin-1", "replace")) == codings.GZIP


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="milliseconds")
