"""Where uploaded files lie: a local folder or a bucket, by URL; each upload has a folder of its own."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from shared import log
from shared.errors import NotFound, Unavailable

_log = log.get(__name__)
_CHUNK = 256 * 1_024
PREFIXES = tuple(f"{n:02x}" for n in range(256))


def new_folder() -> str:
    """A name nobody can guess (192 random bits) under one of 256 prefixes, as the cleaner walks them."""
    return f"{secrets.choice(PREFIXES)}/{secrets.token_urlsafe(24)}"


class MediaStore:
    """`file:///…` (made for this account alone) or `s3://…` (credentials: the AWS_… variables)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._local = Path(unquote(parts.path)) if parts.scheme == "file" else None
        if self._local is None:
            self._store = from_url(url)
        else:
            self._local.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._store = LocalStore(self._local, automatic_cleanup=True)

    async def put(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Stores each file, safe from a power cut when this returns. 503 if the store is away or full."""
        with _unavailable("put"):
            await asyncio.gather(
                *(self._store.put_async(f"{folder}/{name}", content) for name, content in files.items())
            )
            if self._local is not None:
                await asyncio.to_thread(_to_disk, self._local / folder, tuple(files))

    async def read(self, folder: str, name: str) -> AsyncIterator[bytes]:
        """The file in pieces; 404 if it is gone."""
        with _unavailable("get"):
            try:
                found = await self._store.get_async(f"{folder}/{name}")
            except FileNotFoundError as error:
                raise NotFound from error
        return _pieces(found.stream(_CHUNK))

    async def content(self, folder: str, name: str) -> bytes:
        """The whole file; 404 if it is gone."""
        with _unavailable("get"):
            return b"".join([piece async for piece in await self.read(folder, name)])

    async def discard(self, folder: str, name: str) -> None:
        """Deletes one file, if it is there."""
        with _unavailable("delete"), suppress(FileNotFoundError):
            await self._store.delete_async(f"{folder}/{name}")

    async def remove(self, folder: str) -> None:
        """Deletes every file of the folder; those already gone do not matter."""
        with _unavailable("delete"):
            async for files in self._store.list_async(folder):
                for file in files:
                    try:
                        await self._store.delete_async(file["path"])
                    except FileNotFoundError:
                        continue

    async def folders(self, prefix: str) -> dict[str, datetime]:
        """Folder -> when its newest file was written, by the store's own clock."""
        newest: dict[str, datetime] = {}
        with _unavailable("list"):
            async for files in self._store.list_async(prefix):
                for file in files:
                    folder = file["path"].rpartition("/")[0]
                    newest[folder] = max(file["last_modified"], newest.get(folder, file["last_modified"]))
        return newest


@contextmanager
def _unavailable(doing: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        _log.error("media_store_failed", doing=doing, error=type(error).__name__)
        raise Unavailable(retry_after=10) from error


async def _pieces(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in stream:
        yield bytes(piece)


def _to_disk(folder: Path, names: Iterable[str]) -> None:
    """fsync of the files and of the folders that name them: obstore leaves that to chance."""
    places = (*(folder / name for name in names), folder, folder.parent, folder.parent.parent)
    for place in places:
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
