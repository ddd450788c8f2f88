"""What each command of the stack does and says."""

import signal
import time
from contextlib import suppress

from deploy.local import city, demo_data, lifecycle, migrations, readiness
from deploy.local.errors import StackError
from deploy.local.layout import Stack
from deploy.local.log_files import follow
from deploy.local.progress import Progress, say
from deploy.local.supervision import State, Supervisor


def up(stack: Stack) -> int:
    """Starts in the background; when it already runs, waits until it is ready and says so."""
    with lifecycle.stopping_on_signals():
        try:
            if not _start(stack, tied=False):
                _already_up(stack)
        except lifecycle.Interrupted:
            say("\nInterrupted; everything that was started is stopped.")
            return 130
    say("\nIt runs in the background: make status, make logs, make down.")
    return 0


def run(stack: Stack) -> int:
    """Starts, stays, tells of restarts; Ctrl-C, SIGTERM or a closed terminal stops everything."""
    mine = True
    with lifecycle.stopping_on_signals():
        try:
            mine = _start(stack, tied=True)
            if not mine:
                raise StackError(
                    "The stack already runs in the background: make logs shows it, make down stops it."
                )
            say("\nCtrl-C stops everything. The logs: make logs")
            _watch(Supervisor(stack))
        except lifecycle.Interrupted as reason:
            say(f"\nStopping ({reason}) …")
        finally:
            if mine:
                lifecycle.stop(stack)
    say("Stopped. The data is kept for the next start.")
    return 0


def down(stack: Stack) -> int:
    """Stops the stack; nothing to stop is fine."""
    began = time.monotonic()
    stopped = lifecycle.stop(stack)
    say(f"Stopped ({time.monotonic() - began:.1f} s). The data is kept." if stopped else "Nothing runs here.")
    return 0


def reset(stack: Stack) -> int:
    """Deletes everything the stack ever wrote."""
    gone = lifecycle.reset(stack)
    say(
        "\n".join(["Deleted:", *(f"  {folder}" for folder in gone)])
        if gone
        else "There was nothing to delete."
    )
    return 0


def status(stack: Stack) -> int:
    """A line per process; exit status 1 unless all are ready."""
    supervisor = Supervisor(stack)
    if not supervisor.alive():
        say("Nothing runs here.")
        return 1
    states = supervisor.states()
    processes = {p.name: p for p in stack.as_started().processes()}
    ready = True
    for name, state in states.items():
        health = readiness.health_of(processes[name]) if name in processes else readiness.Health("")
        ready = ready and state.running and not health.missing
        told = health.missing or "; ".join(health.reasons) or ("ready" if state.running else state.trouble)
        say(f"  {name:<11} {state.state:<9} pid {state.pid:<8} up {_age(state):<9} {told}")
    return 0 if ready else 1


def logs(stack: Stack, name: str) -> int:
    """Shows the end of the logs and follows them until Ctrl-C; all of them or that of `name`."""
    found = sorted((stack.folder / "logs").glob(f"{name or '*'}.log"))
    if not found:
        raise StackError(f"no log of {name!r} here" if name else "there are no logs yet: run make up")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # make logs | head
    with lifecycle.stopping_on_signals(), suppress(lifecycle.Interrupted):
        follow(found)
    return 0


def migrate(stack: Stack) -> int:
    """Migrates the databases of a running stack."""
    changed = migrations.migrate_all(stack.folder)
    say(f"migrated: {', '.join(changed)}" if changed else "nothing to migrate")
    return 0


def write_revision(stack: Stack, service: str, message: str) -> int:
    """Writes a service's next revision from the difference between its models and the running database."""
    migrations.write_revision(stack.folder, service, message)
    return 0


def check_migrations(_: Stack) -> int:
    """Fails when a model has no migration."""
    migrations.check_all(say)
    return 0


def _start(stack: Stack, *, tied: bool) -> bool:
    progress = Progress()
    demo = lifecycle.start(stack, progress, tied=tied)
    if demo is not None:
        say(f"\nThe platform is ready after {progress.seconds:.1f} s, for this machine only (127.0.0.1).\n")
        say(demo_data.table(demo))
    return demo is not None


def _already_up(stack: Stack) -> None:
    demo = demo_data.read_demo(stack.folder)
    started = stack.as_started()
    if started.port_base != stack.port_base:
        raise StackError(
            f"The stack already runs at {demo['gateway']}; make down stops it, then it can move."
        )
    city.settled(stack)
    joined = lifecycle.take_on_new(stack, Progress())
    demo = demo_data.read_demo(stack.folder)
    watch = readiness.Watch(Supervisor(stack), stack.folder)
    readiness.wait_for_processes(started, watch, lambda _: None)
    say(f"Joined: {', '.join(joined)}.\n" if joined else "The platform is already up.\n")
    say(demo_data.table(demo))


def _watch(supervisor: Supervisor) -> None:
    """Tells of each process that died and was started again, until interrupted."""
    seen = supervisor.states()
    while True:
        time.sleep(0.5)
        states = supervisor.states()
        for name, state in states.items():
            if state.pid != seen[name].pid:
                say(
                    f"  {name} was started again"
                    if state.pid
                    else f"  {name} died; make logs NAME={name} shows why"
                )
        seen = states


def _age(state: State) -> str:
    if not state.running:
        return "-"
    minutes, seconds = divmod(max(0, int(time.time()) - state.started), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
