"""A backup on disk: dumps, media, a manifest with every digest; the keys in a file of their own beside it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError
from deploy.local.private_files import private_folder, write_private, write_private_json

FORMAT = 1
MEDIA = "media.tar"
_MANIFEST = "manifest.json"
_REVISION = re.compile(r'^revision = "(\w+)"', re.M)
_WARNING = (
    "These keys open every backup made with them: names, phones, exact places, sign-ins. "
    "Keep this file away from the backup, and keep it: without it the backup cannot be restored."
)


@dataclass(frozen=True)
class Archive:
    """One whole, checked backup; `revisions` by service, `keys` are files of the stack's folder by path."""

    folder: Path
    city: str
    made_at: str
    revisions: Mapping[str, list[str]]
    keys: Mapping[str, str]

    def dump(self, short: str) -> Path:
        """The dump of one service's database."""
        return self.folder / f"{short}.dump"


def collect_keys(folder: Path) -> dict[str, str]:
    """Every secret of the stack in `folder`, as text by relative path."""
    found = [folder / "secrets.json", *sorted((folder / "keys").glob("*.json"))]
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def spread_keys(folder: Path, keys: Mapping[str, str]) -> None:
    """The reverse of `collect_keys`."""
    for name, text in keys.items():
        private_folder((folder / name).parent)
        write_private(folder / name, text)


def keys_file(folder: Path) -> Path:
    """Where the keys of a backup are written first."""
    return folder.with_name(folder.name + ".keys.json")


def finish(part: Path, folder: Path, keys: Mapping[str, str], facts: Mapping[str, Any]) -> int:
    """Describes what lies in `part` and gives it its final name; its bytes. Without this it is no backup."""
    files = {f.name: {"size": f.stat().st_size, "sha256": _digest(f)} for f in sorted(part.iterdir())}
    said = {"format": FORMAT, **facts, "keys": _digest_of(keys), "files": files}
    write_private_json(part / _MANIFEST, said | {"digest": _digest_of(said)})
    write_private_json(keys_file(folder), {"warning": _WARNING, "backup": folder.name, "files": keys})
    part.rename(folder)
    return sum(file.stat().st_size for file in folder.iterdir())


def opened(folder: Path, keys: Path | None, root: Path) -> Archive:
    """The backup, if every byte of it is there and this code can read it; StackError says what is wrong."""
    said = _json(folder / _MANIFEST, f"{folder} is no finished backup")
    if said.get("format") != FORMAT:
        raise StackError(
            f"{folder} has format {said.get('format')}, this code reads {FORMAT}: use newer code"
        )
    if said.pop("digest", None) != _digest_of(said):
        raise StackError(f"{folder / _MANIFEST} was altered or damaged: its digest does not fit")
    for name, wanted in said["files"].items():
        _check(folder / name, wanted)
    _refuse_newer(said["databases"], root)
    ring = _keys(keys or keys_file(folder), said["keys"])
    return Archive(folder, said["city"], said["made_at"], said["databases"], ring)


def _check(file: Path, wanted: Mapping[str, Any]) -> None:
    size = file.stat().st_size if file.exists() else None
    if size != wanted["size"]:
        found = "is missing" if size is None else f"has {size:,} bytes"
        raise StackError(
            f"the backup is damaged: {file} {found}, and had {wanted['size']:,} when it was made"
        )
    if _digest(file) != wanted["sha256"]:
        raise StackError(f"the backup is damaged: {file} is not what it was when it was made (SHA-256)")


def _refuse_newer(databases: Mapping[str, list[str]], root: Path) -> None:
    known = {r for f in root.glob("*/*/migrations/versions/*.py") for r in _REVISION.findall(f.read_text())}
    unknown = sorted({revision for heads in databases.values() for revision in heads} - known)
    if unknown:
        raise StackError(f"the backup was made by newer code: this one does not know {', '.join(unknown)}")


def _keys(file: Path, wanted: str) -> Mapping[str, str]:
    hint = f"the keys of this backup are not at {file}; say where you keep them: make restore … KEYS=path"
    ring: Mapping[str, str] = _json(file, hint).get("files", {})
    if _digest_of(ring) != wanted:
        raise StackError(f"{file} was damaged or belongs to another backup")
    return ring


def _json(file: Path, otherwise: str) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StackError(otherwise) from None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise StackError(f"{file} is damaged: it is no JSON object")
    return found


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _digest_of(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
