"""Processes of a bench: each on a core of its own where there are two, their time on it, their memory."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = Path(__file__).parent
MEASURED, BESIDE = 0, 1
"""Core of what is measured; core of the load and the upstream."""
_READY_SECONDS, _LISTENS = 30, "0A"


@asynccontextmanager
async def running(
    command: Sequence[str],
    port: int,
    *,
    core: int | None,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[int]:
    """The process while open, once it listens on `port`; its pid. RuntimeError with its last lines if it
    ends or does not listen."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            pinned(command, core), cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        await _listening(process, port, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def pinned(command: Sequence[str], core: int | None) -> list[str]:
    """The command on one core, where the machine has more than one."""
    if core is None or len(os.sched_getaffinity(0)) < 2:
        return list(command)
    cores = sorted(os.sched_getaffinity(0))
    start = "import os,sys; os.sched_setaffinity(0,{int(sys.argv[1])}); os.execvp(sys.argv[2],sys.argv[2:])"
    return [sys.executable, "-c", start, str(cores[core]), *command]


async def _listening(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(_READY_SECONDS * 10):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        await asyncio.sleep(0.1)
    lines = log.read_text(errors="replace").splitlines()[-5:]
    raise RuntimeError(f"{log.stem} does not listen on {port}: " + " | ".join(lines))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_files(pid: int) -> int:
    """How many descriptors a process holds: files, and every connection."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def connections_at(port: int) -> int:
    """How many connections a process holds at its port, as the kernel sees it (proc_net_tcp(5))."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = [row for row in rows if row[1].endswith(f":{port:04X}") and row[3] != _LISTENS]
    return sum(row[9] != "0" for row in here)  # without an inode it is the kernel's alone


def pss_megabytes(pid: int) -> float:
    """Proportional set size: shared pages are divided by those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1_024
    raise LookupError(f"no Pss of process {pid}")
