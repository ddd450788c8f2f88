"""What is wrong with a city pack: every problem with its file and line, told together."""

from pathlib import Path
from typing import NamedTuple


class PackProblem(NamedTuple):
    """One thing to mend; `line` counts from 1."""

    path: Path
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}"


class PackError(Exception):
    """A pack that cannot be used; the text has one line per problem."""

    def __init__(self, problems: list[PackProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Problems:
    """Collects problems while a pack is read, so that an editor sees all of them after one try."""

    def __init__(self) -> None:
        self._found: set[PackProblem] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: Path, line: int, why: str) -> None:
        """Remember one problem."""
        self._found.add(PackProblem(path, line, why))

    def error(self) -> PackError:
        """All of them, ordered by file and line."""
        return PackError(sorted(self._found))


class Broken(Exception):
    """A file that makes no sense from `line` on."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why


def read_text(path: Path, limit: int = 2_000_000) -> str:
    """The UTF-8 text of a file of at most `limit` bytes, or Broken with the reason."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Broken(1, f"cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise Broken(1, f"is larger than {limit:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Broken(content.count(b"\n", 0, error.start) + 1, "is not UTF-8 text") from error
