"""Sending a photo: what is answered, what is kept, and what is not."""

import asyncio
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from PIL import Image
from sqlalchemy import func, select, text

from gateway.media.models import Media
from shared.clock import ManualClock
from shared.media import BadReceipt, accept

Photo = Callable[..., bytes]
Stored = Callable[[], dict[str, bytes]]
Citizen = Callable[..., dict[str, str]]
JPEG = {"Content-Type": "image/jpeg"}
GUEST = {**JPEG, "X-Device-Id": "device-0001"}


async def upload(client: AsyncClient, content: bytes, headers: dict[str, str]) -> Response:
    return await client.post("/v1/media", content=content, headers=headers)


async def rows(app: FastAPI) -> int:
    async with app.state.runtime.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Media)) or 0


def segments(jpeg: bytes) -> list[int]:
    """The marker bytes of a JPEG up to its picture data (ITU T.81, annex B)."""
    found, at = [], 2
    while jpeg[at] == 0xFF and (not found or found[-1] != 0xDA):
        found.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return found


async def test_a_photo_is_answered_with_a_receipt_that_a_service_accepts(
    app: FastAPI, client: AsyncClient, photo: Photo, citizen: Citizen, clock: ManualClock
) -> None:
    answer = await upload(client, photo(), {**JPEG, **citizen()})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    receipt = accept(body["receipt"], app.state.runtime.keys, "citizen:c1", clock.now())
    assert str(receipt.media_id) == body["media_id"]
    assert (body["type"], body["captured_at"]) == ("image/jpeg", "2026-02-01T08:15:30+07:00")
    assert body["captured_point"]["lat"] == pytest.approx(-6.1783, abs=1e-5)
    assert receipt.captured_lon == pytest.approx(106.6319, abs=1e-5)
    assert receipt.size == body["size"]
    with pytest.raises(BadReceipt):
        accept(body["receipt"], app.state.runtime.keys, "citizen:c2", clock.now())


async def test_the_stored_copies_hold_pixels_and_no_byte_of_metadata(
    client: AsyncClient, photo: Photo, stored: Stored
) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        headers = {**GUEST, "Content-Type": f"image/{kind.lower()}"}
        assert (await upload(client, photo(kind), headers)).status_code == 201
    files = stored()
    assert len(files) == 9
    for content in files.values():
        assert b"CANARY" not in content
        assert [m for m in segments(content) if 0xE1 <= m <= 0xEF or m == 0xFE] == []
        assert set(Image.open(io.BytesIO(content)).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }


async def test_only_the_gateways_account_can_enter_the_media_folder(
    client: AsyncClient, photo: Photo, media_folder: Path
) -> None:
    await upload(client, photo(), GUEST)
    assert os.stat(media_folder).st_mode & 0o777 == 0o700


async def test_time_and_place_are_encrypted_in_the_database(
    app: FastAPI, client: AsyncClient, photo: Photo
) -> None:
    await upload(client, photo(), GUEST)
    async with app.state.runtime.database.transaction() as session:
        row = (await session.execute(text("SELECT media::text, evidence FROM media"))).one()
    assert "106.6" not in row[0]
    assert b"106.6" not in row[1]
    assert b"2026-02-01" not in row[1]


async def test_a_photo_is_turned_upright_and_made_smaller(client: AsyncClient, photo: Photo) -> None:
    sent = photo(size=(5_000, 2_500), orientation=6)
    urls = (await upload(client, sent, GUEST)).json()["urls"]
    seen = {v: Image.open(io.BytesIO((await client.get(url)).content)) for v, url in urls.items()}
    assert {v: i.size for v, i in seen.items()} == {
        "full": (2_048, 4_096),
        "small": (512, 1_024),
        "thumb": (128, 256),
    }
    top, bottom = (seen["thumb"].getpixel((64, y)) for y in (20, 236))
    assert top[0] > 200 > 100 > top[2]
    assert bottom[2] > 200 > 100 > bottom[0]


