"""`make sdk`: public generators make a TypeScript and a Python client of the running city's document.

Both are compiled as strictly as their languages can and call the gateway. What they need is installed into a
folder of its own; nothing of it belongs to the project.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
GENERATOR = "openapi-python-client==0.29.1"


class SdkError(Exception):
    """A generator, a compiler or a call failed: what it said."""


def main() -> None:
    """Says line by line what was called; ends with 1 and the reason where something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sdk", description=__doc__)
    parser.add_argument("--demo", type=Path, default=Path(".run/demo.json"), help="of a running stack")
    parser.add_argument("--folder", type=Path, default=Path(".sdk"), help="for the tools and what they make")
    asked = parser.parse_args()
    if not asked.demo.exists():
        raise SystemExit(f"{asked.demo} is not there: make run starts a city")
    demo, folder = json.loads(asked.demo.read_text()), asked.folder.resolve()
    folder.mkdir(exist_ok=True)
    (folder / "openapi.json").write_bytes(httpx.get(f"{demo['gateway']}/openapi.json").content)
    try:
        python(folder, arguments(demo))
        typescript(folder, arguments(demo))
    except SdkError as error:
        raise SystemExit(str(error)) from error


def arguments(demo: dict[str, Any]) -> list[str]:
    """Address, key, and a demo resident."""
    return [demo["gateway"], demo["api_keys"]["web"], demo["citizen"]["phone"], demo["citizen"]["otp"]]


def python(folder: Path, given: list[str]) -> None:
    """openapi-python-client; whatever it cannot express it says, and that fails here."""
    home = folder / "python"
    if not (home / "bin").exists():
        venv.create(home, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", GENERATOR]
        _run("pip", [str(home / "bin" / "python"), *install])
    shutil.rmtree(home / "city_client", ignore_errors=True)
    command = ["generate", "--path", str(folder / "openapi.json"), "--output-path", str(home / "city_client")]
    config = ["--meta", "none", "--config", str(HERE / "python" / "config.yaml"), "--fail-on-warning"]
    own = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it puts its code in order by ruff
    )
    _run("openapi-python-client", [str(home / "bin" / "openapi-python-client"), *command, *config], PATH=own)
    say(f"Python: {len(list((home / 'city_client').rglob('*.py')))} modules made")
    call = [str(home / "bin" / "python"), str(HERE / "python" / "call.py"), *given]
    say(_run("the Python client", call, cwd=home, PYTHONPATH=str(home)))


def typescript(folder: Path, given: list[str]) -> None:
    """openapi-typescript, and openapi-fetch with its types, compiled by tsc in its strictest mode."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SdkError("node and npm are not installed: the TypeScript client was not made")
    home = folder / "typescript"
    shutil.copytree(HERE / "typescript", home, dirs_exist_ok=True)
    if not (home / "node_modules").exists():
        _run("npm", [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"], cwd=home)
    tools = home / "node_modules" / ".bin"
    source = str(folder / "openapi.json")
    _run("openapi-typescript", [str(tools / "openapi-typescript"), source, "-o", "api.d.ts"], cwd=home)
    _run("tsc", [str(tools / "tsc"), "--project", "."], cwd=home)
    say(f"TypeScript: {len((home / 'api.d.ts').read_text().splitlines()):,} lines of types, compiled")
    say(_run("the TypeScript client", [node, "out/call.js", *given], cwd=home))


def _run(what: str, command: list[str], cwd: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise SdkError(f"{what} failed:\n{done.stdout[-4_000:]}\n{done.stderr[-4_000:]}")
    return done.stdout.rstrip()


def say(line: str) -> None:
    """One line, or several."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
