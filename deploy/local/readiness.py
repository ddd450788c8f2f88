"""Waiting for the stack: every process ready, or the one that keeps dying named with its last words."""

import http.client
import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.layout import Process, Stack
from deploy.local.supervision import State, Supervisor

LIMIT_SECONDS = 60
_STARTS_ALLOWED = 3
_PAUSE_SECONDS = 0.25


class Watch:
    """Counts how often each process was started, so that one that keeps dying is found early."""

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        self._supervisor = supervisor
        self._folder = folder
        self._starts: dict[str, set[int]] = defaultdict(set)

    def refuse_dying(self) -> dict[str, State]:
        """The states by name; StackError once a process was started more than three times."""
        states = self._supervisor.states()
        for state in states.values():
            if state.started:
                self._starts[state.name].add(state.started)
            if len(self._starts[state.name]) > _STARTS_ALLOWED:
                raise StackError(f"{state.name} keeps dying. {last_words(self._folder, state.name)}")
        return states


def wait_for_server(watch: Watch, name: str, answers: Callable[[], bool], folder: Path) -> None:
    """Waits until an embedded server answers and is the supervised one."""
    until = time.monotonic() + LIMIT_SECONDS
    while not (watch.refuse_dying()[name].running and answers()):
        if time.monotonic() > until:
            raise StackError(f"{name} is not ready after {LIMIT_SECONDS} s. {last_words(folder, name)}")
        time.sleep(_PAUSE_SECONDS)


def wait_for_processes(stack: Stack, watch: Watch, say: Callable[[str], None]) -> None:
    """Waits for every /health/ready, saying how many are; StackError at the limit."""
    waiting = {p.name: p for p in stack.processes()}
    total, until = len(waiting), time.monotonic() + LIMIT_SECONDS
    while waiting:
        watch.refuse_dying()
        for process in [p for p in waiting.values() if not health_of(p).missing]:
            del waiting[process.name]
            say(f"{total - len(waiting)} of {total} ready")
        if waiting and time.monotonic() > until:
            first = next(iter(waiting.values()))
            reason = f"{first.name} is not ready after {LIMIT_SECONDS} s: {health_of(first).missing}."
            raise StackError(f"{reason} {last_words(stack.folder, first.name)}")
        time.sleep(_PAUSE_SECONDS)


def wait_until_whole(stack: Stack, seconds: float = 15) -> list[str]:
    """Waits until no process calls itself degraded; answers what still was when the time ran out."""
    until = time.monotonic() + seconds
    while True:
        reasons = [f"{p.name}: {reason}" for p in stack.processes() for reason in health_of(p).reasons]
        if not reasons or time.monotonic() > until:
            return reasons
        time.sleep(_PAUSE_SECONDS)


@dataclass(frozen=True)
class Health:
    """`missing`: why it is not ready, empty when it is; `reasons`: why it is degraded."""

    missing: str
    reasons: tuple[str, ...] = ()


def health_of(process: Process) -> Health:
    """Asks /health/ready."""
    connection = http.client.HTTPConnection("127.0.0.1", process.ops_port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read()
        told = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Health(f"no answer on port {process.ops_port} ({error})")
    finally:
        connection.close()
    if answer.status == 200:
        return Health("", tuple(told.get("reasons", ())))
    return Health(f"{answer.status} {', '.join(told.get('missing', ())) or body.decode()}")


def last_words(folder: Path, name: str, lines: int = 12) -> str:
    """The end of a process's log, and what to do about it."""
    log = folder / "logs" / f"{name}.log"
    text = log.read_text(errors="replace").splitlines() if log.exists() else []
    shown = "\n".join(f"  | {_readable(line)}" for line in text[-lines:]) or "  | (its log is empty)"
    advice = "Mend the cause and start again; `make reset` starts from nothing and deletes all data."
    return f"The end of {log}:\n{shown}\n{advice}"


def _readable(line: str) -> str:
    """A JSON log line as text, with its traceback unfolded."""
    try:
        event = json.loads(line)
        trace = str(event.get("exception", "")).strip().splitlines()[-3:]
        return "\n  | ".join([f"{event.get('level', '')} {event.get('event', line)}", *trace])
    except (ValueError, AttributeError):
        return line
