"""What the clients remember of the city's promises: every write, on their own disk, before anything else."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO


@dataclass
class Write:
    """One thing somebody wanted done, and what became of it.

    `answer` is what the city acknowledged, `refused` why it said no (which it never should here); with
    neither the outcome is unknown to the client: it may have been done once or not at all.
    """

    key: str
    action: str
    who: str
    report: str | None = None
    sent: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    refused: str | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told that it is done."""
        return self.answer is not None


class Notebook:
    """The record of one client: a file it adds a line to before each write and after each answer."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8")

    def tries(self, write: Write) -> None:
        """It is about to be sent for the first time."""
        self._add({"wants": {n: v for n, v in asdict(write).items() if n not in ("answer", "refused")}})

    def acknowledged(self, write: Write, answer: dict[str, Any]) -> None:
        """The city said that it is done."""
        write.answer = answer
        self._add({"key": write.key, "answer": answer})

    def refused(self, write: Write, why: str) -> None:
        """The city said no."""
        write.refused = why
        self._add({"key": write.key, "refused": why})

    def noticed(self, what: str, why: str) -> None:
        """Something read during the run that contradicts what was acknowledged before."""
        self._add({"noticed": [what, why]})

    def close(self) -> None:
        """The file stays."""
        self._file.close()

    def _add(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


@dataclass
class Record:
    """All notebooks of a run together; writes by key, in the order they were first sent."""

    writes: dict[str, Write] = field(default_factory=dict)
    noticed: list[tuple[str, str]] = field(default_factory=list)

    def acknowledged(self, *actions: str) -> list[Write]:
        """The acknowledged writes, of these actions if any are named."""
        return [w for w in self.writes.values() if w.acknowledged and (not actions or w.action in actions)]

    def counts(self) -> Counter[str]:
        """How many were acknowledged, by action."""
        return Counter(w.action for w in self.acknowledged())

    def unknown(self) -> list[Write]:
        """Writes whose outcome no client ever learnt."""
        return [w for w in self.writes.values() if not w.acknowledged and w.refused is None]


def read_record(folder: Path) -> Record:
    """The record that the clients' notebooks in `folder` make, however the run ended."""
    record = Record()
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            _take(record, json.loads(line))
    return record


def _take(record: Record, line: dict[str, Any]) -> None:
    if "wants" in line:
        write = Write(**line["wants"])
        record.writes[write.key] = write
    elif "noticed" in line:
        what, why = line["noticed"]
        record.noticed.append((what, why))
    elif "answer" in line:
        record.writes[line["key"]].answer = line["answer"]
    else:
        record.writes[line["key"]].refused = line["refused"]
