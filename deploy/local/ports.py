"""Whether the ports of a stack are free, said before anything is started."""

import errno
import socket
import time

from deploy.local.errors import StackError
from deploy.local.layout import NATS_MONITOR_OFFSET, NATS_OFFSET, POSTGRES_OFFSET, Stack


def ports_of(stack: Stack) -> dict[int, str]:
    """Port -> what the stack uses it for."""
    wanted = {}
    for process in stack.processes():
        wanted[process.port] = process.service.name
        wanted[process.ops_port] = f"health and metrics of {process.name}"
    if stack.embeds_postgres():
        wanted[stack.port(POSTGRES_OFFSET)] = "PostgreSQL"
    if stack.embeds_nats():
        wanted[stack.port(NATS_OFFSET)] = "NATS"
        wanted[stack.port(NATS_MONITOR_OFFSET)] = "the NATS monitor"
    return wanted


def refuse_taken_ports(stack: Stack, seconds: float = 2) -> None:
    """StackError naming each port that another program holds, what it was for, and the setting to change.

    A process that just ended may hold its sockets a moment longer, until the last of its threads is gone.
    """
    until = time.monotonic() + seconds
    while (taken := _taken(stack)) and time.monotonic() < until:
        time.sleep(0.05)
    if taken:
        hint = f"Choose another hundred, for example: make run PORT_BASE={_other_base(stack.port_base)}"
        found = "This port is taken" if len(taken) == 1 else "These ports are taken"
        raise StackError("\n".join([f"{found} by another program:", *taken, hint]))


def _taken(stack: Stack) -> list[str]:
    wanted = sorted(ports_of(stack).items())
    return [f"  port {port}, wanted for {role}" for port, role in wanted if not _free(port)]


def _other_base(base: int) -> int:
    return base + 1000 if base + 1000 <= 65_000 else 8000


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StackError(f"cannot listen on 127.0.0.1:{port}: {error.strerror}") from error
    return True
