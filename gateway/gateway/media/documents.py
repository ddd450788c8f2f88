"""A stored photo as an answer: its receipt, or the file, which a browser shows and never runs."""

from datetime import datetime

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from gateway.media import usecases
from gateway.media.client import MediaStore
from gateway.media.models import Media
from gateway.media.schemas import MediaOut, UrlsOut
from shared.auth import Signer
from shared.media import issue, signed_path
from shared.runtime import Runtime
from shared.schemas import Point


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


def described(run: Runtime, media: Media) -> MediaOut:
    """What the owner is told, with a new receipt."""
    now, keys = run.clock.now(), run.settings.media_keys
    facts = usecases.receipt(media, run.cipher)
    lat, lon = facts.captured_lat, facts.captured_lon
    point = None if lat is None or lon is None else Point(lat=lat, lon=lon)
    return MediaOut(
        media_id=media.id,
        receipt=issue(facts, run.part(Signer), now),
        type=media.type,
        size=media.size,
        captured_at=facts.captured_at and facts.captured_at.astimezone(run.city.zone),
        captured_point=point,
        urls=UrlsOut(**{v: signed_path(media.id, v, keys, now) for v in ("thumb", "small", "full")}),
    )
