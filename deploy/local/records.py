"""Which processes are ours, by pid and start time as recorded at their start: no stranger is ever ended."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.private_files import private_folder, write_private

SUPERVISOR = "supervisord"
_STATE, _GROUP, _SESSION, _START = 0, 2, 3, 19  # fields of /proc/<pid>/stat after the name (proc(5))


@dataclass(frozen=True)
class Record:
    """One process of this stack at the moment it started; `start` in clock ticks since the machine's boot."""

    name: str
    pid: int
    start: int
    session: int
    boot: str

    def alive(self) -> bool:
        """Whether this very process still runs."""
        found = _stat(self.pid)
        same = found is not None and int(found[_START]) == self.start and self.boot == _boot()
        return same and found is not None and found[_STATE] != "Z"


def write_record(folder: Path, name: str, pid: int) -> None:
    """Notes that process `pid` is `name` of the stack in `folder`."""
    found = _stat(pid)
    if found is not None:
        values = (str(pid), found[_START], found[_SESSION], _boot())
        write_private(private_folder(folder / "pids") / name, " ".join(values))


def read_records(folder: Path) -> list[Record]:
    """Everything noted for the stack in `folder`, whether it still runs or not."""
    records = []
    for path in sorted((folder / "pids").glob("[!.]*")):
        pid, start, session, boot = path.read_text().split()
        records.append(Record(path.name, int(pid), int(start), int(session), boot))
    return records


def still_running(folder: Path) -> list[Record]:
    """The recorded processes that run, the supervisor first."""
    found = [r for r in read_records(folder) if r.alive()]
    return sorted(found, key=lambda r: r.name != SUPERVISOR)


def end_all(folder: Path, seconds: float = 8) -> list[str]:
    """Ends what the stack left behind and returns the names: asked first, killed after `seconds`."""
    records = read_records(folder)
    ended = [r.name for r in records if r.alive()]
    # The supervisor goes first and at once: it would start the others again.
    for record in records:
        if record.name == SUPERVISOR and record.alive():
            os.kill(record.pid, signal.SIGKILL)
    others = [r for r in records if r.name != SUPERVISOR]
    _signal_all(others, polite=True)
    until = time.monotonic() + seconds
    while _members(others) and time.monotonic() < until:
        time.sleep(0.05)
    _signal_all(others, polite=False)
    for record in records:
        (folder / "pids" / record.name).unlink(missing_ok=True)
    return ended


def _signal_all(records: list[Record], *, polite: bool) -> None:
    for record, pid in _members(records):
        # SIGINT is PostgreSQL's fast shutdown; its SIGTERM waits for every client to leave.
        gentle = signal.SIGINT if record.name == "postgres" else signal.SIGTERM
        try:
            os.kill(pid, gentle if polite else signal.SIGKILL)
        except ProcessLookupError:
            continue


def _members(records: list[Record]) -> list[tuple[Record, int]]:
    """The recorded processes that run, and children left in the group of one that does not.

    A pid is not given away while a group bears it, so a leaderless group in the recorded session is ours.
    """
    leaders = {r.pid: r for r in records if r.boot == _boot()}
    found = []
    for entry in Path("/proc").iterdir():
        stat = _stat(int(entry.name)) if entry.name.isdecimal() else None
        record = leaders.get(int(stat[_GROUP])) if stat else None
        if stat is None or record is None or stat[_STATE] == "Z":
            continue
        leader = _stat(record.pid)
        ours = (
            int(stat[_SESSION]) == record.session if leader is None else int(leader[_START]) == record.start
        )
        if ours and int(stat[_START]) >= record.start:
            found.append((record, int(entry.name)))
    return found


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
