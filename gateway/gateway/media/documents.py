"""A stored photo as an answer that a browser shows and never runs."""

from datetime import datetime

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from gateway.media.client import MediaStore
from gateway.media.models import Media
from shared.runtime import Runtime


async def photo(
    run: Runtime, media: Media, variant: str, expires: int, asked: Headers, now: datetime
) -> Response:
    """200 with the file, or 304; `expires` (Unix seconds) ends its address. 404 if the file is gone."""
    facts = media.variants[variant]
    etag = f'"{facts["sha256"][:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={max(0, expires - int(now.timestamp()))}, immutable",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{media.id}-{variant}.jpg"',
        "Cross-Origin-Resource-Policy": "cross-origin",  # shown in the pages of 222 front ends
    }
    if etag in (tag.strip().removeprefix("W/") for tag in asked.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    pieces = await run.part(MediaStore).read(media.folder, f"{variant}.jpg")
    return StreamingResponse(pieces, 200, {**headers, "Content-Length": str(facts["size"])}, media.type)
