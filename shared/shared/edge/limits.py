"""The body limit: counted as it arrives, whatever Content-Length says."""

from collections.abc import Mapping

from starlette.types import Message, Receive

from shared.errors import BadRequest, TooLarge

JSON_LIMIT = 1_048_576
UPLOAD_LIMIT = 12 * 1_048_576


def declared_length(headers: Mapping[str, str], limit: int) -> None:
    """413 when the header already says too much, 400 when it is no number."""
    text = headers.get("content-length")
    if text is None:
        return
    if not text.isdecimal() or len(text) > 18:
        raise BadRequest
    if int(text) > limit:
        raise TooLarge(limit=limit)


def limited(receive: Receive, limit: int) -> Receive:
    """A receive that raises 413 once more than `limit` bytes came."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge(limit=limit)
        return message

    return counted
