"""tuspy, the tus project's own client, as it is: through a connection that breaks, and in small chunks."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from httpx import AsyncClient
from tusclient.client import TusClient

Citizen = Callable[..., dict[str, str]]


@asynccontextmanager
async def breaking_once(client: AsyncClient, after: int) -> AsyncIterator[tuple[str, list[int]]]:
    """A way to the gateway whose first connection to carry more than `after` bytes is cut there."""
    cut: list[int] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        carried = 0
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65_536):
                carried += len(part)
                if up and carried > after and not cut:
                    cut.append(carried)
                    break
                writer.write(part)
                await writer.drain()
        writer.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        answers = asyncio.create_task(carry(there, writer, up=False))
        await carry(reader, back, up=True)
        if cut:
            writer.close()
        await answers

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1/media", cut


def sent_by_tuspy(url: str, headers: dict[str, str], large: bytes, **how: object) -> str:
    """Sends the file, answers the address of the upload."""
    uploader = TusClient(url, headers).uploader(
        file_stream=io.BytesIO(large), retries=3, retry_delay=0, **how
    )
    uploader.upload()
    location: str = uploader.url
    return location


async def test_it_gets_over_a_broken_connection(client: AsyncClient, large: bytes, citizen: Citizen) -> None:
    me = {"X-Api-Key": client.headers["X-Api-Key"], **citizen()}
    metadata = {"filename": "demo foto.png", "filetype": "image/png"}
    async with breaking_once(client, after=len(large) * 9 // 10) as (url, cut):
        location = await asyncio.to_thread(sent_by_tuspy, url, me, large, metadata=metadata)
    assert len(cut) == 1
    told = (await client.get("/v1/media/uploads/" + location.rpartition("/")[2], headers=me)).json()
    assert told["media"]["receipt"]
    assert told["offset"] == len(large)


async def test_it_may_send_small_chunks_with_checksums(
    client: AsyncClient, large: bytes, citizen: Citizen
) -> None:
    me = {"X-Api-Key": client.headers["X-Api-Key"], **citizen()}
    how = {"chunk_size": 100_000, "upload_checksum": True}
    url = f"{client.base_url}/v1/media"
    location = await asyncio.to_thread(sent_by_tuspy, url, me, large, **how)
    assert (await client.get(location, headers=me)).json()["media"]["receipt"]
