"""Files made to do harm: what is kept is a photo of pixels alone, whichever way they came (row 14)."""

import asyncio
import base64
import io
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response
from PIL import Image

from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.media.usecases import Workshop
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.testing import served

CANARY = b"CANARY-5190"
SCRIPT = b"<html><script>alert('" + CANARY + b"')</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PDF = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"
LIMIT = 12 * 2**20
KEY = {"X-Api-Key": "key_for_tests_of_security"}
JFIF = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
"""Version 1.01, no unit, 1:1, no thumbnail: the same for every photo."""


# what a JPEG consists of (ITU T.81, annex B), read without any library


def jpeg_parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, payload) of each segment; scan data comes as marker 0, whatever follows the end as -1."""
    assert content[:2] == b"\xff\xd8"
    at = 2
    while content[at + 1] != 0xD9:
        assert content[at] == 0xFF, f"no marker at {at}"
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        yield marker, content[at + 4 : at + 2 + size]
        at += 2 + size
        if marker == 0xDA:
            begun = at
            while content[at] != 0xFF or content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
                at += 1
            yield 0, content[begun:at]
    yield -1, content[at + 2 :]


PICTURE = {0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0}
"""Frame, Huffman tables, scan, quantisation tables, restart interval, scan data."""


def metadata_bytes(content: bytes) -> int:
    """How many bytes of a JPEG are not its picture, the constant JFIF header apart."""
    parts = list(jpeg_parts(content))
    assert parts[0] == (0xE0, JFIF)
    return sum(len(payload) + (marker > 0) for marker, payload in parts[1:] if marker not in PICTURE)


def test_the_parser_finds_what_it_must_find() -> None:
    clean = picture("JPEG")
    assert metadata_bytes(clean) == 0
    assert metadata_bytes(clean + b"x") == 1
    assert metadata_bytes(with_segments(clean, (0xFE, b"four"), (0xE1, b"xmp"))) == 9


# files


def picture(kind: str, size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    """The JPEG with more segments behind its JFIF header."""
    made = b"".join(b"\xff" + bytes([m]) + struct.pack(">H", len(p) + 2) + p for m, p in segments)
    return jpeg[:20] + made + jpeg[20:]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """The PNG with more chunks behind its header."""
    return png[:33] + b"".join(chunk(*each) for each in chunks) + png[33:]


def exif(preview: bytes = b"") -> bytes:
    """Maker, software, owner, a place, and a preview of the uncropped picture."""
    tags = Image.Exif()
    tags[0x010F] = tags[0x0131] = tags[0xA430] = CANARY.decode()
    tags.get_ifd(0x8825).update({1: "S", 2: (6, 10, 41.88), 3: "E", 4: (106, 37, 54.84)})
    return tags.tobytes() + preview


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, CANARY)
    return out.getvalue()


def frames(kind: str) -> bytes:
    """An animation of 300 frames; its second one is not what the first shows."""
    rest = [Image.new("RGB", (64, 48), (n % 256, 200, 0)) for n in range(300)]
    return picture(kind, save_all=True, append_images=rest)


def javascript_in_a_jpeg() -> bytes:
    """A JPEG that is a script as well: its first segment is as long as `/*` (portswigger.net, 2016)."""
    inside = JFIF + b"\0" * (0x2F2A - 2 - len(JFIF) - 20) + b"*/='CANARY-5190';a=1/*"
    jpeg = picture("JPEG")
    return b"\xff\xd8\xff\xe0\x2f\x2a" + inside[: 0x2F2A - 2] + jpeg[20:]


def bomb(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@cache
def photos() -> dict[str, tuple[bytes, str]]:
    """Real photos with something else in, before or behind them: name -> (content, stated type)."""
    jpeg, png, webp = picture("JPEG"), picture("PNG"), picture("WEBP")
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\x10\x1c\x02\x50\0\x0b" + CANARY
    everything = with_segments(
        picture("JPEG", exif=exif(jpeg), icc_profile=CANARY * 20),
        (0xE0, b"JFXX\0\x10" + jpeg),
        (0xE1, xmp),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + CANARY),
        (0xE2, b"MPF\0II*\0\x08\0\0\0\0\0" + CANARY),
        (0xEB, b"JP\0\x01jumbc2pa" + CANARY),
        (0xEC, b"Ducky" + CANARY),
        (0xED, iptc),
        (0xEF, CANARY),
        (0xFE, CANARY + b"\r\n<?php system($_GET[0]); ?>"),
    )
    text = b"Comment\0" + CANARY
    everything_png = with_chunks(
        picture("PNG", exif=exif()),
        (b"tEXt", text),
        (b"zTXt", b"Comment\0\0" + zlib.compress(CANARY)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + CANARY),
        (b"tIME", b"\x07\xea\x02\x01\x08\x0f\x1e"),
        (b"prVt", CANARY),
    )
    return {
        "jpeg, all metadata there is": (everything, "image/jpeg"),
        "png, all metadata there is": (everything_png, "image/png"),
        "webp, exif xmp icc": (
            picture("WEBP", exif=exif(), xmp=CANARY, icc_profile=CANARY * 20),
            "image/webp",
        ),
        "jpeg and html": (with_segments(jpeg, (0xFE, SCRIPT)) + SCRIPT, "image/jpeg"),
        "jpeg and javascript": (javascript_in_a_jpeg(), "image/jpeg"),
        "jpeg and php": (jpeg + b"<?php system('id'); ?>", "image/jpeg"),
        "jpeg and zip": (jpeg + archive("../../../evil.sh"), "image/jpeg"),
        "jpeg and pdf with script": (with_segments(jpeg, (0xFE, PDF)) + PDF, "image/jpeg"),
        "jpeg and the photo before it": (jpeg + everything, "image/jpeg"),
        "png and jar": (png + archive("META-INF/MANIFEST.MF"), "image/png"),
        "png and html": (with_chunks(png, (b"tEXt", b"x\0" + SCRIPT)) + SCRIPT, "image/png"),
        "webp and zip": (webp + archive("x"), "image/webp"),
        "jpeg that says it is png": (everything, "image/png"),
        "webp that says it is jpeg": (webp, "image/jpeg"),
        "jpeg with a second one by MPF": (frames("MPO"), "image/jpeg"),
        "animated png": (frames("PNG"), "image/png"),
        "animated webp": (frames("WEBP"), "image/webp"),
    }


@cache
def others() -> dict[str, tuple[bytes, str, int]]:
    """What is no photo: name -> (content, stated type, status)."""
    return {
        "nothing": (b"", "image/jpeg", 422),
        "svg": (SVG, "image/svg+xml", 415),
        "svg that says it is png": (SVG, "image/png", 422),
        "html": (SCRIPT, "text/html", 415),
        "html that says it is jpeg": (SCRIPT, "image/jpeg", 422),
        "pdf": (PDF, "application/pdf", 415),
        "pdf that says it is jpeg": (PDF, "image/jpeg", 422),
        "pdf with a photo in it": (PDF + picture("JPEG"), "image/jpeg", 422),
        "zip": (archive("../../../evil.sh", "/etc/cron.d/evil"), "application/zip", 415),
        "zip that says it is webp": (archive("../../../evil.sh"), "image/webp", 422),
        "gif and jar": (picture("GIF") + archive("META-INF/MANIFEST.MF"), "image/gif", 415),
        "gif and jar that says it is jpeg": (picture("GIF") + archive("x"), "image/jpeg", 422),
        "tiff that says it is jpeg": (picture("TIFF"), "image/jpeg", 422),
        "program": (b"MZ\x90\0" + b"\0" * 60 + CANARY, "image/jpeg", 422),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n(evil) run", "image/jpeg", 422),
        "pixel flood": (bomb(65_535, 65_535, b""), "image/png", 422),
        "a gigapixel in a kilobyte": (bomb(32_000, 32_000, bytes(4_001 * 320)), "image/png", 422),
        "a profile that unpacks to 100 MB": (
            with_chunks(picture("PNG"), (b"iCCP", b"x\0\0" + zlib.compress(bytes(100_000_000)))),
            "image/png",
            422,
        ),
    }


# the gateway, and the two ways into it


@dataclass
class Door:
    """A gateway, its store, and somebody who sends; each file comes from a device of its own."""

    client: AsyncClient
    folder: Path
    shop: Workshop
    devices: int = 0

    def guest(self) -> dict[str, str]:
        self.devices += 1
        return {"X-Device-Id": f"device-{self.devices:04}"}

    async def whole(self, content: bytes, kind: str) -> Response:
        """In one piece."""
        headers = {**self.guest(), "Content-Type": kind}
        return await self.client.post("/v1/media", content=content, headers=headers)

    async def resumable(self, content: bytes, kind: str, name: str = "demo.jpg") -> Response:
        """In two pieces by tus; the answer of the first step that refuses, else that of GET."""
        guest = {**self.guest(), "Tus-Resumable": "1.0.0"}
        told = {"filename": name, "filetype": kind}
        pairs = (f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items())
        begun = {**guest, "Upload-Length": str(len(content)), "Upload-Metadata": ",".join(pairs)}
        answer = await self.client.post("/v1/media", headers=begun)
        half = len(content) // 2
        for at, part in ((0, content[:half]), (half, content[half:])):
            if answer.is_success:
                url = answer.headers.get("location", str(answer.request.url))
                more = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(at)}
                answer = await self.client.patch(url, content=part, headers={**guest, **more})
        return await self.client.get(url, headers=guest) if answer.is_success else answer

    def stored(self) -> set[Path]:
        return {path for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
async def door(
    databases: Any, settings_for: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Door]:
    folder = tmp_path_factory.mktemp("uploads") / "media"
    clock = ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))
    settings = settings_for(GatewaySettings, databases.new("gateway"), media_url=folder.as_uri())
    app = create_app(settings, clock)
    run = app.state.runtime
    async with run.database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY["X-Api-Key"], now=clock.now())
    async with served(app) as url, AsyncClient(base_url=url, headers=KEY, timeout=60) as client:
        async with asyncio.timeout(20):
            while any(ask() for ask in run.not_ready):
                await asyncio.sleep(0.02)
        yield Door(client, folder, run.part(Workshop))


async def judge(door: Door, media: dict[str, Any]) -> None:
    """Every variant is pixels and nothing else, and is served as something no browser runs."""
    for variant, url in media["urls"].items():
        answer = await door.client.get(url)
        assert metadata_bytes(answer.content) == 0
        assert CANARY not in answer.content
        assert b"<script" not in answer.content
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        name = f'attachment; filename="{media["media_id"]}-{variant}.jpg"'
        assert answer.headers["content-disposition"] == name
        seen = Image.open(io.BytesIO(answer.content)).convert("RGB")
        left, right = seen.getpixel((3, 3)), seen.getpixel((seen.width - 4, 3))
        assert left[0] > 200 > 100 > left[2]
        assert right[2] > 200 > 100 > right[0]


@pytest.mark.parametrize("way", ["whole", "resumable"])
async def test_of_a_photo_with_something_else_in_it_only_the_pixels_are_kept(door: Door, way: str) -> None:
    for name, (content, kind) in photos().items():
        answer = await getattr(door, way)(content, kind)
        assert answer.is_success, (name, answer.text)
        told = answer.json()
        await judge(door, told["media"] if way == "resumable" else told)


@pytest.mark.parametrize("way", ["whole", "resumable"])
async def test_what_is_no_photo_is_refused_and_nothing_of_it_stays(door: Door, way: str) -> None:
    before = door.stored()
    for name, (content, kind, status) in others().items():
        answer = await getattr(door, way)(content, kind)
        assert (name, answer.status_code) == (name, status)
        assert answer.headers["content-type"] == "application/problem+json"
        assert CANARY.decode() not in answer.text
    assert door.stored() == before
    assert not list(door.folder.parent.rglob("evil*"))


async def test_bombs_cost_the_decoder_little_memory(door: Door) -> None:
    await door.whole(picture("PNG"), "image/png")

    def peak() -> int:
        status = Path(f"/proc/{door.shop.images.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1_024

    before = peak()
    for name in ("pixel flood", "a gigapixel in a kilobyte", "a profile that unpacks to 100 MB"):
        await door.whole(*others()[name][:2])
    assert peak() - before < 50_000_000


@pytest.mark.parametrize("way", ["whole", "resumable"])
async def test_the_last_byte_that_is_allowed_is_taken_and_the_next_one_is_not(door: Door, way: str) -> None:
    jpeg = picture("JPEG")
    full = await getattr(door, way)(jpeg + bytes(LIMIT - len(jpeg)), "image/jpeg")
    assert full.is_success
    await judge(door, full.json()["media"] if way == "resumable" else full.json())
    over = await getattr(door, way)(jpeg + bytes(LIMIT + 1 - len(jpeg)), "image/jpeg")
    assert (over.status_code, over.json()["code"]) == (413, "too_large")


NAMES = (
    "../../../../tmp/evil.jpg",
    "..\\..\\evil.jpg",
    "/etc/cron.d/evil",
    "C:\\evil.jpg",
    "evil.php.jpg",
    "evil.jpg.svg",
    "evil.jpg\0.php",
    "evil\r\nSet-Cookie: evil=1\r\n\r\n<script>",
    'evil"; filename="evil.html',
    "evil\u202egpj.exe",
    "\uff0e\uff0e\uff0fevil.jpg",
    ".htaccess",
    "$(touch evil).jpg",
    "evil" * 300,
    "",
)


async def test_the_name_of_a_file_is_used_for_nothing(door: Door) -> None:
    before = len(door.stored())
    for name in NAMES:
        form = {"file": (name, picture("JPEG"), "image/jpeg")}
        by_form = await door.client.post("/v1/media", files=form, headers=door.guest())
        by_tus = await door.resumable(picture("JPEG"), "image/jpeg", name)
        assert by_form.status_code == 201 or not name, (name, by_form.text)
        assert by_tus.status_code == 200, (name, by_tus.text)
        for answer in (by_form, by_tus):
            assert "set-cookie" not in answer.headers
            assert "evil" not in answer.text
        await judge(door, by_tus.json()["media"])
    assert {path.name for path in door.stored()} == {"full.jpg", "small.jpg", "thumb.jpg"}
    assert len(door.stored()) == before + 3 * (2 * len(NAMES) - 1)
    assert not list(door.folder.parent.rglob("*evil*"))
