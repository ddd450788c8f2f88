"""Starting and stopping a whole stack, from whatever state the last one left behind."""

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from deploy.local import city, demo_data, migrations, postgres_place, readiness, records
from deploy.local.environment import write_environments, write_joining
from deploy.local.errors import StackError
from deploy.local.layout import NATS_OFFSET, POSTGRES_OFFSET, Stack
from deploy.local.nats import Broker
from deploy.local.ports import refuse_taken_ports
from deploy.local.postgres import Cluster
from deploy.local.private_files import private_folder, write_private
from deploy.local.progress import Progress
from deploy.local.supervision import Supervisor

STOP_SECONDS = 10
_ASIDE = ".before-restore"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or a closed terminal."""


def start(stack: Stack, progress: Progress, *, tied: bool = False) -> dict[str, Any] | None:
    """Brings the stack up and returns the demo data, None if it was up; a start that fails is undone."""
    private_folder(stack.folder, 0o711 if os.geteuid() == 0 else 0o700)
    supervisor = Supervisor(stack)
    with alone(stack):
        if running(supervisor):
            return None
        _refuse_half_done(stack)
        stack = city.settled(stack)
        _end_leftovers(stack, supervisor, progress)
        try:
            return _start_all(stack, supervisor, progress, tied=tied)
        except BaseException:
            _stop_now(stack, supervisor)
            raise


def take_on_new(stack: Stack, progress: Progress) -> list[str]:
    """Starts services that came into the repository since the start, beside those that run; answers which.

    The gateway is started again, so that it knows their paths; nobody else notices.
    """
    stack, supervisor = stack.as_started(), Supervisor(stack)
    with alone(stack):
        known = supervisor.states()
        joining = [p for p in stack.processes() if p.name not in known]
        if not joining:
            return []
        names = [p.name for p in joining]
        with progress.step("joining") as say:
            write_joining(stack, joining)
            if stack.embeds_postgres():
                migrations.ensure_databases(stack, _cluster(stack))
            migrations.migrate_all(stack.folder)
            supervisor.take_on(names)
            watch = readiness.Watch(supervisor, stack.folder)
            for process in [p for p in stack.processes() if p.service.short == "gateway"]:
                readiness.wait_for_processes(stack, watch, lambda _: None)
                supervisor.restart(process.name)
            readiness.wait_for_processes(stack, watch, lambda _: None)
            demo_data.write_addresses(stack, demo_data.read_demo(stack.folder))
            say(", ".join(names))
    return names


def running(supervisor: Supervisor) -> bool:
    """Whether the stack was started whole and not stopped; one of its processes may be on its way back."""
    return supervisor.alive() and all(s.wanted for s in supervisor.states().values())


def stop(stack: Stack) -> bool:
    """Stops everything the stack runs, within about 10 s; False if nothing ran."""
    if not stack.folder.exists():
        return False
    with alone(stack):
        return _stop_now(stack, Supervisor(stack))


def reset(stack: Stack) -> list[str]:
    """Stops the stack and deletes its data, what a restore set aside too; the folders that are gone."""
    asides = [aside for _, aside in places(stack) if aside.exists()]
    gone = wipe(stack)
    for aside in asides:
        shutil.rmtree(aside, ignore_errors=True)
    return sorted([*gone, *map(str, asides)])


def wipe(stack: Stack) -> list[str]:
    """The same without what lies aside."""
    stop(stack)
    folders = {*(place for place, _ in places(stack)), stack.control_socket.parent}
    gone = sorted(str(folder) for folder in folders if folder.exists())
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return gone


def places(stack: Stack) -> list[tuple[Path, Path]]:
    """Where its data is, and where a restore sets that aside: its folder, and PostgreSQL's if elsewhere."""
    cluster = _cluster(stack)
    folders = [stack.folder] + ([postgres_place.elsewhere(cluster.folder)] if cluster.account else [])
    return [(folder, folder.with_name(folder.name + _ASIDE)) for folder in folders]


def way_back(stack: Stack) -> list[str]:
    """The commands that bring back what a restore set aside, once the stack is down; none if nothing is."""
    return [f"  rm -rf {place} && mv {aside} {place}" for place, aside in places(stack) if aside.exists()]


def is_broken_off(stack: Stack) -> bool:
    """Whether a restore began here and did not end: half of it is there, or nothing but what it set aside."""
    asides = any(aside.exists() for _, aside in places(stack))
    return _note(stack).exists() or (asides and not (stack.folder / "stack.json").exists())


