"""What travels over HTTP."""

from datetime import datetime
from uuid import UUID

from shared.schemas import Out, Point


class UrlsOut(Out):
    """Paths that anybody may read for one to two hours."""

    thumb: str
    small: str
    full: str


class MediaOut(Out):
    """An uploaded photo. Other requests send its `receipt`; size (bytes) and type are of the full variant."""

    media_id: UUID
    receipt: str
    type: str
    size: int
    captured_at: datetime | None
    captured_point: Point | None
    urls: UrlsOut
