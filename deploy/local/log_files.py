"""The processes' logs, read as one."""

import os
import sys
import time
from pathlib import Path
from typing import TextIO

_LAST_LINES = 10


def follow(paths: list[Path]) -> None:
    """Prints the last lines of each file and then every new one, with the file's name, until interrupted."""
    width = max(len(path.stem) for path in paths)
    opened: dict[Path, TextIO] = {}
    for path in paths:
        for line in path.read_text(errors="replace").splitlines()[-_LAST_LINES:]:
            _show(path, width, line)
        opened[path] = path.open(errors="replace")
        opened[path].seek(0, 2)
    while True:
        for path in paths:
            for line in opened[path]:
                _show(path, width, line.rstrip("\n"))
            opened[path] = _again_if_rotated(path, opened[path])
        time.sleep(0.3)


def _again_if_rotated(path: Path, file: TextIO) -> TextIO:
    if not path.exists() or path.stat().st_ino == _inode(file):
        return file
    file.close()
    return path.open(errors="replace")


def _inode(file: TextIO) -> int:
    return os.fstat(file.fileno()).st_ino


def _show(path: Path, width: int, line: str) -> None:
    sys.stdout.write(f"{path.stem:<{width}} | {line}\n")
    sys.stdout.flush()
