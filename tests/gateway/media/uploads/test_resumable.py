"""A photo in several goes, as tus 1.0.0 says it: begun, sent on, asked for, given up."""

import asyncio
import base64
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from gateway.media.arrivals.usecases import PIECE
from gateway.media.uploads import usecases as uploads
from shared.clock import ManualClock
from shared.media import accept
from tests.gateway.media.uploads.tus import CHUNK, GUEST, TUS, begin, checksum, offset, send

Photo = Callable[..., bytes]
Stored = Callable[[], dict[str, bytes]]
Citizen = Callable[..., dict[str, str]]


async def test_a_photo_in_several_goes_gets_the_receipt_of_one_in_one_piece(
    app: FastAPI, client: AsyncClient, photo: Photo, citizen: Citizen, clock: ManualClock, stored: Stored
) -> None:
    me, content, before = {**TUS, **citizen()}, photo(size=(300, 200)), set(stored())
    url, at = await begin(client, content, me), 0
    for part in (content[:1], content[1:900], content[900:]):
        answer = await send(client, url, at, part, me)
        at += len(part)
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(at))
    told = (await client.get(url, headers=me)).json()
    assert (told["offset"], told["length"]) == (len(content), len(content))
    receipt = accept(told["media"]["receipt"], app.state.runtime.keys, "citizen:c1", clock.now())
    assert receipt.captured_lat == pytest.approx(-6.1783, abs=1e-5)
    assert told["media"]["captured_at"] == "2026-02-01T08:15:30+07:00"
    whole = await client.post(
        "/v1/media", content=content, headers={**citizen(), "Content-Type": "image/jpeg"}
    )
    assert {**whole.json(), "receipt": ""} == {**told["media"], "receipt": ""}
    kept = {name.rpartition("/")[2] for name in set(stored()) - before}
    assert kept == {"full.jpg", "small.jpg", "thumb.jpg"}


async def test_the_end_sent_again_after_a_lost_answer_gives_the_same_receipt(
    client: AsyncClient, photo: Photo
) -> None:
    content = photo()
    url = await begin(client, content)
    assert (await send(client, url, 0, content[:-50])).status_code == 204
    ends = [await send(client, url, len(content) - 50, content[-50:]) for _ in range(2)]
    ends.append(await send(client, url, len(content), b""))
    assert {(a.status_code, a.headers["upload-offset"]) for a in ends} == {(204, str(len(content)))}
    told = [(await client.get(url, headers=GUEST)).json()["media"] for _ in range(2)]
    assert told[0]["media_id"] == told[1]["media_id"]
    assert (await send(client, url, 7, b"x")).json()["code"] == "tus_offset_wrong"
    assert await offset(client, url) == len(content)


async def test_the_first_bytes_may_come_with_the_creation(client: AsyncClient, photo: Photo) -> None:
    content = photo()
    headers = {**GUEST, **CHUNK, "Upload-Length": str(len(content))}
    for first in (content[:100], content):
        answer = await client.post("/v1/media", content=first, headers=headers)
        assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(first)))
        assert answer.json()["offset"] == await offset(client, answer.headers["location"])
    told = await client.get(answer.headers["location"], headers=GUEST)
    assert told.json()["media"]["receipt"]


async def test_bytes_that_do_not_begin_where_the_kept_ones_end_are_refused(
    client: AsyncClient, photo: Photo
) -> None:
    content = photo()
    url = await begin(client, content)
    await send(client, url, 0, content[:100])
    for wrong in (0, 99, 101):
        answer = await send(client, url, wrong, b"x")
        assert (answer.status_code, answer.json()["code"]) == (409, "tus_offset_wrong")
        assert answer.headers["tus-resumable"] == "1.0.0"
    too_many = await send(client, url, 100, content)
    assert too_many.status_code == 413
    assert await offset(client, url) == 100


async def test_of_two_requests_at_once_the_newer_one_goes_on(client: AsyncClient, large: bytes) -> None:
    url, held = await begin(client, large), asyncio.Event()

    async def hanging() -> Any:
        yield large[:1_000]
        await held.wait()
        yield large[1_000:]

    older = asyncio.create_task(send(client, url, 0, hanging()))
    await asyncio.sleep(0.1)
    assert (await send(client, url, 0, large[:5_000])).status_code == 204
    held.set()
    answer = await older
    assert (answer.status_code, answer.json()["code"]) == (409, "tus_offset_wrong")
    assert (await send(client, url, 5_000, large[5_000:])).status_code == 204
    assert (await client.get(url, headers=GUEST)).json()["media"]


