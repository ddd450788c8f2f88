"""How a client speaks tus 1.0.0; GUEST is somebody else in each test."""

import base64
import hashlib
from typing import Any

from httpx import AsyncClient, Response

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {"Content-Type": "application/offset+octet-stream"}
GUEST: dict[str, str] = {}
"""Who sends when a test names nobody: somebody else in each test."""


async def begin(client: AsyncClient, content: bytes, headers: dict[str, str] = GUEST, **more: str) -> str:
    answer = await client.post("/v1/media", headers={**headers, "Upload-Length": str(len(content)), **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["upload-offset"] == "0"
    return answer.headers["location"]


async def send(
    client: AsyncClient, url: str, offset: int, content: Any, headers: dict[str, str] = GUEST, **more: str
) -> Response:
    sent = {**headers, **CHUNK, "Upload-Offset": str(offset), **more}
    return await client.patch(url, content=content, headers=sent)


def checksum(algorithm: str, content: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {digest}"}


async def offset(client: AsyncClient, url: str, headers: dict[str, str] = GUEST) -> int:
    answer = await client.head(url, headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["tus-resumable"] == "1.0.0"
    return int(answer.headers["upload-offset"])