@contextmanager
def half_done(stack: Stack, remedy: str) -> Iterator[None]:
    """Until this ends well the stack refuses to start, and names `remedy`: what is there is not whole."""
    write_private(_note(stack), remedy)
    yield
    _note(stack).unlink()


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turns SIGINT, SIGTERM and SIGHUP into Interrupted.

    SIGINT also where it was ignored, as shells do for background jobs; SIGHUP not then: that is nohup.
    """
    caught = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        caught.remove(signal.SIGHUP)

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in caught:
            signal.signal(each, signal.SIG_IGN)  # one is enough: stopping is bounded
        raise Interrupted(signal.Signals(number).name)

    for each in caught:
        signal.signal(each, interrupt)
    yield


def _refuse_half_done(stack: Stack) -> None:
    if is_broken_off(stack):
        again = _note(stack).read_text() if _note(stack).exists() else "make restore FROM=… FORCE=1"
        way = "".join(f"{command}\n" for command in way_back(stack))
        back = f"or go back to what was here before:\n{way}" if way else ""
        raise StackError(
            f"The data in {stack.folder} is half restored. Do it again: {again}\n{back}"
            "or delete everything: make reset"
        )


def _note(stack: Stack) -> Path:
    return stack.folder / "half-done"


def _start_all(stack: Stack, supervisor: Supervisor, progress: Progress, *, tied: bool) -> dict[str, Any]:
    refuse_taken_ports(stack)
    cluster = _cluster(stack)
    stack.remember()
    write_environments(stack)
    with progress.step("servers"):
        _prepare_servers(stack, cluster, progress)
        supervisor.start(tied=tied)
        watch = readiness.Watch(supervisor, stack.folder)
        _wait_for_servers(stack, watch, cluster)
    with progress.step("databases") as say:
        if stack.embeds_postgres():
            migrations.ensure_databases(stack, cluster)
        changed = migrations.migrate_all(stack.folder)
        say(f"migrated {', '.join(changed)}" if changed else "nothing to migrate")
    with progress.step("services") as say:
        demo, degraded = _start_services(stack, supervisor, watch, say)
    for reason in degraded:
        progress.note(f"degraded: {reason}")
    return demo


def _start_services(
    stack: Stack, supervisor: Supervisor, watch: readiness.Watch, say: Callable[[str], None]
) -> tuple[dict[str, Any], list[str]]:
    """The demo data, and what is still degraded although all are ready."""
    supervisor.start_services()
    with demo_data.begin_loading(stack) as loader:
        try:
            readiness.wait_for_processes(stack, watch, say)
            demo = demo_data.finish_loading(stack, loader)
        finally:
            loader.kill()
    return demo, readiness.wait_until_whole(stack)


def _prepare_servers(stack: Stack, cluster: Cluster, progress: Progress) -> None:
    if stack.embeds_postgres():
        cluster.initdb()
        if cluster.place != cluster.folder:
            progress.note(
                f"PostgreSQL runs as {cluster.account.name if cluster.account else 'you'}, who may not enter "
                f"{stack.root}: its data is in {cluster.place} (make reset deletes it)"
            )
    if stack.embeds_nats():
        _broker(stack).prepare()


def _wait_for_servers(stack: Stack, watch: readiness.Watch, cluster: Cluster) -> None:
    answers = {"postgres": cluster.answers, "nats": _broker(stack).answers}
    for name in stack.servers():
        readiness.wait_for_server(watch, name, answers[name], stack.folder)


def _end_leftovers(stack: Stack, supervisor: Supervisor, progress: Progress) -> None:
    """Ends what a killed supervisor or a half-done start left, so that the start is always a whole one."""
    if supervisor.alive():
        _stop_now(stack, supervisor)
    ended = records.end_all(stack.folder)
    if ended:
        progress.note(f"ended what an earlier start had left running: {', '.join(ended)}")


def _stop_now(stack: Stack, supervisor: Supervisor) -> bool:
    found = bool(records.still_running(stack.folder))
    if not supervisor.alive():
        records.end_all(stack.folder)
        return found
    supervisor.shut_down()
    until = time.monotonic() + STOP_SECONDS
    while records.still_running(stack.folder) and time.monotonic() < until:
        time.sleep(0.05)
    records.end_all(stack.folder, seconds=1)
    return found


@contextmanager
def alone(stack: Stack) -> Iterator[None]:
    """One start or stop of a stack at a time."""
    with (stack.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _cluster(stack: Stack) -> Cluster:
    return Cluster(stack.folder / "postgres", stack.port(POSTGRES_OFFSET))


def _broker(stack: Stack) -> Broker:
    return Broker(stack.folder / "nats", stack.port(NATS_OFFSET), stream_bytes=stack.stream_bytes)
