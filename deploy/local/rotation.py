"""New keys in place of old ones while everything runs: what `make rotate` and `make rekey` do."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from deploy.local import identity_keys, lifecycle, readiness
from deploy.local.child import end_with_parent
from deploy.local.environment import hand_out_keys, process_environment, read_environment
from deploy.local.errors import StackError
from deploy.local.layout import Process, Stack
from deploy.local.progress import say
from deploy.local.rings import Rings
from deploy.local.supervision import Supervisor


def rotate(stack: Stack, kinds: list[str], *, leaked: bool, only: str) -> None:
    """A new current key of each kind; the old ones go on opening what they closed.

    With `leaked` they do not: for identity and media, whose traces end by themselves.
    """
    if leaked and set(kinds) - {"identity", "media"}:
        raise StackError("NOW=1 is for identity and media. Field and look-up keys: rotate, then make rekey.")
    stack, supervisor = _running(stack)
    with lifecycle.alone(stack):
        if "identity" in kinds:
            _rotate_identity(stack, leaked)
        if set(kinds) - {"identity"}:
            _rotate_rings(stack, supervisor, kinds, leaked, _chosen(stack, only))


def rekey(stack: Stack, *, only: str) -> None:
    """Writes everything anew under the current field and look-up keys, then drops the keys nobody needs."""
    stack, supervisor = _running(stack)
    with lifecycle.alone(stack):
        rings, processes = Rings(stack.folder), _chosen(stack, only)
        _hand_out(stack, supervisor, processes, rings)  # a rotation that broke off is finished first
        for process in {p.service.short: p for p in processes}.values():
            _rekey(stack, rings, process)
        if not only:
            _tell(rings.drop_older("media", ""))
        rings.save()
        _hand_out(stack, supervisor, processes, rings)


def _rotate_identity(stack: Stack, leaked: bool) -> None:
    if leaked:
        identity_keys.replace_leaked(stack.folder)
        say("identity: new keys sign, the old ones are refused; apps refresh their tokens by themselves")
        return
    offset = float(read_environment(stack.folder, "gateway").get("CITY_TIME_OFFSET") or 0)
    identity_keys.rotate(stack.folder, lambda: time.time() + offset)
    say("identity: the next key signs; what the old one signed ends by itself, receipts last (7 days)")


def _rotate_rings(
    stack: Stack, supervisor: Supervisor, kinds: list[str], leaked: bool, processes: list[Process]
) -> None:
    """Where several processes share a service, all can read with the new key before one writes with it."""
    rings = Rings(stack.folder)
    services = {p.service.short: p for p in processes}
    places = [(kind, short) for kind in kinds if kind in ("fields", "lookup") for short in services]
    if "media" in kinds:
        places.append(("media", ""))
        processes = stack.processes()  # the gateway's first: it checks what services sign
    new = [(kind, short, rings.add(kind, short)) for kind, short in places]
    rings.save()
    names = [p.service.short for p in stack.processes()]
    _hand_out(stack, supervisor, [p for p in processes if names.count(p.service.short) > 1], rings)
    for kind, short, name in new:
        rings.promote(kind, short, name, alone=leaked)
    rings.save()
    _hand_out(stack, supervisor, processes, rings)
    say(f"{', '.join(k for k in kinds if k != 'identity')}: new keys are in use")


def _hand_out(stack: Stack, supervisor: Supervisor, processes: Iterable[Process], rings: Rings) -> None:
    """Restarts, one after the other, each process that runs with other keys than these."""
    watch = readiness.Watch(supervisor, stack.folder)
    for process in processes:
        wanted = hand_out_keys(stack, process, rings.known)
        if not _runs_with(supervisor.states()[process.name].pid, wanted):
            supervisor.restart(process.name)
            readiness.wait_for_processes(stack, watch, lambda _: None)
            say(f"  {process.name} was started again with its new keys")


def _runs_with(pid: int, wanted: dict[str, str]) -> bool:
    """Asked of the process itself: whatever broke off before, nobody goes on writing with a dropped key."""
    try:
        found = Path(f"/proc/{pid}/environ").read_text().split("\0")
    except OSError:
        return False
    return all(f"{name}={ring}" in found for name, ring in wanted.items())


def _rekey(stack: Stack, rings: Rings, process: Process) -> None:
    short = process.service.short
    if all(len(rings.of(kind, short)) == 1 for kind in ("fields", "lookup")):
        return
    say(f"{short}:")
    done = subprocess.run(
        [sys.executable, "-m", process.service.package, "rekey"], stdin=subprocess.DEVNULL,
        cwd=stack.root, env=process_environment(stack.folder, process.name),
        preexec_fn=partial(end_with_parent, signal.SIGTERM),
    )  # fmt: skip
    if done.returncode:
        raise StackError(f"{short}: not everything lies under the current keys, so the old ones are kept")
    for kind in ("fields", "lookup"):
        _tell(rings.drop_older(kind, short))


def _tell(done: str) -> None:
    if done:
        say(f"  {done}")


def _chosen(stack: Stack, only: str) -> list[Process]:
    found = [p for p in stack.processes() if only in ("", p.service.short)]
    if not found:
        raise StackError(f"no service {only!r} runs here")
    return found


def _running(stack: Stack) -> tuple[Stack, Supervisor]:
    supervisor = Supervisor(stack)
    if not lifecycle.running(supervisor):
        raise StackError("The stack does not run; make up starts it.")
    return stack.as_started(), supervisor
