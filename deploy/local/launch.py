"""Becomes one process of the stack, so that no secret stands in the supervisor's file or in `ps`."""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from deploy.local.errors import StackError
from deploy.local.layout import EVERY_SERVICE, NATS_OFFSET, POSTGRES_OFFSET, Stack
from deploy.local.records import write_record


def launch(stack: Stack, name: str) -> NoReturn:
    """Notes this process's pid as `name` and replaces it by the program."""
    write_record(stack.folder, name, os.getpid())
    if name == "postgres":
        _postgres(stack)
    if name == "nats":
        _nats(stack)
    _service(stack, name)


def _postgres(stack: Stack) -> NoReturn:
    from deploy.local.postgres import ENVIRONMENT, Cluster

    cluster = Cluster(stack.folder / "postgres", stack.port(POSTGRES_OFFSET))
    command = cluster.command()
    os.chdir(cluster.data)
    if cluster.account:
        cluster.account.become()
    os.execve(command[0], command, ENVIRONMENT)  # noqa: S606


def _nats(stack: Stack) -> NoReturn:
    from deploy.local.nats import Broker

    command = Broker(stack.folder / "nats", stack.port(NATS_OFFSET)).command()
    os.execv(command[0], command)  # noqa: S606


def _service(stack: Stack, name: str) -> NoReturn:
    from deploy.local.environment import process_environment

    package = next(s.package for s in EVERY_SERVICE if s.short == name.partition("-")[0])
    command = [sys.executable, "-m", package, "serve"]
    os.execve(command[0], command, process_environment(stack.folder, name))  # noqa: S606


def run_in_environment(folder: Path, name: str, command: list[str]) -> NoReturn:
    """Becomes `command` with the settings of process `name`."""
    from deploy.local.environment import process_environment

    environment = process_environment(folder, name)
    if not command or shutil.which(command[0], path=environment["PATH"]) is None:
        raise StackError(f"exec needs a command that exists: {' '.join(command) or 'none was given'}")
    os.execvpe(command[0], command, environment)  # noqa: S606
