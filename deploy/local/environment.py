"""The settings each process is started with: one private file per process, rewritten at every start."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError
from deploy.local.identity_keys import ensure_identity_keys
from deploy.local.layout import NATS_OFFSET, POSTGRES_OFFSET, Process, Stack
from deploy.local.nats import Broker
from deploy.local.private_files import private_folder, write_private
from deploy.local.registry import Service
from deploy.local.secret_store import load_secrets

PASSED_ON = (
    "CITY_TIME_OFFSET", "STREAM_MAX_BYTES", "TRUSTED_PROXIES", "PUBLIC_URL", "MEDIA_URL", "DEMO_OTP",
    "TRACES_URL", "TRACES_RATIO",
)  # fmt: skip


def write_environments(stack: Stack) -> None:
    """Writes env/<process>.env and, for migrations, env/<service>.owner.env: ports anew, secrets kept."""
    folder = private_folder(stack.folder / "env")
    known = load_secrets(stack.folder)
    ensure_identity_keys(stack.folder)
    private_folder(stack.folder / "media")
    for process in stack.processes():
        write_private(folder / f"{process.name}.env", _lines(_settings(stack, process, known)))
    for service in {p.service for p in stack.processes()}:
        owner = {"DATABASE_OWNER_URL": database_url(stack, service, known, owner=True)}
        write_private(folder / f"{service.short}.owner.env", _lines(owner))


def write_joining(stack: Stack, joining: Iterable[Process]) -> None:
    """Settings of services that join a running stack, for the city it runs; the gateway is told of them."""
    folder, known = stack.folder / "env", load_secrets(stack.folder)
    gateways = [p for p in stack.processes() if p.service.short == "gateway"]
    theirs = read_environment(stack.folder, gateways[0].name)
    for process in joining:
        own = _settings(stack, process, known)
        own |= {n: theirs[n] for n in ("CITY_PACK", "NATS_URL", *PASSED_ON) if n in own and n in theirs}
        write_private(folder / f"{process.name}.env", _lines(own))
        owner = {"DATABASE_OWNER_URL": database_url(stack, process.service, known, owner=True)}
        write_private(folder / f"{process.service.short}.owner.env", _lines(owner))
    for process in gateways:
        values = read_environment(stack.folder, process.name) | {"SERVICES": json.dumps(_addresses(stack))}
        write_private(folder / f"{process.name}.env", _lines(values))


def key_rings(short: str, known: dict[str, Any]) -> dict[str, str]:
    """The keys of one service that can be changed while it runs, each ring with the current key first."""
    rings = {
        "FIELD_KEYS": known["field_keys"][short],
        "LOOKUP_KEY": known["lookup_keys"][short],
        "MEDIA_SIGNING_KEY": known["media_signing_key"],
    }
    return {name: json.dumps(ring) for name, ring in rings.items()}


def hand_out_keys(stack: Stack, process: Process, known: dict[str, Any]) -> dict[str, str]:
    """Puts the keys into the settings that the process is started with next; answers these keys."""
    rings = key_rings(process.service.short, known)
    values = read_environment(stack.folder, process.name) | rings
    write_private(stack.folder / "env" / f"{process.name}.env", _lines(values))
    return rings


def read_environment(folder: Path, name: str) -> dict[str, str]:
    """The settings of one process; StackError if the stack has none of that name."""
    path = folder / "env" / f"{name}.env"
    if not path.exists():
        known = sorted(p.stem for p in path.parent.glob("*.env") if not p.stem.endswith(".owner"))
        raise StackError(
            f"no process {name!r} here; " + (f"there are: {', '.join(known)}" if known else "run make up")
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def process_environment(folder: Path, name: str) -> dict[str, str]:
    """The caller's environment with the settings of `name` over it, and this Python first on the PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1"} | read_environment(folder, name)


def database_url(stack: Stack, service: Service, known: dict[str, Any], *, owner: bool = False) -> str:
    """The database a service was given, or its own in the embedded PostgreSQL, for owner or runtime role."""
    given = stack.given.get(f"DATABASE_URL_{service.short.upper()}")
    if given:
        return stack.given.get(f"DATABASE_OWNER_URL_{service.short.upper()}", given) if owner else given
    role = f"{service.short}_owner" if owner else service.short
    port = stack.port(POSTGRES_OFFSET)
    return f"postgresql://{role}:{known['passwords'][role]}@127.0.0.1:{port}/{service.short}"


def _settings(stack: Stack, process: Process, known: dict[str, Any]) -> dict[str, str]:
    short = process.service.short
    keys = stack.folder / "keys"
    values = {
        "ENVIRONMENT": "development",
        "HOST": "127.0.0.1",
        "PORT": str(process.port),
        "OPS_PORT": str(process.ops_port),
        "PORT_BASE": str(stack.port_base),
        "DATABASE_URL": database_url(stack, process.service, known),
        "NATS_URL": stack.given.get("NATS_URL")
        or Broker(stack.folder / "nats", stack.port(NATS_OFFSET)).url(),
        "CITY_PACK": stack.pack,
        "IDENTITY_JWKS": str(keys / "identity.jwks.json"),
        **key_rings(short, known),
        "MEDIA_URL": (stack.folder / "media").as_uri(),
        "CITY_TIME_OFFSET": "0",
        "PUBLIC_URL": stack.gateway_url,
        "STREAM_MAX_BYTES": str(stack.stream_bytes),
        "TRACES_URL": "",
        "TRACES_RATIO": "0.01",
    }
    if short == "gateway":
        values |= {
            "SERVICES": json.dumps(_addresses(stack)),
            "IDENTITY_KEY": str(keys / "identity.jwk.json"),
            "TRUSTED_PROXIES": "",
            "RATE_FILE": str(stack.folder / "rate-limits"),
            "DEMO_OTP": known["demo_otp"],
            "TOKEN_KEY": known["token_key"],
            "DOCUMENTS_SECONDS": "1",  # all start at once here: no 5 s wait for the routes
        }
    return values | {n: stack.given[n] for n in PASSED_ON if n in values and stack.given.get(n)}


def _lines(values: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _addresses(stack: Stack) -> list[dict[str, Any]]:
    return [
        {"name": s.name, "url": f"http://127.0.0.1:{stack.port(s.offset)}", "prefixes": list(s.prefixes)}
        for s in stack.services()
    ]
