"""What travels over HTTP: the headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), and JSON."""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from gateway.media.schemas import MediaOut, refuse_other_types
from shared.edge.limits import UPLOAD_LIMIT
from shared.errors import BadRequest, Problem, TooLarge, UnsupportedMediaType
from shared.schemas import Out

VERSION = "1.0.0"
CHUNK = "application/offset+octet-stream"
_ALGORITHMS = ("sha256", "sha1")
_METADATA_BYTES = 2_048
_NUMBER = re.compile(r"[0-9]{1,15}")
_NAME = re.compile(r"[!-+\--~]{1,100}")
_PAIR = r"[!-+\--~]{1,100}( ([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)?"
#: Upload-Metadata in the document: names with base64 values.
METADATA = f"^{_PAIR}(,{_PAIR})*$"
#: What OPTIONS tells.
ABILITIES = {
    "Tus-Resumable": VERSION,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,creation-with-upload,termination,checksum,expiration",
    "Tus-Max-Size": str(UPLOAD_LIMIT),
    "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
}


class VersionUnsupported(Problem):
    status, code = 412, "tus_version_unsupported"


class HeaderBad(BadRequest):
    code = "tus_header_bad"


class ChecksumWrong(Problem):
    """460: the number tus gave it."""

    status, code = 460, "tus_checksum_wrong"


class UploadOut(Out):
    """A photo on its way, of which `offset` of `length` bytes are kept; `media` once all of it is."""

    upload_id: UUID
    offset: int
    length: int
    expires_at: datetime
    media: MediaOut | None


class Checksum:
    """What a request says of its own body: sha256 or sha1."""

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self._expected = expected
        self._sum = hashlib.new(algorithm, usedforsecurity=False)

    def update(self, part: bytes) -> None:
        """Counts the next part in."""
        self._sum.update(part)

    @property
    def right(self) -> bool:
        """Whether what was counted in is what was announced."""
        return self._sum.digest() == self._expected


def check_version(headers: Mapping[str, str]) -> None:
    """412 with the version we speak, for any other."""
    if headers.get("tus-resumable") != VERSION:
        raise VersionUnsupported(headers={"Tus-Version": VERSION})


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that must be a number of bytes; 400 otherwise."""
    text = headers.get(name.lower(), "")
    if not _NUMBER.fullmatch(text):
        raise HeaderBad(header=name)
    return int(text)


def length(headers: Mapping[str, str]) -> int:
    """How many bytes will come; 413 if they are too many."""
    announced = number(headers, "Upload-Length")
    if announced > UPLOAD_LIMIT:
        raise TooLarge(limit=UPLOAD_LIMIT)
    return announced


def metadata(headers: Mapping[str, str]) -> str | None:
    """Upload-Metadata as it was sent, if it is well formed; 415 if its `filetype` is none of ours.

    Nothing in it is believed or used: no name of a file, no time, no place.
    """
    text = headers.get("upload-metadata")
    if not text:
        return None
    said: dict[str, bytes] = {}
    for pair in text.split(","):
        name, _, value = pair.strip().partition(" ")
        if len(text) > _METADATA_BYTES or not _NAME.fullmatch(name) or name in said:
            raise HeaderBad(header="Upload-Metadata")
        said[name] = _base64(value, "Upload-Metadata")
    if said.get("filetype"):
        refuse_other_types(said["filetype"].decode("latin-1"))
    return text


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """What Upload-Checksum announces; 400 for an algorithm that is not ours."""
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, value = text.strip().partition(" ")
    if algorithm not in _ALGORITHMS:
        raise HeaderBad(header="Upload-Checksum")
    return Checksum(algorithm, _base64(value, "Upload-Checksum"))


def refuse_other_bodies(headers: Mapping[str, str]) -> None:
    """415 unless the body is a part of a file."""
    if headers.get("content-type", "").strip().lower() != CHUNK:
        raise UnsupportedMediaType(accepted=CHUNK)


def _base64(value: str, header: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise HeaderBad(header=header) from error
