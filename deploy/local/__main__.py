"""`python -m deploy.local …`: up, run, down, status, logs, reset, migrate, exec (the Makefile calls it)."""

import argparse
import os
import sys
from pathlib import Path

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

    if options.command == "logs":
        return commands.logs(stack, options.name)
    if options.command == "migration":
        return commands.write_revision(stack, options.service, options.message)
    chosen = {
        "up": commands.up, "run": commands.run, "down": commands.down, "reset": commands.reset,
        "status": commands.status, "migrate": commands.migrate, "check-migrations": commands.check_migrations,
    }  # fmt: skip
    return chosen[options.command](stack)


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
        ("check-migrations", "compare migrations with models on a temporary server"),
    ):
        commands.add_parser(name, help=meaning)
    logs = commands.add_parser("logs", help="follow the logs of one process or all")
    logs.add_argument("name", nargs="?", default="")
    migration = commands.add_parser("migration", help="write a service's next revision")
    migration.add_argument("service")
    migration.add_argument("message")
    run = commands.add_parser("exec", help="run a command with the settings of a process")
    run.add_argument("name")
    run.add_argument("rest", nargs=argparse.REMAINDER, metavar="-- CMD")
    launch = commands.add_parser("launch", help="become a process (for the supervisor)")
    launch.add_argument("name")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
