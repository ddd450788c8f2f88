"""Which processes make a stack, which ports they use, and where its files are."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.private_files import write_private_json
from deploy.local.registry import GATEWAY, Service, find_services

POSTGRES_OFFSET, NATS_OFFSET, NATS_MONITOR_OFFSET = 32, 42, 43
MOST_GATEWAY_WORKERS = 10
_LONGEST_SOCKET_PATH = 100
_SOCKET_SUFFIX = ".4194304"  # supervisord binds to "<path>.<pid>" first, and the kernel takes 107 bytes


SERVICES = find_services(Path(__file__).resolve().parents[2])
EVERY_SERVICE = (GATEWAY, *SERVICES)


@dataclass(frozen=True)
class Process:
    """One supervised process of a service; the gateway may have several, sharing `port`."""

    name: str
    service: Service
    port: int
    ops_port: int

    @property
    def ready_url(self) -> str:
        """Answers 200 once the process can do its main job."""
        return f"http://127.0.0.1:{self.ops_port}/health/ready"


@dataclass(frozen=True)
class Stack:
    """One installation: the repository it runs from, its folder, its ports, and what the caller set."""

    root: Path
    folder: Path
    port_base: int
    gateway_workers: int
    given: Mapping[str, str]
    only: str = ""
    pack: str = ""
    city: str = ""

    def port(self, offset: int) -> int:
        """The port at `offset` of this stack's hundred."""
        return self.port_base + offset

    def processes(self) -> list[Process]:
        """The gateway's workers, then the services it runs with."""
        workers = [
            Process(
                f"gateway-{n}" if n else "gateway", GATEWAY, self.port(0), self.port(GATEWAY.ops_offset + n)
            )
            for n in range(self.gateway_workers)
        ]
        own = [Process(s.short, s, self.port(s.offset), self.port(s.ops_offset)) for s in self.services()]
        return workers + own

    def services(self) -> list[Service]:
        """All services, or those that ONLY names: `ONLY=laksa,jobs`."""
        wanted = self.only.replace(",", " ").split()
        return [s for s in SERVICES if not wanted or s.short in wanted]

    def embeds_postgres(self) -> bool:
        """False when every service was given a database of its own (DATABASE_URL_<NAME>)."""
        return any(f"DATABASE_URL_{s.short.upper()}" not in self.given for s in EVERY_SERVICE)

    def embeds_nats(self) -> bool:
        """False when NATS_URL names a broker."""
        return "NATS_URL" not in self.given

    def servers(self) -> list[str]:
        """The embedded servers of this stack, in starting order."""
        return ["postgres"] * self.embeds_postgres() + ["nats"] * self.embeds_nats()

    @property
    def stream_bytes(self) -> int:
        """How large each publisher's stream may become: STREAM_MAX_BYTES."""
        return _whole_number(self.given, "STREAM_MAX_BYTES", 1_024**3, 1_024**2, 1_024**5)

    @property
    def gateway_url(self) -> str:
        """The only address front ends need."""
        return f"http://127.0.0.1:{self.port(0)}"

    @property
    def control_socket(self) -> Path:
        """Where supervisord listens: in the stack's folder, or in a short one when that path is too long."""
        wanted = self.folder / "supervisor.sock"
        if len(os.fsencode(wanted)) + len(_SOCKET_SUFFIX) <= _LONGEST_SOCKET_PATH:
            return wanted
        return Path("/tmp") / f"city-{digest_of(self.folder)}-{os.getuid()}" / "supervisor.sock"  # noqa: S108

    def remember(self) -> None:
        """Notes what this start uses, for commands that come later with other settings."""
        kept = ("port_base", "gateway_workers", "only", "pack", "city")
        values = {name: getattr(self, name) for name in kept}
        write_private_json(self.folder / "stack.json", values)

    def as_started(self) -> "Stack":
        """The stack with the ports, workers, services and city of its last start."""
        path = self.folder / "stack.json"
        return replace(self, **json.loads(path.read_text())) if path.exists() else self


def digest_of(folder: Path) -> str:
    """A short name for a folder, the same at every start."""
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]


def stack_from(environment: Mapping[str, str], root: Path) -> Stack:
    """Reads PORT_BASE, GATEWAY_WORKERS, ONLY and RUN_FOLDER; StackError if one makes no sense."""
    return Stack(
        root=root,
        folder=(root / environment.get("RUN_FOLDER", ".run")).resolve(),
        port_base=_whole_number(environment, "PORT_BASE", 8000, 1024, 65_436),
        gateway_workers=_whole_number(environment, "GATEWAY_WORKERS", 1, 1, MOST_GATEWAY_WORKERS),
        given=dict(environment),
        only=_names(environment.get("ONLY", "")),
    )


def _names(text: str) -> str:
    known = [s.short for s in SERVICES]
    strange = set(text.replace(",", " ").split()) - set(known)
    if strange:
        raise StackError(f"ONLY may name {', '.join(known)}; it is {text!r}")
    return text


def _whole_number(environment: Mapping[str, str], name: str, otherwise: int, least: int, most: int) -> int:
    text = environment.get(name) or str(otherwise)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise StackError(f"{name} must be a whole number from {least} to {most}; it is {text!r}")
    return int(text)
