"""Answers of others read whole, and never more of them than may be."""

import aiohttp


class TooLarge(ValueError):
    """The body is longer than allowed; nobody reads on."""


async def whole(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The body of at most `most` bytes, whatever length was promised. TooLarge."""
    if (answer.content_length or 0) > most:
        raise TooLarge
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > most:
            raise TooLarge
    return bytes(body)
