"""Uploaded files between the store (a folder or a bucket, by URL) and one tar file."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

_TELL_EVERY = 200


def pack(url: str, file: Path, say: Callable[[str], None]) -> int:
    """Copies every file there is now; one that goes meanwhile belonged to nothing. How many files."""
    store, count = _store(url), 0
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for found in obstore.list(store):
                for each in found:
                    count += _add(tar, store, each["path"])
                    if count % _TELL_EVERY == 0:
                        say(f"{count:,} files")
        out.flush()
        os.fsync(out.fileno())
    return count


def unpack(file: Path, url: str, say: Callable[[str], None]) -> int:
    """Puts every file back under its name, safe from a power cut when this returns. How many files."""
    store, count = _store(url), 0
    with tarfile.open(file) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is not None:
                obstore.put(store, member.name, content.read())
                count += 1
                if count % _TELL_EVERY == 0:
                    say(f"{count:,} files")
    os.sync()
    return count


def _add(tar: tarfile.TarFile, store: ObjectStore, path: str) -> int:
    try:
        content = bytes(obstore.get(store, path).bytes())
    except FileNotFoundError:
        return 0
    member = tarfile.TarInfo(path)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
    return 1


def _store(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme != "file":
        return from_url(url)
    folder = Path(unquote(parts.path))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(folder)