async def test_only_its_owner_knows_of_an_upload(client: AsyncClient, photo: Photo, citizen: Citizen) -> None:
    content, mine, other = photo(), {**TUS, **citizen()}, {**TUS, **citizen("c2")}
    url = await begin(client, content, mine)
    answers = [
        await client.get(url, headers=other),
        await client.get(url, headers={**GUEST}),
        await send(client, url, 0, content, other),
        await client.delete(url, headers=other),
        await client.get(url[:-12] + "0" * 12, headers=mine),
    ]
    assert {a.status_code for a in answers} == {404}
    assert len({a.json()["detail"] for a in answers}) == 1
    assert await offset(client, url, mine) == 0


async def test_what_is_no_photo_ends_the_upload_with_the_same_problem_for_ever(
    client: AsyncClient, stored: Stored
) -> None:
    script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    before = stored()
    url = await begin(client, script)
    answers = [
        await send(client, url, 0, script),
        await send(client, url, 0, script),
        await client.get(url, headers=GUEST),
    ]
    assert {(a.status_code, a.json()["code"]) for a in answers} == {(422, "media_not_an_image")}
    assert stored() == before
    empty = await client.post("/v1/media", headers={**GUEST, "Upload-Length": "0"})
    assert (empty.status_code, empty.json()["code"]) == (422, "media_not_an_image")


async def test_an_upload_can_be_given_up(client: AsyncClient, large: bytes, stored: Stored) -> None:
    before, url = stored(), await begin(client, large)
    await send(client, url, 0, large[: 2 * PIECE])
    assert len(stored()) == len(before) + 2
    assert (await client.delete(url, headers=GUEST)).status_code == 204
    assert stored() == before
    assert (await client.head(url, headers=GUEST)).status_code == 404
    assert (await client.delete(url, headers=GUEST)).status_code == 404


async def test_an_upload_lasts_a_day(
    app: FastAPI, client: AsyncClient, photo: Photo, clock: ManualClock, stored: Stored
) -> None:
    before, url = set(stored()), await begin(client, photo())
    answer = await send(client, url, 0, photo()[:50])
    tomorrow = format_datetime(clock.now() + timedelta(days=1), usegmt=True)
    assert answer.headers["upload-expires"] == tomorrow
    mine = set(stored()) - before
    clock.advance(timedelta(hours=23))
    await app.state.runtime.forget(uploads.forget_expired)
    assert await offset(client, url) == 50
    assert mine <= set(stored())
    clock.advance(timedelta(hours=2))
    assert (await client.head(url, headers=GUEST)).status_code == 404
    await app.state.runtime.forget(uploads.forget_expired)
    assert mine & set(stored()) == set()


async def test_a_creation_sent_again_with_its_key_is_the_same_upload(
    client: AsyncClient, photo: Photo, clock: ManualClock
) -> None:
    content, key = photo(), {"Idempotency-Key": "upload-0001"}
    urls = {await begin(client, content, **key) for _ in range(2)}
    assert len(urls) == 1
    other = {**GUEST, **key, "Upload-Length": "3"}
    reused = await client.post("/v1/media", headers=other)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    clock.advance(timedelta(hours=25))
    assert await begin(client, content, **key) not in urls


async def test_of_too_many_open_uploads_the_oldest_gives_way(
    client: AsyncClient, photo: Photo, stored: Stored
) -> None:
    before, urls = set(stored()), [await begin(client, photo()) for _ in range(3)]
    await send(client, urls[0], 0, b"x")
    assert set(stored()) > before
    urls += [await begin(client, photo()) for _ in range(14)]
    assert [(await client.head(url, headers=GUEST)).status_code for url in urls] == [404] + [200] * 16
    assert set(stored()) == before


async def test_bytes_that_changed_on_their_way_are_not_kept(
    client: AsyncClient, large: bytes, stored: Stored
) -> None:
    before, url = stored(), await begin(client, large)
    half, rest = large[: PIECE + 10], large[PIECE + 10 :]
    changed = await send(client, url, 0, half[:-1] + b"?", **checksum("sha1", half))
    assert (changed.status_code, changed.json()["code"]) == (460, "tus_checksum_wrong")
    assert (await offset(client, url), stored()) == (0, before)
    assert (await send(client, url, 0, half, **checksum("sha1", half))).status_code == 204
    assert (await send(client, url, len(half), rest, **checksum("sha256", rest))).status_code == 204
    assert (await client.get(url, headers=GUEST)).json()["media"]


BAD: list[tuple[dict[str, str], int, str]] = [
    ({"Tus-Resumable": "0.2.2"}, 412, "tus_version_unsupported"),
    ({"Upload-Length": ""}, 400, "tus_header_bad"),
    ({"Upload-Length": "-1"}, 400, "tus_header_bad"),
    ({"Upload-Length": "٣"}, 400, "tus_header_bad"),
    ({"Upload-Length": str(12 * 2**20 + 1)}, 413, "too_large"),
    ({"Upload-Length": "9" * 15}, 413, "too_large"),
    ({"Upload-Metadata": "filename"}, 201, ""),
    ({"Upload-Metadata": "filename !"}, 400, "tus_header_bad"),
    ({"Upload-Metadata": "a YQ==,a YQ=="}, 400, "tus_header_bad"),
    ({"Upload-Metadata": "a " + "YQ==" * 600}, 400, "tus_header_bad"),
    ({"Upload-Metadata": "filetype " + base64.b64encode(b"image/svg+xml").decode()}, 415, ""),
    ({"Idempotency-Key": "?"}, 400, "idempotency_key_bad"),
]


