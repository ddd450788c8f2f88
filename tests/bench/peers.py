"""Other gateways in front of the same upstream; who cannot be installed here is left out with a reason."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.processes import BENCH

_PEERS = BENCH / "peer_files"
Command = Callable[[int, int], list[str]]


def commands(folder: Path) -> tuple[dict[str, Command], dict[str, str]]:
    """({peer: command(port, upstream port)}, {peer: why it is not here}); installs into `folder`."""
    found, missing = {}, {}
    for name, prepare in (("fastify", _fastify), ("caddy", _caddy), ("traefik", _traefik)):
        try:
            found[name] = prepare(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            missing[name] = str(error)
    return found, missing


def _fastify(folder: Path) -> Command:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise FileNotFoundError("node and npm are not installed")
    home = folder / "fastify"
    if not (home / "node_modules").exists():
        shutil.copytree(_PEERS, home, dirs_exist_ok=True)
        install = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(install, cwd=home, check=True, capture_output=True)
    return lambda port, upstream: [
        node,
        str(home / "fastify.js"),
        str(port),
        f"http://127.0.0.1:{upstream}",
    ]


def _caddy(folder: Path) -> Command:
    binary = _wheels(folder) / "caddy"
    return lambda port, upstream: [
        str(binary),
        "reverse-proxy",
        "--from",
        f"http://127.0.0.1:{port}",
        "--to",
        f"http://127.0.0.1:{upstream}",
    ]


def _traefik(folder: Path) -> Command:
    binary = _wheels(folder) / "traefik"

    def command(port: int, upstream: int) -> list[str]:
        servers = [{"url": f"http://127.0.0.1:{upstream}"}]
        router = {"rule": "PathPrefix(`/`)", "service": "up", "entryPoints": ["in"]}
        http = {"routers": {"all": router}, "services": {"up": {"loadBalancer": {"servers": servers}}}}
        rules = folder / f"traefik-{port}.yml"
        rules.write_text(json.dumps({"http": http}))
        return [
            str(binary),
            f"--entryPoints.in.address=127.0.0.1:{port}",
            f"--providers.file.filename={rules}",
            "--log.level=ERROR",
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
        ]

    return command


def _wheels(folder: Path) -> Path:
    target = folder / "wheels"
    if not (target / "bin" / "traefik").exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        given = ["--target", str(target), "-r", str(_PEERS / "requirements.txt")]
        subprocess.run([*install, *given], check=True, capture_output=True)
    return target / "bin"
