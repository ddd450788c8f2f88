"""What the process manager is told to keep running: its configuration file."""

import os
import sys
from collections.abc import Collection
from pathlib import Path

from deploy.local.layout import Stack
from deploy.local.private_files import private_folder, write_private

GROUP = "city"
_HEAD = """\
; Written at every start; change it in deploy/local/supervision.py.
[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
nodaemon=true
silent=true
user={user}
umask=077
directory={root}
logfile={folder}/logs/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
childlogdir={folder}/logs
pidfile={folder}/supervisord.pid
"""
# A service waits for its servers by itself, so an exit is a fault: retried for ever, 1 s, 2 s, 3 s … apart.
_PROGRAM = """
[program:{name}]
command="{python}" -m deploy.local launch {name}
autostart={autostart}
autorestart=true
startsecs=2
startretries=1000000
stopsignal={stopsignal}
stopwaitsecs={stopwaitsecs}
stopasgroup=false
killasgroup=true
priority={priority}
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
"""
# stopped in reverse: services, then the broker, then the database; together at most 10 s
_STOP = {"postgres": ("INT", 2, 1), "nats": ("TERM", 1, 2)}


def write_configuration(stack: Stack, joined: Collection[str] = ()) -> Path:
    """Writes .run/supervisord.conf for the servers and processes of `stack`; it holds no secret.

    Who `joined` a running stack stands beside the group: to change a group all of it would have to stop.
    """
    private_folder(stack.folder / "logs")
    names = [p.name for p in stack.processes()]
    together = [name for name in names if name not in joined]
    parts = [
        _HEAD.format(
            socket=_escaped(stack.control_socket),
            user=os.geteuid(),
            root=_escaped(stack.root),
            folder=_escaped(stack.folder),
        ),
        *(_program(stack, name) for name in [*stack.servers(), *names]),
        f"\n[group:{GROUP}]\nprograms={','.join(together)}\npriority=3\n",
    ]
    path = stack.folder / "supervisord.conf"
    write_private(path, "".join(parts))
    return path


def _program(stack: Stack, name: str) -> str:
    stopsignal, stopwaitsecs, priority = _STOP.get(name, ("TERM", 6, 3))
    return _PROGRAM.format(
        name=name,
        python=_escaped(Path(sys.executable)),
        autostart=str(name in _STOP).lower(),
        stopsignal=stopsignal,
        stopwaitsecs=stopwaitsecs,
        priority=priority,
        # supervisor 4.3 expands this one setting twice
        log=_escaped(Path(_escaped(stack.folder / "logs" / f"{name}.log"))),
    )


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
