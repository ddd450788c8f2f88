"""HTTP of this slice: photos in, their variants out.

Both routes are streams in the sense of `x-city`: the route class opens no transaction for them, because a
database connection must not wait for a slow body, a decoder or a store. The use case opens short ones itself.
"""

import asyncio
import hashlib
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response
from starlette.datastructures import UploadFile

from gateway.media import documents, queries, usecases
from gateway.media.schemas import ACCEPTED, MediaOut, idempotency_key, refuse_other_types
from gateway.media.uploads import api as uploads
from gateway.media.uploads.schemas import CHUNK, UploadOut
from gateway.media.usecases import Upload, Workshop
from shared.auth import Allow, Anyone, Caller
from shared.edge.limits import UPLOAD_LIMIT
from shared.errors import NotFound, RequestTimeout, TooLarge, Unprocessable
from shared.media import may_read
from shared.openapi import told
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime

_VARIANTS = ("thumb", "small", "full")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY["schema"]}}}
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {**dict.fromkeys((*ACCEPTED, CHUNK), _BINARY), "multipart/form-data": _FORM},
    },
    "parameters": [
        *uploads.HEADERS_OF_CREATION,
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "May be left out: the same file of the same person within 7 days is one upload.",
            "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[A-Za-z0-9_.:-]+$"},
        },
    ],
}
_PHOTO: dict[int | str, dict[str, Any]] = {
    200: {"description": "The photo", "headers": told("ETag"), "content": {"image/jpeg": _BINARY}},
    304: {"description": "If-None-Match named this answer", "headers": told("ETag")},
}
router = CityRouter(tags=["media"])


class FileMissing(Unprocessable):
    code = "media_file_missing"


@router.post(
    "/v1/media",
    status_code=201,
    openapi_extra={**x_city(stream=True, body_limit=UPLOAD_LIMIT, deadline_ms=60_000), **_UPLOAD},
    responses={409: {}, 412: {}, 415: {}, 422: {}, 460: {}},
)
async def upload(
    request: Request, response: Response, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> MediaOut | UploadOut:
    """Stores a photo (JPEG, PNG, WebP; at most 12 MiB and 40 megapixels), stripped of its metadata.

    With the header `Tus-Resumable: 1.0.0` the photo may come in several goes: the answer says by `Location`
    where to send the bytes.
    """
    owner, shop = caller.scope, run.part(Workshop)
    if uploads.is_meant(request.headers):
        return await uploads.begin(request, response, run, owner)
    with shop.place(owner):
        try:
            async with asyncio.timeout(shop.seconds):
                sent = await _received(request, owner)
        except TimeoutError as error:
            raise RequestTimeout from error
        media = await usecases.keep_upload(shop, sent, now=run.clock.now())
    return documents.described(run, media)


@router.get(
    "/v1/media/{media_id}",
    openapi_extra=x_city(stream=True, key="none"),
    responses=_PHOTO,
    response_class=Response,
)
async def read(
    media_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    v: Annotated[str, Query(max_length=100, json_schema_extra={"enum": _VARIANTS})] = "full",
    exp: Annotated[str, Query(max_length=100, description="Unix seconds, signed")] = "",
    sig: Annotated[str, Query(max_length=100)] = "",
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
    keys, now = run.settings.media_keys, run.clock.now()
    if variant not in _VARIANTS or not re.fullmatch(r"[0-9]{1,12}", expires):
        raise NotFound
    try:
        wanted = UUID(media_id)
    except ValueError as error:
        raise NotFound from error
    if not may_read(wanted, variant, int(expires), offered, keys, now):
        raise NotFound
    return wanted


async def _received(request: Request, owner: str) -> Upload:
    """The file in the body, raw or as the form field `file`."""
    key = idempotency_key(request.headers)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await (_from_form(request) if kind == "multipart/form-data" else _raw(request, kind))
    return Upload(owner, content, hashlib.sha256(content).digest(), key)


async def _raw(request: Request, kind: str) -> bytes:
    refuse_other_types(kind)
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
        refuse_other_types(file.content_type or "")
        content = await file.read(UPLOAD_LIMIT + 1)
    if len(content) > UPLOAD_LIMIT:
        raise TooLarge(limit=UPLOAD_LIMIT)
    return content
