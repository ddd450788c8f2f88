"""Only our own processes are ever ended, however they were left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.private_files import private_folder
from deploy.local.records import end_all, read_records, still_running, write_record

_WITH_CHILD = (
    "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print(flush=True); time.sleep(60)"
)


def _sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], start_new_session=True)


def test_a_recorded_process_is_ended_and_a_stranger_is_not(tmp_path: Path) -> None:
    ours, stranger = _sleeper(), _sleeper()
    write_record(tmp_path, "laksa", ours.pid)
    assert [r.name for r in still_running(tmp_path)] == ["laksa"]
    assert end_all(tmp_path) == ["laksa"]
    assert ours.wait(1) == -signal.SIGTERM
    assert stranger.poll() is None
    assert read_records(tmp_path) == []
    stranger.kill()
    stranger.wait()


def test_a_stranger_who_got_a_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    stranger = _sleeper()
    write_record(tmp_path, "laksa", stranger.pid)
    path = tmp_path / "pids" / "laksa"
    pid, start, session, boot = path.read_text().split()
    path.write_text(f"{pid} {int(start) - 5} {session} {boot}")
    assert end_all(tmp_path) == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_child_left_in_the_group_of_a_dead_process_is_ended(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _WITH_CHILD], stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.stdout.close()
    write_record(tmp_path, "gateway", parent.pid)
    parent.kill()
    parent.wait()
    os.killpg(parent.pid, 0)  # the child is there
    assert end_all(tmp_path) == []
    assert _group_is_gone(parent.pid, seconds=2)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(StackError, match="not a folder of this account"):
        private_folder(tmp_path / "link")


def _group_is_gone(group: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False
