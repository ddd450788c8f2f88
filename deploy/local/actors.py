"""People at the front door: a resident and members of staff, as the demo and the journeys play them."""

import asyncio
import io
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pyotp
from PIL import Image, ImageDraw


class Actor:
    """Somebody with a front-end key and, once signed in, a token; every call is a real HTTP request."""

    def __init__(self, http: httpx.AsyncClient, api_key: str, language: str = "id") -> None:
        self.http = http
        self.headers = {"X-Api-Key": api_key, "Accept-Language": language}

    async def call(
        self, method: str, path: str, *, body: Any = None, key: str | None = None, **headers: str
    ) -> httpx.Response:
        """One request; a write gets an Idempotency-Key of its own unless one is given."""
        sent = {**self.headers, **headers}
        if method != "GET":
            sent.setdefault("Idempotency-Key", key or uuid4().hex)
        return await self.http.request(method, path, json=body, headers=sent)

    async def get(self, path: str) -> Any:
        """The answer's JSON; httpx.HTTPStatusError if it is none."""
        return _good(await self.call("GET", path)).json()

    async def post(self, path: str, body: Any = None) -> Any:
        """The answer's JSON; httpx.HTTPStatusError if it is a problem."""
        return _good(await self.call("POST", path, body=body)).json()

    async def upload(self, photo: bytes) -> dict[str, Any]:
        """Sends a photo and answers what the gateway says of it, receipt included."""
        sent = {**self.headers, "Content-Type": "image/jpeg", "Idempotency-Key": uuid4().hex}
        answer: dict[str, Any] = _good(await self.http.post("/v1/media", content=photo, headers=sent)).json()
        return answer

    async def sign_in(self, phone: str, otp: str) -> None:
        """A resident, by one-time code."""
        challenge = await self.post("/v1/auth/otp", {"phone": phone})
        code = {"challenge_id": challenge["challenge_id"], "code": otp}
        self._signed(await self.post("/v1/auth/otp/verify", code))

    async def sign_in_staff(self, account: dict[str, Any], now: datetime | None = None) -> None:
        """A member of staff, by password and, where the account has it, time-based code."""
        body = {"username": account["username"], "password": account["password"]}
        if account.get("totp_secret"):
            body["totp"] = pyotp.TOTP(account["totp_secret"]).at(now or datetime.now(UTC))
        self._signed(await self.post("/v1/auth/staff", body))

    async def events(self) -> AsyncIterator[tuple[str, Any]]:
        """(name, data) of what the city tells this person, for as long as the caller listens."""
        ticket = (await self.post("/v1/me/stream/ticket"))["ticket"]
        async with self.http.stream("GET", f"/v1/me/stream?ticket={ticket}", timeout=None) as answer:
            name = "message"
            async for line in answer.aiter_lines():
                field, _, value = line.partition(":")
                if field == "event":
                    name = value.strip()
                elif field == "data":
                    yield name, json.loads(value)

    def _signed(self, tokens: dict[str, Any]) -> None:
        self.headers["Authorization"] = f"Bearer {tokens['access_token']}"


class Listener:
    """Collects an actor's events beside everything else that actor does."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self.heard: list[tuple[str, Any]] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self._actor.events():
            self.heard.append(event)

    async def until(self, count: int, seconds: float = 10) -> None:
        """Waits until that many events came; TimeoutError if they do not."""
        async with asyncio.timeout(seconds):
            while len(self.heard) < count:
                if self._task.done():
                    self._task.result()
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Hangs up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def photo(
    lat: float, lon: float, taken_at: datetime, words: str, size: tuple[int, int] = (1600, 1200)
) -> bytes:
    """A JPEG as a phone makes it: EXIF says when (`taken_at` with its offset) and where; no two are alike."""
    image = Image.new("RGB", size, tuple(secrets.token_bytes(3)))
    ImageDraw.Draw(image).text((40, 40), words, fill="white", font_size=48)
    exif = Image.Exif()
    exif[0x010F] = "Demo"
    exif.get_ifd(0x8769).update(
        {0x9003: taken_at.strftime("%Y:%m:%d %H:%M:%S"), 0x9011: taken_at.isoformat()[-6:]}
    )
    exif.get_ifd(0x8825).update(
        {1: "S" if lat < 0 else "N", 2: _degrees(lat), 3: "W" if lon < 0 else "E", 4: _degrees(lon)}
    )
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=85)
    return out.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    whole, rest = divmod(abs(value) * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return (whole, minutes, round(seconds, 4))


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise httpx.HTTPStatusError(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}",
            request=answer.request,
            response=answer,
        )
    return answer
