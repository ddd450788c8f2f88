"""`python -m deploy.local …`: up, run, down, status, logs, reset, migrate, exec (the Makefile calls it)."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError
from deploy.local.layout import Stack, stack_from

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Runs one command; 0 when it worked. What went wrong is one text on standard error."""
    options = _parser().parse_args(arguments)
    try:
        stack = stack_from(os.environ, ROOT)
        return _run(options, stack)
    except StackError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1


def _run(options: argparse.Namespace, stack: Stack) -> int:
    # Imported late: the supervisor starts every process through `launch`.
    if options.command == "launch":
        from deploy.local.launch import launch

        launch(stack, options.name)
    if options.command == "exec":
        from deploy.local.launch import run_in_environment

        command = options.rest[1:] if options.rest[:1] == ["--"] else options.rest
        run_in_environment(stack.folder, options.name, command)
    from deploy.local import commands

    if options.command in ("rotate", "rekey"):
        return _change_keys(options, stack)
    if options.command in ("replay", "backup", "restore"):
        return _keep(options, stack)
    if options.command == "logs":
        return commands.logs(stack, options.name)
    if options.command == "check-city":
        from deploy.local import check_city

        return check_city.check(stack, options.names)
    if options.command == "monitoring":
        from deploy.local import monitoring

        return monitoring.write(stack)
    if options.command == "migration":
        return commands.write_revision(stack, options.service, options.message)
    chosen = {
        "up": commands.up, "run": commands.run, "down": commands.down, "reset": commands.reset,
        "status": commands.status, "migrate": commands.migrate, "check-migrations": commands.check_migrations,
    }  # fmt: skip
    return chosen[options.command](stack)


def _change_keys(options: argparse.Namespace, stack: Stack) -> int:
    from deploy.local import rotation

    if options.command == "rotate":
        rotation.rotate(stack, options.kinds, leaked=options.leaked, only=options.only)
    else:
        rotation.rekey(stack, only=options.only)
    return 0


def _keep(options: argparse.Namespace, stack: Stack) -> int:
    from deploy.local import lifecycle
    from deploy.local.keeping import backup, replay, restore
    from deploy.local.progress import say

    if options.command == "replay":
        return replay.replay(stack, options.since)
    if options.command == "backup":
        return backup.backup(stack, options.to)
    try:
        return restore.restore(stack, options.source, options.keys, force=options.force)
    except lifecycle.Interrupted as reason:
        say(f"Interrupted ({reason}).")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="The embedded stack.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, meaning in (
        ("up", "start in the background"),
        ("run", "start and stay; Ctrl-C stops everything"),
        ("down", "stop"),
        ("status", "what runs"),
        ("reset", "stop and delete all data"),
        ("migrate", "bring the running stack's tables to the newest revision"),
        ("monitoring", "write what Prometheus needs to watch the running stack"),
        ("check-migrations", "compare migrations with models on a temporary server"),
    ):
        commands.add_parser(name, help=meaning)
    logs = commands.add_parser("logs", help="follow the logs of one process or all")
    logs.add_argument("name", nargs="?", default="")
    check = commands.add_parser("check-city", help="what a city pack has, what it lacks, what is wrong")
    check.add_argument("names", nargs="*")
    migration = commands.add_parser("migration", help="write a service's next revision")
    migration.add_argument("service")
    migration.add_argument("message")
    rotate = commands.add_parser("rotate", help="new keys in place of old ones")
    rotate.add_argument("kinds", nargs="+", choices=("identity", "fields", "lookup", "media"))
    rotate.add_argument("--leaked", action="store_true", help="the old ones are refused at once")
    rekey = commands.add_parser("rekey", help="re-encrypt under the current keys, drop the old ones")
    for command in (rotate, rekey):
        command.add_argument("--only", default="", help="the keys of one service")
    _add_keeping(commands)
    run = commands.add_parser("exec", help="run a command with the settings of a process")
    run.add_argument("name")
    run.add_argument("rest", nargs=argparse.REMAINDER, metavar="-- CMD")
    launch = commands.add_parser("launch", help="become a process (for the supervisor)")
    launch.add_argument("name")
    return parser


def _add_keeping(commands: Any) -> None:
    replay = commands.add_parser("replay", help="send again what was sent since a moment")
    replay.add_argument("since", help="2d, 12h, 30m or an ISO 8601 moment with its offset")
    backup = commands.add_parser("backup", help="copy databases, media and keys while everything runs")
    backup.add_argument("to", type=Path, help="the folder that gets a folder of its own in it")
    restore = commands.add_parser("restore", help="put a backup back on an empty place, and start")
    restore.add_argument("source", type=Path)
    restore.add_argument("--keys", type=Path, help="where the keys of the backup are, unless beside it")
    restore.add_argument("--force", action="store_true", help="delete the data that is there")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
