"""The demo city's seed, and the table of addresses and sign-ins that `make run` shows."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.local.environment import process_environment
from deploy.local.errors import StackError
from deploy.local.layout import Stack
from deploy.local.private_files import write_private_json

_NEAR = "place_of_worship,culinary"
"""Kinds of places that the packs here have; /v1/tourism/categories says which a city has."""


def begin_loading(stack: Stack) -> subprocess.Popen[str]:
    """Starts `gateway load-pack`: inserts demo users and front-end clients once, and prints them as JSON."""
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "load-pack"], cwd=stack.root, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=process_environment(stack.folder, "gateway"),
    )  # fmt: skip


def finish_loading(stack: Stack, loader: subprocess.Popen[str], seconds: float = 60) -> dict[str, Any]:
    """Waits for the loader and writes .run/demo.json; StackError with its last lines when it failed."""
    try:
        printed, complaint = loader.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        loader.kill()
        raise StackError(f"loading the city pack took more than {seconds:.0f} s") from None
    if loader.returncode:
        lines = (complaint.strip() or printed.strip()).splitlines()[-12:]
        raise StackError("the city pack was not loaded:\n" + "\n".join(f"  | {line}" for line in lines))
    loaded: dict[str, Any] = json.loads(printed.strip().splitlines()[-1]) if printed.strip() else {}
    return write_addresses(stack, loaded)


def write_addresses(stack: Stack, demo: dict[str, Any]) -> dict[str, Any]:
    """Writes .run/demo.json with the addresses as they are now."""
    metrics = [f"http://127.0.0.1:{p.ops_port}/metrics" for p in stack.processes()]
    demo = demo | {"gateway": stack.gateway_url, "metrics": metrics, "examples": examples(stack, demo)}
    write_private_json(stack.folder / "demo.json", demo)
    return demo


def examples(stack: Stack, demo: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Addresses to begin with, of each service that runs: those for a front end's key, those without."""
    running, point = {service.short for service in stack.services()}, demo.get("walk", {}).get("point", {})
    near = "&".join([*(f"{name}={point[name]}" for name in ("lat", "lon") if name in point), f"mix={_NEAR}"])
    with_key = {
        "laksa": "/v1/laksa/categories",
        "prices": "/v1/prices/latest",
        "news": "/v1/news/articles",
        "tourism": f"/v1/tourism/nearby?{near}",
    }
    without = {"news": "/feeds/news.atom", "tourism": "/ogc"}
    return {
        kind: {short: stack.gateway_url + path for short, path in paths.items() if short in running}
        for kind, paths in (("with_key", with_key), ("without_key", without))
    }


def read_demo(folder: Path) -> dict[str, Any]:
    """What .run/demo.json says; StackError when the stack was never started."""
    path = folder / "demo.json"
    if not path.exists():
        raise StackError("the stack has not been started here yet: run make up")
    demo: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return demo


def table(demo: dict[str, Any]) -> str:
    """Addresses and sign-ins for people."""
    gateway, metrics = demo["gateway"], demo.get("metrics", [])
    lines = [
        f"  API            {gateway}",
        f"  documentation  {gateway}/docs",
        f"  metrics        {metrics[0]} and {len(metrics) - 1} more in .run/demo.json",
    ]
    citizen, staff, keys = (demo.get(k) or {} for k in ("citizen", "staff", "api_keys"))
    if citizen:
        lines += ["", f"  resident       phone {citizen['phone']}, code {citizen['otp']}"]
    if keys:
        lines += ["", *_columns([("X-Api-Key of", "key"), *keys.items()])]
    if keys and "web" in keys:
        lines += ["", *_to_try(demo.get("examples") or {}, keys["web"])]
    if staff:
        head = ("staff role", "user name", "password", "TOTP secret")
        rows = [(role, s["username"], s["password"], s.get("totp_secret", "-")) for role, s in staff.items()]
        lines += ["", *_columns([head, *rows])]
    return "\n".join(lines)


def _to_try(found: dict[str, dict[str, str]], key: str) -> list[str]:
    asked = [
        (short, f'curl -H "X-Api-Key: {key}" "{url}"') for short, url in found.get("with_key", {}).items()
    ]
    free = [(short, f"{url} (no key)") for short, url in found.get("without_key", {}).items()]
    return _columns([("to try", ""), *asked, *free])


def _columns(rows: list[tuple[Any, ...]]) -> list[str]:
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    return [
        "  " + "  ".join(str(c).ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