async def test_a_creation_that_is_not_tus_is_refused(client: AsyncClient) -> None:
    for sent, status, code in BAD:
        raw = {name: value.encode() for name, value in {**GUEST, "Upload-Length": "9", **sent}.items()}
        answer = await client.post("/v1/media", headers=raw)
        assert (sent, answer.status_code) == (sent, status)
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert code in answer.text
        assert ("tus-version" in answer.headers) == (status == 412)


async def test_a_part_that_is_not_tus_is_refused(client: AsyncClient, photo: Photo) -> None:
    url = await begin(client, photo())
    table: list[tuple[dict[str, str], int]] = [
        ({"Tus-Resumable": "2.0.0"}, 412),
        ({"Upload-Offset": "x"}, 400),
        ({"Content-Type": "image/jpeg"}, 415),
        ({"Upload-Checksum": "md5 YQ=="}, 400),
        ({"Upload-Checksum": "sha1 ?"}, 400),
    ]
    for sent, status in table:
        assert (await send(client, url, 0, b"x", **sent)).status_code == status, sent
    twice = [(b"upload-offset", b"0"), (b"upload-offset", b"1")]
    raw = [(n.encode(), v.encode()) for n, v in {**GUEST, **CHUNK}.items()]
    assert (await client.patch(url, content=b"x", headers=[*raw, *twice])).status_code == 400
    assert await offset(client, url) == 0


async def test_metadata_comes_back_as_it_was_sent_and_lies_encrypted(
    app: FastAPI, client: AsyncClient, photo: Photo
) -> None:
    name = base64.b64encode("../../demo ‮gpj.exe\r\nX: y".encode()).decode()
    told = f"filename {name},filetype aW1hZ2UvanBlZw==,is_confidential"
    url = await begin(client, photo(), **{"Upload-Metadata": told})
    assert (await client.head(url, headers=GUEST)).headers["upload-metadata"] == told
    async with app.state.runtime.database.connection() as connection:
        wanted = "SELECT u::text, u.sealed_metadata FROM media_uploads u WHERE id = $1"
        row = (await connection.exec_driver_sql(wanted, (UUID(url[-36:]),))).one()
    assert name not in row[0]
    assert name.encode() not in row[1]


async def test_from_where_only_post_gets_through_post_is_enough(client: AsyncClient, photo: Photo) -> None:
    content = photo()
    url = await begin(client, content)
    patch = {**GUEST, **CHUNK, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = await client.post(url, content=content, headers=patch)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(content)))
    delete = {**GUEST, "X-HTTP-Method-Override": "DELETE"}
    assert (await client.post(url, headers=delete)).status_code == 204
    assert (await client.head(url, headers=GUEST)).status_code == 404
    assert (await client.post(url, headers={**GUEST, "X-HTTP-Method-Override": "PUT"})).status_code == 422


async def test_a_client_may_ask_what_is_spoken_and_browsers_may_send_it(
    app: FastAPI, client: AsyncClient
) -> None:
    del client.headers["X-Api-Key"]
    said = await client.options("/v1/media")
    assert (said.status_code, said.headers["tus-version"], said.headers["tus-max-size"]) == (
        204,
        "1.0.0",
        str(12 * 2**20),
    )
    assert "creation-with-upload" in said.headers["tus-extension"]
    origin = {"Origin": "https://app.example.go.id"}
    wanted = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "upload-offset"}
    preflight = await client.options("/v1/media/uploads/x", headers={**origin, **wanted})
    allowed = preflight.headers["access-control-allow-headers"].lower()
    for name in ("tus-resumable", "upload-length", "upload-offset", "upload-metadata", "upload-checksum"):
        assert name in allowed
    assert {"DELETE", "GET", "HEAD", "PATCH"} <= set(
        preflight.headers["access-control-allow-methods"].split(", ")
    )
    answer = await client.options("/v1/media", headers=origin)
    exposed = answer.headers["access-control-expose-headers"].lower()
    for name in ("location", "tus-resumable", "upload-offset", "upload-length", "upload-expires"):
        assert name in exposed
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert set(paths["/v1/media/uploads/{upload_id}"]) == {"get", "patch", "post", "delete"}
    assert paths["/v1/media"]["options"]["x-city"]["key"] == "none"
