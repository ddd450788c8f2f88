"""What is no photo, or more than one: refused clearly and quickly, and nothing is kept."""

import asyncio
import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from httpx import AsyncClient, Response
from PIL import Image

from gateway.media.usecases import Workshop

Photo = Callable[..., bytes]
Stored = Callable[[], dict[str, bytes]]
DEVICE = {"X-Device-Id": "device-0001"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def upload(client: AsyncClient, content: bytes, kind: str = "image/jpeg") -> Response:
    return await client.post("/v1/media", content=content, headers={**DEVICE, "Content-Type": kind})


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """The header of a PNG of that size, and no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", header), *chunks, chunk(b"IEND", b"")])


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../evil.sh", "echo CANARY-3671")
    return out.getvalue()


def gif_bomb() -> bytes:
    """A GIF that claims 65,535 x 65,535 pixels."""
    return b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b";"


def child_peak(app: FastAPI) -> int:
    """The most memory the decoding process ever held, in bytes."""
    pid = app.state.runtime.part(Workshop).images.pid
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024


async def test_fifty_megapixels_are_refused_from_the_header(
    app: FastAPI, client: AsyncClient, photo: Photo
) -> None:
    await upload(client, photo())
    before = child_peak(app)
    image = io.BytesIO()
    Image.new("RGB", (10_000, 5_000)).save(image, "JPEG", quality=30)
    started = time.monotonic()
    answer = await upload(client, image.getvalue())
    assert (answer.status_code, answer.json()["code"]) == (422, "media_too_many_pixels")
    assert time.monotonic() - started < 1
    assert child_peak(app) - before < 10_000_000


NO_PHOTOS = [
    (b"", "image/jpeg", 422, "media_not_an_image"),
    (b"\xff\xd8\xff\xe0 nothing follows", "image/jpeg", 422, "media_broken"),
    (SVG, "image/svg+xml", 415, "unsupported_media_type"),
    (SVG, "image/png", 422, "media_not_an_image"),
    (gif_bomb(), "image/gif", 415, "unsupported_media_type"),
    (gif_bomb(), "image/webp", 422, "media_not_an_image"),
    (b"%PDF-1.7 /JavaScript", "image/jpeg", 422, "media_not_an_image"),
    (zipped(), "application/zip", 415, "unsupported_media_type"),
    (png(200_000, 200_000), "image/png", 422, "media_too_many_pixels"),
    (png(100, 100), "image/png", 422, "media_broken"),
    (b"{}", "application/json", 415, "unsupported_media_type"),
    (b"x", "", 415, "unsupported_media_type"),
]


async def test_what_is_no_photo_is_refused(client: AsyncClient, stored: Stored) -> None:
    for content, kind, status, code in NO_PHOTOS:
        answer = await upload(client, content, kind)
        assert (content[:20], answer.status_code, answer.json()["code"]) == (content[:20], status, code)
    assert stored() == {}


async def test_a_text_chunk_that_unpacks_to_300_megabytes_costs_no_memory(
    app: FastAPI, client: AsyncClient, photo: Photo
) -> None:
    await upload(client, photo())
    before = child_peak(app)
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(300_000_000)))
    answer = await upload(client, png(9, 9, bomb), "image/png")
    assert (answer.status_code, answer.json()["code"]) == (422, "media_broken")
    assert child_peak(app) - before < 50_000_000


async def test_a_truncated_photo_is_refused(client: AsyncClient, photo: Photo) -> None:
    whole = photo(size=(800, 600))
    for kept in (0.1, 0.5, 0.9):
        answer = await upload(client, whole[: int(len(whole) * kept)])
        assert answer.status_code == 422
        assert answer.json()["code"] in ("media_broken", "media_not_an_image")


async def test_of_a_photo_with_an_archive_behind_it_only_the_photo_is_kept(
    client: AsyncClient, photo: Photo, stored: Stored
) -> None:
    assert (await upload(client, photo() + zipped())).status_code == 201
    for content in stored().values():
        assert content.endswith(b"\xff\xd9")
        assert b"PK" not in content
        assert b"CANARY" not in content


async def test_an_archive_with_a_photo_behind_it_is_no_photo(client: AsyncClient, photo: Photo) -> None:
    answer = await upload(client, zipped() + photo())
    assert (answer.status_code, answer.json()["code"]) == (422, "media_not_an_image")


async def test_a_broken_exif_block_does_not_cost_the_photo(client: AsyncClient, photo: Photo) -> None:
    sent = bytearray(photo())
    at = sent.index(b"Exif\0\0") + 14
    sent[at : at + 60] = b"\xff" * 60
    answer = await upload(client, bytes(sent))
    assert answer.status_code == 201
    assert answer.json()["captured_at"] is None


async def test_one_byte_over_the_limit_is_refused_before_it_is_sent(client: AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    head = "POST /v1/media HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
    key = client.headers["X-Api-Key"]
    writer.write(f"{head}Content-Length: {12 * 2**20 + 1}\r\nX-Api-Key: {key}\r\n\r\n".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_the_answer_speaks_the_callers_language(client: AsyncClient) -> None:
    answers = [
        await client.post(
            "/v1/media", content=b"x", headers={**DEVICE, "Content-Type": "image/png", "Accept-Language": tag}
        )
        for tag in ("id", "en")
    ]
    assert [a.json()["title"] for a in answers] == ["Ini bukan foto", "This is not a photo"]
