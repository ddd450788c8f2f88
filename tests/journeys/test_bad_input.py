"""Bad input at the front door gets a clear problem and loses nothing."""

import io
import json
import zlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from struct import pack
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from deploy.local.actors import Actor, photo

Body = Callable[..., dict[str, Any]]


async def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


async def upload(actor: Actor, content: bytes, kind: str = "image/jpeg") -> httpx.Response:
    headers = {**actor.headers, "Content-Type": kind, "Idempotency-Key": "upload-" + str(len(content))}
    return await actor.http.post("/v1/media", content=content, headers=headers)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header promises more pixels than anybody should decode."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


async def test_a_broken_jpeg_is_named_as_such(city: Any) -> None:
    resident = await city.resident()
    whole = photo(-6.17, 106.63, city.clock.now(), "demo")
    await problem(await upload(resident, whole[: len(whole) // 2]), 422)
    await problem(await upload(resident, b"not a picture"), 422)
    await problem(await upload(resident, b"<svg onload=alert(1)>", "image/svg+xml"), 415)


async def test_a_50_megapixel_image_is_refused_before_it_is_decoded(city: Any) -> None:
    answer = await upload(await city.resident(), png_claiming(10_000, 5_000), "image/png")
    await problem(answer, 422)
    assert answer.elapsed < timedelta(seconds=1.5)
    assert Image.open(io.BytesIO(png_claiming(10_000, 5_000))).size == (10_000, 5_000)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"point": {"lat": 91, "lon": 106.6}}, "point.lat"),
        ({"point": {"lat": -6.1}}, "point.lon"),
        ({"category": "tidak-ada"}, "category"),
        ({"description": "x" * 4_001}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"id": "7"}, "id"),
        ({"point": {"lat": "-6.1783", "lon": 106.6319}}, "point.lat"),
        ({"point": {"lat": -6.1783, "lon": True}}, "point.lon"),
        ({"insist_outside": "yes"}, "insist_outside"),
    ],
)
async def test_a_wrong_field_is_named(city: Any, pothole: Body, changes: dict[str, Any], field: str) -> None:
    resident, key = await city.resident(), uuid4().hex
    answer = await resident.call("POST", "/v1/laksa/reports", body=pothole(**changes), key=key)
    body = await problem(answer, 422)
    assert [error["field"] for error in body["errors"]] == [field]
    mended = await resident.call("POST", "/v1/laksa/reports", body=pothole(), key=key)
    assert mended.status_code in (200, 201), "a refused try must not use up the key"


async def test_a_point_outside_the_city_is_asked_about_and_taken_if_insisted(
    city: Any, pothole: Body
) -> None:
    resident = await city.resident()
    jakarta = {"lat": -6.2, "lon": 106.85}
    await problem(await resident.call("POST", "/v1/laksa/reports", body=pothole(point=jakarta)), 422)
    taken = await resident.post("/v1/laksa/reports", pothole(point=jakarta, insist_outside=True))
    assert taken["state"]["code"] == "coordination"


@pytest.mark.parametrize(
    "content",
    [
        '{"category": "jalan-berlubang", "description": "x", "point": {"lat": NaN, "lon": 1}}',
        "[" * 50_000,
        "{",
    ],
)
async def test_nan_and_deep_and_broken_json_are_refused(city: Any, content: str) -> None:
    resident = await city.resident()
    headers = {**resident.headers, "Content-Type": "application/json", "Idempotency-Key": "odd-json-key"}
    answer = await resident.http.post("/v1/laksa/reports", content=content, headers=headers)
    await problem(answer, 422 if "NaN" in content else 400)


async def test_a_missing_key_and_an_expired_token_say_what_to_do(city: Any, pothole: Body) -> None:
    bare = await city.http.get("/v1/laksa/categories")
    await problem(bare, 401)
    resident = await city.resident()
    sent = {**resident.headers, "Content-Type": "application/json"}
    without = await resident.http.post("/v1/laksa/reports", json=pothole(), headers=sent)
    assert (await problem(without, 400))["code"] == "idempotency_key_missing"
    city.clock.advance(timedelta(minutes=11))
    expired = await problem(await resident.call("GET", "/v1/me/requests"), 401)
    assert expired["code"] == "unauthenticated"


async def test_an_expired_token_is_exchanged_although_the_app_still_sends_it(city: Any) -> None:
    resident = await city.resident()
    phone = city.sign_ins["citizens"][0]["phone"]
    city.clock.advance(timedelta(minutes=11))
    challenge = await resident.post("/v1/auth/otp", {"phone": phone})
    signed = await resident.post(
        "/v1/auth/otp/verify", {"challenge_id": challenge["challenge_id"], "code": "112233"}
    )
    city.clock.advance(timedelta(minutes=11))
    resident.headers["Authorization"] = f"Bearer {signed['access_token']}"
    fresh = await resident.post("/v1/auth/refresh", {"refresh_token": signed["refresh_token"]})
    resident.headers["Authorization"] = f"Bearer {fresh['access_token']}"
    assert (await resident.get("/v1/me"))["id"] == signed["citizen"]["id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/auth/staff", {"username": "a\x00", "password": "x"}),
        ("GET", "/v1/laksa/reports/nearby?lat=1e-320&lon=0", None),
        ("GET", "/v1/laksa/reports/nearby?lat=-1e-300&lon=-1e-300&radius_m=1", None),
        ("GET", "/v1/laksa/reports/mine%0a", None),
        ("GET", "/v1/laksa/reports?cursor=W10", None),
    ],
)
async def test_odd_input_is_never_our_fault(city: Any, method: str, path: str, body: Any) -> None:
    answer = await city.guest().call(method, path, body=body)
    assert answer.status_code < 500, answer.text


async def test_a_number_that_no_computer_holds_is_a_wrong_answer(city: Any, pothole: Body) -> None:
    resident = await city.resident()
    huge = pothole(category="permintaan-lampu", attributes={"panjang": 10**309})
    answer = await resident.call("POST", "/v1/laksa/reports", body=huge)
    assert (await problem(answer, 422))["errors"][0]["field"] == "attributes.panjang"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x", None])
async def test_a_forged_cursor_is_called_bad(city: Any, at: Any) -> None:
    resident = await city.resident()
    for number in range(2):
        await resident.post("/v1/laksa/reports", pothole_body(number))
    page = await resident.get("/v1/laksa/reports/mine?limit=1")
    position, digest = json.loads(b64decode(page["next"] + "==", altchars=b"-_"))
    forged = urlsafe_b64encode(json.dumps([[at, position[1]], digest]).encode()).decode().rstrip("=")
    answer = await resident.call("GET", f"/v1/laksa/reports/mine?limit=1&cursor={forged}")
    assert (await problem(answer, 400))["code"] == "bad_cursor"


def pothole_body(number: int) -> dict[str, Any]:
    lat, lon = -6.1783, 106.6319 + number / 1_000
    point = {"lat": lat, "lon": lon}
    words = {"category": "jalan-berlubang", "description": "demo: lubang", "attributes": {"bahaya": "ya"}}
    return {**words, "point": point}
