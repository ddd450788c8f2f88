"""HTTP of tus 1.0.0: `POST /v1/media` begins, then bytes go to the address it answered, until all have come.

PATCH needs no transaction while bytes trickle in, so these routes are streams in the sense of `x-city`.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Request, Response
from starlette.requests import ClientDisconnect

from gateway.answers import never_stored
from gateway.media import documents
from gateway.media.arrivals import usecases as arrivals
from gateway.media.images.client import NotAnImage
from gateway.media.schemas import MediaOut, idempotency_key
from gateway.media.uploads import schemas, usecases
from gateway.media.uploads.models import MediaUpload
from gateway.media.uploads.schemas import ABILITIES, CHUNK, METADATA, VERSION, UploadOut
from gateway.media.usecases import Workshop
from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.edge.limits import UPLOAD_LIMIT
from shared.errors import Problem, RequestTimeout
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime

_PATH = "/v1/media/uploads/{upload_id}"
_Guest = Annotated[Caller, Allow(Anyone)]


def _header(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema}


_BYTES = {"type": "integer", "minimum": 0, "maximum": UPLOAD_LIMIT}
_CHECKSUM = {"type": "string", "pattern": "^(sha256 [A-Za-z0-9+/]{43}=|sha1 [A-Za-z0-9+/]{27}=)$"}
_VERSION = {"type": "string", "enum": [VERSION]}
HEADERS_OF_CREATION = (
    _header("Tus-Resumable", _VERSION),
    _header("Upload-Length", _BYTES),
    _header("Upload-Metadata", {"type": "string", "maxLength": 2_048, "pattern": METADATA}),
)
_PART: dict[str, Any] = {
    "requestBody": {"required": True, "content": {CHUNK: {"schema": {"type": "string", "format": "binary"}}}},
    "parameters": [
        _header("Tus-Resumable", _VERSION, required=True),
        _header("Upload-Offset", _BYTES, required=True),
        _header("Upload-Checksum", _CHECKSUM),
    ],
}
_TUS = {"parameters": [_header("Tus-Resumable", _VERSION, required=True)]}
_REFUSED: dict[int | str, dict[str, Any]] = {409: {}, 412: {}, 415: {}, 422: {}, 460: {}}
_STREAM = x_city(stream=True, body_limit=UPLOAD_LIMIT, deadline_ms=60_000)
router = CityRouter(tags=["media"])


@router.options("/v1/media", status_code=204, openapi_extra=x_city(stream=True, key="none"))
async def abilities(caller: _Guest) -> Response:
    """Which version and extensions of tus are spoken here, and how large a file may be."""
    return Response(status_code=204, headers=ABILITIES)


@router.get(_PATH, dependencies=[never_stored], responses={412: {}})
async def look(
    upload_id: UUID, session: Db, request: Request, response: Response, run: Run, caller: _Guest
) -> UploadOut:
    """How far an upload is (HEAD: in headers alone); once it is complete, the photo and its receipt."""
    with _tus({"tus-resumable": VERSION, **request.headers}):  # who only reads need not speak it
        upload, media = await usecases.look(session, upload_id, caller.scope, now=run.clock.now())
    told = {**_told(upload), "Upload-Length": str(upload.length)}
    metadata = usecases.metadata_of(upload, run.cipher)
    response.headers.update(told if metadata is None else {**told, "Upload-Metadata": metadata})
    return _out(run, upload, None if media is None else documents.described(run, media))


@router.patch(_PATH, status_code=204, openapi_extra={**_STREAM, **_PART}, responses=_REFUSED)
async def send_on(upload_id: UUID, request: Request, run: Run, caller: _Guest) -> Response:
    """Adds bytes at `Upload-Offset`; what came before a connection broke is kept.

    The last byte makes it a photo: then GET tells its receipt, or this answers why it is none.
    """
    with _tus(request.headers):
        return await _add(upload_id, request, run, caller.scope)


@router.delete(_PATH, status_code=204, openapi_extra={**x_city(stream=True), **_TUS}, responses={412: {}})
async def give_up(upload_id: UUID, request: Request, run: Run, caller: _Guest) -> Response:
    """Forgets an upload and its bytes; a photo that is complete stays."""
    with _tus(request.headers):
        return await _give_up(upload_id, run, caller.scope)


@router.post(_PATH, status_code=204, openapi_extra={**_STREAM, **_PART}, responses=_REFUSED)
async def by_post(
    upload_id: UUID,
    request: Request,
    run: Run,
    caller: _Guest,
    method: Annotated[str, Header(alias="X-HTTP-Method-Override", pattern="^(PATCH|DELETE)$")],
) -> Response:
    """PATCH or DELETE, as X-HTTP-Method-Override says, from where only POST gets through."""
    with _tus(request.headers):
        if method == "DELETE":
            return await _give_up(upload_id, run, caller.scope)
        return await _add(upload_id, request, run, caller.scope)


def is_meant(headers: Mapping[str, str]) -> bool:
    """Whether a POST speaks tus; one that forgot the version is told so instead of being misunderstood."""
    return any(name in headers for name in ("tus-resumable", "upload-length", "upload-metadata"))


async def begin(request: Request, response: Response, run: Runtime, owner: str) -> UploadOut:
    """POST /v1/media with `Tus-Resumable`: the address for the bytes; the first of them may come with it."""
    with _tus(request.headers):
        length, metadata = schemas.length(request.headers), schemas.metadata(request.headers)
        if length == 0:
            raise NotAnImage
        shop, key = run.part(Workshop), idempotency_key(request.headers)
        now = run.clock.now()
        upload = await usecases.create(shop, owner, length=length, metadata=metadata, key=key, now=now)
        if _has_body(request.headers) and upload.received == 0:
            upload = await _received(upload.id, 0, request, run, owner)
    response.headers.update({**_told(upload), "Location": _PATH.format(upload_id=upload.id)})
    return _out(run, upload, None)


async def _add(upload_id: UUID, request: Request, run: Runtime, owner: str) -> Response:
    offset = schemas.number(request.headers, "Upload-Offset")
    upload = await _received(upload_id, offset, request, run, owner)
    return Response(status_code=204, headers=_told(upload))


async def _received(upload_id: UUID, offset: int, request: Request, run: Runtime, owner: str) -> MediaUpload:
    """Takes the body in. Whoever hangs up in the middle, or takes too long over it, leaves what came."""
    shop, headers = run.part(Workshop), request.headers
    schemas.refuse_other_bodies(headers)
    length = headers.get("content-length")
    checksum, announced = schemas.checksum(headers), None if length is None else int(length)
    with shop.place_for_part(owner):
        upload = await arrivals.go_on(shop, upload_id, owner, offset, announced, now=run.clock.now())
        if upload.media_id is not None:
            return upload
        arrival = await arrivals.begin(shop, upload, checksum)
        try:
            await _taken(request, run, arrival)
            await arrivals.settle(shop, arrival, broke_off=False, now=run.clock.now())
        except BaseException:
            await arrival.forget()
            raise
    return upload


async def _taken(request: Request, run: Runtime, arrival: arrivals.Arrival) -> None:
    try:
        async with asyncio.timeout(arrivals.LONGEST_SECONDS):
            async for part in request.stream():
                await arrival.take(part)
    except (ClientDisconnect, TimeoutError) as error:
        await arrivals.settle(run.part(Workshop), arrival, broke_off=True, now=run.clock.now())
        if isinstance(error, TimeoutError):
            raise RequestTimeout from error
        raise


async def _give_up(upload_id: UUID, run: Runtime, owner: str) -> Response:
    await usecases.terminate(run.part(Workshop), upload_id, owner, now=run.clock.now())
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


@contextmanager
def _tus(headers: Mapping[str, str]) -> Iterator[None]:
    """Problems say the version too, as tus wants it."""
    try:
        schemas.check_version(headers)
        yield
    except Problem as problem:
        problem.headers["Tus-Resumable"] = VERSION
        raise


def _told(upload: MediaUpload) -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at.astimezone(UTC), usegmt=True),
        "Cache-Control": "no-store",
    }


def _out(run: Runtime, upload: MediaUpload, media: MediaOut | None) -> UploadOut:
    return UploadOut(
        upload_id=upload.id,
        offset=upload.received,
        length=upload.length,
        expires_at=upload.expires_at.astimezone(run.city.zone),
        media=media,
    )


def _has_body(headers: Mapping[str, str]) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
