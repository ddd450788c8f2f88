"""A bare ASGI application under uvicorn: what a cached answer of the gateway is measured against."""

import sys
from typing import Any

import uvicorn

from tests.bench.static import ITEMS

_BODY = ITEMS.encode()
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Answers as many bytes as the cached answer has."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    given = {"log_level": "warning", "access_log": False, "lifespan": "off", "server_header": False}
    uvicorn.run(hello, host="127.0.0.1", port=int(sys.argv[1]), http="httptools", loop="uvloop", **given)  # type: ignore[arg-type]
