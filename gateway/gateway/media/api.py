"""HTTP of this slice: photos in, their variants out.

Both routes are streams in the sense of `x-city`: the route class opens no transaction for them, because a
database connection must not wait for a slow body, a decoder or a store. The use case opens short ones itself.
"""

import asyncio
import hashlib
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from starlette.datastructures import UploadFile

from gateway.media import documents, queries, usecases
from gateway.media.models import Media
from gateway.media.schemas import MediaOut, UrlsOut
from gateway.media.usecases import Upload, Workshop
from shared.auth import Allow, Anyone, Caller, Signer
from shared.edge.limits import UPLOAD_LIMIT
from shared.errors import (
    IdempotencyKeyBad,
    NotFound,
    RequestTimeout,
    TooLarge,
    Unprocessable,
    UnsupportedMediaType,
)
from shared.media import issue, may_read, signed_path
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from shared.schemas import Point

_ACCEPTED = ("image/jpeg", "image/png", "image/webp")
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,200}")
_RECEIVE_SECONDS = 60
_VARIANTS = ("thumb", "small", "full")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY["schema"]}}}
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {**dict.fromkeys(_ACCEPTED, _BINARY), "multipart/form-data": _FORM},
    },
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "May be left out: the same file of the same person within 7 days is one upload.",
            "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[A-Za-z0-9_.:-]+$"},
        }
    ],
}
_PHOTO: dict[int | str, dict[str, Any]] = {
    200: {"description": "The photo", "content": {"image/jpeg": _BINARY}}
}
router = CityRouter(tags=["media"])


class FileMissing(Unprocessable):
    code = "media_file_missing"


@router.post(
    "/v1/media",
    status_code=201,
    openapi_extra={**x_city(stream=True, body_limit=UPLOAD_LIMIT, deadline_ms=60_000), **_UPLOAD},
)
async def upload(request: Request, run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> MediaOut:
    """Stores a photo (JPEG, PNG, WebP; at most 12 MiB and 40 megapixels), stripped of its metadata."""
    owner, shop = caller.scope, run.part(Workshop)
    with shop.place():
        try:
            async with asyncio.timeout(_RECEIVE_SECONDS):
                sent = await _received(request, owner)
        except TimeoutError as error:
            raise RequestTimeout from error
        media = await usecases.keep_upload(shop, sent, now=run.clock.now())
    return _answer(run, media)


@router.get("/v1/media/{media_id}", openapi_extra=x_city(stream=True, key="none"), responses=_PHOTO)
async def read(
    media_id: str,
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    v: str = "full",
    exp: str = "",
    sig: str = "",
) -> Response:
    """One variant (thumb, small, full) of a photo, by a signed address; 404 for any other."""
    now = run.clock.now()
    wanted = _signed(media_id, v, exp, sig, run)
    async with run.database.transaction() as session:
        media = await queries.by_id(session, wanted)
    if media is None:
        raise NotFound
    return await documents.photo(run, media, v, int(exp), request.headers, now)


def _signed(media_id: str, variant: str, expires: str, offered: str, run: Runtime) -> UUID:
    """The id, if the gateway or a service signed this address; every other address is 404 alike."""
    secret, now = run.settings.media_secret(), run.clock.now()
    if variant not in _VARIANTS or not re.fullmatch(r"[0-9]{1,12}", expires):
        raise NotFound
    try:
        wanted = UUID(media_id)
    except ValueError as error:
        raise NotFound from error
    if not may_read(wanted, variant, int(expires), offered, secret, now):
        raise NotFound
    return wanted


async def _received(request: Request, owner: str) -> Upload:
    """The file in the body, raw or as the form field `file`."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise IdempotencyKeyBad
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await (_from_form(request) if kind == "multipart/form-data" else _raw(request, kind))
    return Upload(owner, content, hashlib.sha256(content).digest(), key)


async def _raw(request: Request, kind: str) -> bytes:
    _accept(kind)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > UPLOAD_LIMIT:
            raise TooLarge(limit=UPLOAD_LIMIT)
    return bytes(body)


async def _from_form(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise FileMissing
        _accept((file.content_type or "").partition(";")[0].strip().lower())
        content = await file.read(UPLOAD_LIMIT + 1)
    if len(content) > UPLOAD_LIMIT:
        raise TooLarge(limit=UPLOAD_LIMIT)
    return content


def _accept(kind: str) -> None:
    if kind not in _ACCEPTED:
        raise UnsupportedMediaType(accepted=", ".join(_ACCEPTED))


def _answer(run: Runtime, media: Media) -> MediaOut:
    now, secret = run.clock.now(), run.settings.media_secret()
    facts = usecases.receipt(media, run.cipher)
    point = None if facts.captured_lat is None else Point(lat=facts.captured_lat, lon=facts.captured_lon)
    return MediaOut(
        media_id=media.id,
        receipt=issue(facts, run.part(Signer), now),
        type=media.type,
        size=media.size,
        captured_at=facts.captured_at and facts.captured_at.astimezone(run.city.zone),
        captured_point=point,
        urls=UrlsOut(**{v: signed_path(media.id, v, secret, now) for v in ("thumb", "small", "full")}),
    )
