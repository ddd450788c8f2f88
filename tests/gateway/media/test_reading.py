"""Reading a photo: by a signed address alone, as something a browser shows and never runs."""

import base64
import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.clock import ManualClock
from shared.ids import new_id
from shared.media import may_read, signature, signed_path

Photo = Callable[..., bytes]
DEVICE = {"X-Device-Id": "device-0001", "Content-Type": "image/jpeg"}


@pytest.fixture
async def url(client: AsyncClient, photo: Photo) -> str:
    answer = await client.post("/v1/media", content=photo(), headers=DEVICE)
    full: str = answer.json()["urls"]["full"]
    return full


async def test_a_signed_address_needs_neither_key_nor_token(client: AsyncClient, url: str) -> None:
    del client.headers["X-Api-Key"]
    answer = await client.get(url)
    assert (answer.status_code, answer.content[:2]) == (200, b"\xff\xd8")
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_a_browser_may_show_it_and_keep_it_until_the_address_ends(
    client: AsyncClient, url: str, clock: ManualClock
) -> None:
    headers = (await client.get(url)).headers
    left = int(parse_qs(urlsplit(url).query)["exp"][0]) - int(clock.now().timestamp())
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["content-disposition"].startswith('attachment; filename="')
    assert headers["cache-control"] == f"private, max-age={left}, immutable"


async def test_who_holds_this_very_file_gets_304(client: AsyncClient, url: str) -> None:
    etag = (await client.get(url)).headers["etag"]
    assert not etag.startswith("W/")
    again = await client.get(url, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_head_answers_like_get_without_the_file(client: AsyncClient, url: str) -> None:
    got, asked = await client.get(url), await client.head(url)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == got.headers["content-length"]


async def test_any_other_address_is_not_found_alike(client: AsyncClient, url: str) -> None:
    changes = [
        ("v=full", "v=small"),
        ("v=full", "v=original"),
        ("sig=", "sig=A"),
        ("exp=", "exp=9"),
        ("exp=", "exp=%C2%B2"),
        ("/v1/media/0", "/v1/media/1"),
        ("/v1/media/0", "/v1/media/x"),
    ]
    tried = [url.replace(*change) for change in changes]
    tried += [f"/v1/media/{new_id()}?v=full&exp=1&sig=x", urlsplit(url).path]
    assert url not in tried
    answers = [await client.get(each) for each in tried]
    assert {a.status_code for a in answers} == {404}
    assert len({a.json()["detail"] for a in answers}) == 1


async def test_an_address_ends(client: AsyncClient, url: str, clock: ManualClock) -> None:
    assert (await client.get(url)).status_code == 200
    clock.advance(timedelta(hours=2))
    assert (await client.get(url)).status_code == 404


async def test_a_signed_address_of_a_photo_that_is_gone_is_not_found(
    app: FastAPI, client: AsyncClient, clock: ManualClock, url: str, media_folder: Path
) -> None:
    keys = app.state.runtime.settings.media_keys
    assert (await client.get(signed_path(new_id(), "full", keys, clock.now()))).status_code == 404
    shutil.rmtree(media_folder)
    assert (await client.get(url)).status_code == 404


async def test_addresses_handed_out_before_the_key_was_changed_are_good_until_they_end(
    make_app: Callable[..., FastAPI], clock: ManualClock
) -> None:
    one, two = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    rings = {"before": one, "during": json.dumps({"k2": two, "k1": one}), "after": json.dumps({"k2": two})}
    keys = {
        name: make_app(media_signing_key=ring).state.runtime.settings.media_keys
        for name, ring in rings.items()
    }
    media_id, now = new_id(), clock.now()

    def reads(url: str, ring: str, moment: datetime) -> bool:
        query = parse_qs(urlsplit(url).query)
        return may_read(media_id, "full", int(query["exp"][0]), query["sig"][0], keys[ring], moment)

    old, new = (signed_path(media_id, "full", keys[name], now) for name in ("before", "during"))
    assert [reads(old, ring, now) for ring in rings] == [True, True, False]
    assert [reads(new, ring, now) for ring in rings] == [False, True, True]
    assert not reads(old, "during", now + timedelta(hours=2))
    endless = int(now.timestamp()) + 3 * 3_600
    forged = signature(media_id, "full", endless, keys["before"][0])
    assert not may_read(media_id, "full", endless, forged, keys["during"], now)
