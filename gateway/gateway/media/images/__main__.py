"""The child process: photos in by stdin, clean JPEGs out by stdout. It holds no secret and no connection.

In: 4 bytes length (big-endian), the file. Out: a line of JSON, then the variants in the order it names them.
"""

import io
import json
import os
import resource
import struct
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from PIL import Image, JpegImagePlugin, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin

from gateway.media.images import rules

_FORMATS = ("JPEG", "PNG", "WEBP")
_PLUGINS = (
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)  # imported: otherwise Pillow loads all of its 40
_MEGAPIXELS = 40
_MEMORY = 1_024**3  # a progressive CMYK JPEG of 40 MP needs some 500 MB
_VARIANTS = (("full", 4_096, 85), ("small", 1_024, 80), ("thumb", 256, 75))
_EXIF, _GPS, _ORIENTATION = 0x8769, 0x8825, 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refused(Exception):
    """The file cannot be taken; the argument is one of the codes that `client` knows."""


def main() -> None:
    """Until stdin ends."""
    _confine()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(4)) == 4:
        answer, files = handle(source.read(struct.unpack(">I", head)[0]))
        sink.write(json.dumps(answer).encode() + b"\n" + b"".join(files))
        sink.flush()


def _confine() -> None:
    """Bounded memory, no files written, no core dump, and the requests' loop goes first."""
    os.nice(5)
    Image.MAX_IMAGE_PIXELS = None  # judged in `_open`
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def handle(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """({variants: [{name, size, width, height}], evidence}, files) or ({refused: code}, ())."""
    try:
        return _encode(data)
    except Refused as refused:
        return {"refused": str(refused)}, []
    except MemoryError:
        return {"refused": "heavy"}, []
    except Exception as error:  # noqa: BLE001 - whatever a parser throws, the file is what is broken
        return {"refused": "broken", "fault": _place(error)}, []


def _encode(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    image = _open(data)
    evidence, turn = _evidence(image)
    answer: dict[str, Any] = {"variants": [], **evidence}
    files = []
    for name, longest, quality in _VARIANTS:
        image = _fitted(image, longest)
        if turn is not None:
            image, turn = image.transpose(turn), None
        files.append(_jpeg(image, quality))
        shape = {"name": name, "size": len(files[-1]), "width": image.width, "height": image.height}
        answer["variants"].append(shape)
    return answer, files


def _open(data: bytes) -> Image.Image:
    """Reads the header only: a flood of pixels is refused before any of them exists."""
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise Refused("not_an_image") from error
    if image.width * image.height > _MEGAPIXELS * 1_000_000:
        raise Refused("too_many_pixels")
    return image


def _evidence(image: Image.Image) -> tuple[dict[str, Any], Image.Transpose | None]:
    """Time and place, and how to turn the picture upright."""
    try:
        exif = image.getexif()
        point = rules.position(_ifd(exif, _GPS))
        facts = {
            "captured_at": rules.taken_at(_ifd(exif, _EXIF)),
            "lat": point and point[0],
            "lon": point and point[1],
        }
        return {k: v for k, v in facts.items() if v is not None}, _TURNS.get(exif.get(_ORIENTATION, 1))
    except Exception as error:  # noqa: BLE001 - malformed EXIF is no evidence, and no reason to refuse the photo
        return {"fault": _place(error)}, None


def _place(error: Exception) -> str:
    """Where it broke, for the parent's log: a fault of ours must not pass for a broken file. No message of
    the error, it may quote the file."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {place.filename}:{place.lineno}"


def _ifd(exif: Image.Exif, tag: int) -> Mapping[int, Any]:
    return exif.get_ifd(tag)


def _fitted(image: Image.Image, longest: int) -> Image.Image:
    """At most `longest` pixels a side, RGB, transparent parts on white."""
    if image.mode in ("1", "P", "PA"):  # these cannot be averaged
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode.startswith("I") or image.mode == "F":
        image = image.point(lambda value: value / 256).convert("L")
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.new("RGB", clear.size, "white")
        image.paste(clear, mask=clear.getchannel("A"))
    return image if image.mode == "RGB" else image.convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """Pixels and nothing else: without `info` Pillow has no comment, profile, XMP or EXIF to write."""
    image.info.clear()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, progressive=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
