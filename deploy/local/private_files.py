"""Files only their owner may read, written whole or not at all."""

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError


def private_folder(path: Path, mode: int = 0o700) -> Path:
    """Makes the folder with `mode`; StackError if it is somebody else's or a link (it may lie in /tmp)."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise StackError(f"{path} exists but is not a folder of this account; move it away and try again")
    path.chmod(mode)
    return path


def write_private(path: Path, text: str) -> None:
    """Writes `text` with mode 0600, atomically."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)


def write_private_json(path: Path, value: Any) -> None:
    """Writes `value` as readable JSON with mode 0600."""
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
