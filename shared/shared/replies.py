"""Answers with what HTTP wants beside the body: a strong ETag, 304, language and cache (contracts 11)."""

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import PreconditionFailed

IfMatch = Annotated[str | None, Header(max_length=200, description="ETag of the version you changed")]

#: What the document says of an operation that answers by `reply`.
REPLIED = {
    "headers": {n: {"required": True, "schema": {"type": "string"}} for n in ("ETag", "Content-Language")}
}


def reply(
    request: Request,
    body: BaseModel,
    *,
    version: int = 0,
    public: bool = False,
    status: int = 200,
    location: str | None = None,
) -> Response:
    """The model as JSON with `ETag: "<version>.<hash>"`; 304 if a reader holds this very answer.

    `version` is the row's (0 for a list). `public`: whether shared caches may keep it.
    """
    more = {"Location": location} if location is not None else {}
    content = body.model_dump_json().encode()
    return reply_bytes(
        request, content, "application/json", version=version, public=public, status=status, **more
    )


def reply_bytes(
    request: Request,
    content: bytes,
    media_type: str,
    *,
    version: int = 0,
    public: bool = False,
    status: int = 200,
    **more: str,
) -> Response:
    """The same for what is no JSON of ours: feeds, calendars, CSV, pictures. `more` are further headers."""
    headers = {
        "ETag": f'"{version}.{hashlib.sha256(content).hexdigest()[:24]}"',
        "Cache-Control": "public, no-cache" if public else "private, no-cache",
        "Content-Language": request.scope["city"].language,
        "Vary": "Accept-Language",
        **more,
    }
    if request.method in ("GET", "HEAD") and holds(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, status, headers, media_type)


def refuse_stale(if_match: str | None, version: int) -> None:
    """412 unless one of the given ETags is of this version of the row; no header asks for nothing."""
    if if_match is None or if_match.strip() == "*":
        return
    held = {tag.strip().strip('"').partition(".")[0] for tag in if_match.split(",")}
    if str(version) not in held:
        raise PreconditionFailed


def holds(if_none_match: str | None, etag: str) -> bool:
    """RFC 9110 13.1.2: weak comparison, a list, or any."""
    if if_none_match is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