async def test_transparent_parts_become_white(client: AsyncClient) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    answer = await upload(client, out.getvalue(), {**GUEST, "Content-Type": "image/png"})
    full = Image.open(io.BytesIO((await client.get(answer.json()["urls"]["full"])).content))
    assert full.getpixel((10, 10)) == (255, 255, 255)


async def test_a_form_with_a_file_is_taken_too(client: AsyncClient, photo: Photo) -> None:
    device = {"X-Device-Id": "device-0001"}
    sent = await client.post("/v1/media", files={"file": ("a.svg", photo(), "image/jpeg")}, headers=device)
    assert sent.status_code == 201
    other = await client.post("/v1/media", files={"photo": ("a.jpg", photo(), "image/jpeg")}, headers=device)
    assert (other.status_code, other.json()["code"]) == (422, "media_file_missing")


async def test_a_cameras_time_is_read_in_its_own_zone_or_the_citys(client: AsyncClient, photo: Photo) -> None:
    table: list[tuple[dict[str, Any], str | None]] = [
        ({"offset": None}, "2026-02-01T08:15:30+07:00"),  # the city's zone
        ({"offset": "+09:00"}, "2026-02-01T06:15:30+07:00"),
        ({"offset": "+99:00"}, "2026-02-01T08:15:30+07:00"),
        ({"taken": "0000:00:00 00:00:00"}, None),
        ({"taken": "yesterday"}, None),
    ]
    for said, understood in table:
        assert (await upload(client, photo(**said), GUEST)).json()["captured_at"] == understood


async def test_a_place_that_is_none_is_no_evidence(client: AsyncClient, photo: Photo) -> None:
    for place in (None, (0.0, 0.0), (91.5, 10.0)):
        assert (await upload(client, photo(place=place), GUEST)).json()["captured_point"] is None


async def test_a_photo_sent_again_on_a_bad_connection_is_one_upload(
    app: FastAPI, client: AsyncClient, photo: Photo, citizen: Citizen, stored: Stored
) -> None:
    me, other = {**JPEG, **citizen()}, {**JPEG, **citizen("c2")}
    sent = [await upload(client, photo(), me) for _ in range(2)]
    sent += await asyncio.gather(*(upload(client, photo(size=(80, 80)), me) for _ in range(5)))
    assert {a.status_code for a in sent} == {201}
    assert len({a.json()["media_id"] for a in sent}) == 2
    assert (await upload(client, photo(), other)).json()["media_id"] != sent[0].json()["media_id"]
    assert await rows(app) == 3
    assert len(stored()) == 9


async def test_one_key_is_for_one_photo(client: AsyncClient, photo: Photo, citizen: Citizen) -> None:
    me = {**JPEG, **citizen(), "Idempotency-Key": "photo-0001"}
    first = await upload(client, photo(), me)
    assert (await upload(client, photo(), me)).json()["media_id"] == first.json()["media_id"]
    answer = await upload(client, photo(size=(10, 10)), me)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    answer = await upload(client, photo(), {**me, "Idempotency-Key": "?"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_bad")


async def test_a_guest_names_a_device(client: AsyncClient, photo: Photo) -> None:
    answer = await upload(client, photo(), JPEG)
    assert (answer.status_code, answer.json()["code"]) == (400, "device_id_missing")


async def test_no_database_connection_waits_for_a_photo_to_be_decoded(
    app: FastAPI, client: AsyncClient, photo: Photo
) -> None:
    pool = app.state.runtime.database.engine.sync_engine.pool
    sending = asyncio.create_task(upload(client, photo(size=(7_000, 5_000)), GUEST))
    busy = []
    while not sending.done():
        busy.append(pool.checkedout())
        await asyncio.sleep(0.02)
    assert (await sending).status_code == 201
    assert sum(connections > 1 for connections in busy) < len(busy) / 2  # one is the relay's
