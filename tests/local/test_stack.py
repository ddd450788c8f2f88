"""The whole stack: what it says when it cannot start, what it keeps to itself, and that it comes back."""

import asyncio
import contextlib
import gc
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.demo.__main__ import demo
from deploy.local.errors import StackError
from deploy.local.layout import Stack, stack_from
from deploy.local.ports import ports_of
from deploy.local.readiness import health_of
from deploy.local.records import read_records, still_running
from deploy.local.supervision import Supervisor
from tests.local.conftest import ROOT, call, command, environment_of, free_stack, ready

_KEPT = ("decided ", "corrected ", "read at ", "feed ", "calendar ")
"""Lines of the demonstration that say the same however often a day it is run."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All processes."""
    started = free_stack(tmp_path_factory.mktemp("whole") / "run")
    yield ready(started)
    call(started, "reset")


def _pid(stack: Stack, name: str) -> int:
    return next(r.pid for r in read_records(stack.folder) if r.name == name)


def test_a_taken_port_is_named_with_its_purpose_and_the_setting(tmp_path: Path) -> None:
    stack = free_stack(tmp_path / "run")
    with socket.create_server(("127.0.0.1", stack.port(21))):
        done = call(stack, "up")
    assert done.returncode == 1
    assert f"port {stack.port(21)}, wanted for health and metrics of laksa" in done.stderr
    assert "PORT_BASE=" in done.stderr
    assert not still_running(stack.folder)


@pytest.mark.parametrize("value", ["nonsense", "80", "65500"])
def test_a_port_base_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(StackError, match="PORT_BASE must be a whole number"):
        stack_from({"PORT_BASE": value}, ROOT)


def test_only_the_services_named_are_started_beside_the_gateway() -> None:
    names = [process.name for process in stack_from({"ONLY": "laksa, news"}, ROOT).processes()]
    assert names == ["gateway", "laksa", "news"]
    with pytest.raises(StackError, match="ONLY may name laksa, "):
        stack_from({"ONLY": "nonsense"}, ROOT)


def test_a_long_path_gets_its_socket_in_a_short_folder(tmp_path: Path) -> None:
    assert stack_from({"RUN_FOLDER": "/srv"}, ROOT).control_socket == Path("/srv/supervisor.sock")
    long = stack_from({"RUN_FOLDER": str(tmp_path / ("x" * 100))}, ROOT)
    assert len(str(long.control_socket)) < 60


def test_asking_a_stack_that_is_gone_leaves_no_socket_open(tmp_path: Path) -> None:
    assert not Supervisor(free_stack(tmp_path)).alive()
    gc.collect()  # an open one would be a warning, and so an error


def test_every_private_file_is_for_its_owner_only(stack: Stack) -> None:
    files = [stack.folder / "secrets.json", stack.folder / "demo.json", stack.folder / "nats" / "nats.conf"]
    files += [*(stack.folder / "env").iterdir(), *(stack.folder / "keys").iterdir()]
    assert len(files) > 15
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_no_secret_stands_in_ps_in_the_supervisors_file_or_in_a_log(stack: Stack) -> None:
    known = json.loads((stack.folder / "secrets.json").read_text())
    rings = [*known["field_keys"].values(), *known["lookup_keys"].values(), known["media_signing_key"]]
    secrets = [*known["passwords"].values(), *(key for ring in rings for key in ring.values())]
    secrets.append((stack.folder / "nats" / "password").read_text())
    shown = [(stack.folder / "supervisord.conf").read_text()]
    shown += [log.read_text(errors="replace") for log in (stack.folder / "logs").iterdir()]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            shown.append(process.read_text(errors="replace"))
    assert not [s for s in secrets for text in shown if s in text]


def test_the_owner_of_the_tables_is_unknown_to_a_running_service(stack: Stack) -> None:
    environment = Path("/proc", str(_pid(stack, "laksa")), "environ").read_text()
    assert "DATABASE_URL=" in environment
    assert "DATABASE_OWNER_URL=" not in environment
    assert "laksa_owner" not in environment


def test_everything_listens_on_loopback_only(stack: Stack) -> None:
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [row.split() for row in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    listening = [row[1].split(":") for row in rows if row[3] == "0A"]
    ours = [a for a, port in listening if stack.port(0) <= int(port, 16) <= stack.port(99)]
    assert len(ours) >= len(ports_of(stack))
    assert set(ours) == {"0100007F"}


def test_a_command_runs_with_the_settings_of_its_service(stack: Stack) -> None:
    done = call(stack, "exec", "jobs", "--", "sh", "-c", "echo $PORT $OPS_PORT $DATABASE_URL")
    assert done.stdout.startswith(f"{stack.port(3)} {stack.port(23)} postgresql://jobs:")
    assert "no process 'nobody'" in call(stack, "exec", "nobody", "--", "true").stderr


def test_the_demonstration_walks_every_service_and_again_without_leaving_a_second_of_anything(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(demo(stack))
    first = capsys.readouterr().out
    asyncio.run(demo(stack))
    again = capsys.readouterr().out
    for service in ("LAKSA", "Prices", "News", "Tourism"):
        assert f"== {service}" in first
    kept = [[line for line in said.splitlines() if line.startswith(_KEPT)] for said in (first, again)]
    assert len(kept[0]) == len(_KEPT)
    assert kept[0] == kept[1]
    assert "1 review(s)" in first
    assert "1 review(s)" in again


def test_up_on_a_running_stack_says_so(stack: Stack) -> None:
    before = _pid(stack, "gateway")
    done = call(stack, "up")
    assert done.returncode == 0
    assert "already up" in done.stdout
    assert stack.gateway_url in done.stdout
    assert _pid(stack, "gateway") == before
    assert call(stack, "status").stdout.count("ready") == len(stack.processes()) + 2


@pytest.mark.parametrize("name", ["news", "nats", "postgres"])
def test_a_killed_process_is_back_within_five_seconds(stack: Stack, name: str) -> None:
    before = _pid(stack, name)
    process = next(p for p in stack.processes() if p.name == "news")
    os.kill(before, signal.SIGKILL)
    began = time.monotonic()
    while _pid(stack, name) == before:
        assert time.monotonic() - began < 5
        time.sleep(0.05)
    while health_of(process).missing:  # how long that takes is a matter of the machine's load
        assert time.monotonic() - began < 30
        time.sleep(0.05)


def test_orphans_of_a_killed_supervisor_are_ended_and_the_next_start_stops_cleanly(stack: Stack) -> None:
    """Kills the shared stack's supervisor, so it stays the last of this file."""
    orphans = [r for r in still_running(stack.folder) if r.name != "supervisord"]
    os.kill(_pid(stack, "supervisord"), signal.SIGKILL)
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    # Ctrl-C must work even where the caller has it ignored, as a shell does for background jobs.
    run = subprocess.Popen(
        command("run"), cwd=ROOT, env=environment_of(stack), stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    assert run.stdout is not None
    said = ""
    while "Ctrl-C stops everything" not in said:
        line = run.stdout.readline()
        assert line, said
        said += line
    assert "ended what an earlier start had left running" in said
    assert not [r.name for r in orphans if r.alive()]
    assert stranger.poll() is None
    assert _status(stack.gateway_url) == 200

    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    assert run.wait(15) == 0
    assert time.monotonic() - began < 10
    assert "Stopped" in run.stdout.read()
    run.stdout.close()
    assert not still_running(stack.folder)
    assert call(stack, "down").stdout.startswith("Nothing runs")
    stranger.kill()
    stranger.wait()


def _status(url: str) -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/health/ready")
    status = connection.getresponse().status
    connection.close()
    return status
