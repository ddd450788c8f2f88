"""Real routing engines on a tiny made-up town: programs from Python wheels, run beside the tests.

The wheels need Python 3.12 and are no part of the tests' environment: ROUTE_ENGINES names the Python of
one that has them (route-engines.txt).
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from shared.testing import free_port

HOW = (
    "python3.12 -m venv FOLDER && FOLDER/bin/pip install -r tests/svc_tourism/route-engines.txt, "
    "then ROUTE_ENGINES=FOLDER/bin/python"
)
#: Six streets east and six north of 106.63, -6.18, 220 m apart.
_TOWN = """
import sys
import osmium
from osmium.osm.mutable import Node, Way
town = osmium.SimpleWriter(sys.argv[1])
size = range(6)
for north in size:
    for east in size:
        place = (106.63 + east * 0.002, -6.18 + north * 0.002)
        town.add_node(Node(id=1 + north * 6 + east, location=place, version=1))
for n in size:
    tags = {"highway": "residential", "name": f"Jalan Demo {n + 1}"}
    town.add_way(Way(id=100 + n, nodes=[1 + n * 6 + east for east in size], tags=tags, version=1))
for n in size:
    tags = {"highway": "residential", "name": f"Gang Demo {n + 1}"}
    town.add_way(Way(id=200 + n, nodes=[1 + north * 6 + n for north in size], tags=tags, version=1))
town.close()
"""
_CONFIG = """
import json
from valhalla.config import get_config
print(json.dumps(get_config(tile_extract="", tile_dir="tiles")))
"""
_WHERE = {
    "osrm": "import osrm, pathlib; print(pathlib.Path(osrm.__file__).parent)",
    "valhalla": "from valhalla._scripts import PYVALHALLA_BIN_DIR as folder; print(folder)",
}


@cache
def programs(engine: str) -> Path | None:
    """The folder of an engine's programs; None if it, or osmium, is not installed."""
    python = os.environ.get("ROUTE_ENGINES", sys.executable)
    asked = subprocess.run([python, "-c", f"import osmium; {_WHERE[engine]}"], capture_output=True, text=True)
    return Path(asked.stdout.strip()) if asked.returncode == 0 else None


def missing(engine: str) -> str:
    """Why a test is skipped."""
    return f"{engine} and osmium are not installed: {HOW}"


@asynccontextmanager
async def osrm(folder: Path) -> AsyncIterator[str]:
    """osrm-routed for cars on the town; its address."""
    found = programs("osrm")
    assert found is not None
    await _town(folder)
    profile = str(found / "share" / "profiles" / "car.lua")
    await _run(folder, str(found / "bin" / "osrm-extract"), "-p", profile, "town.osm.pbf")
    await _run(folder, str(found / "bin" / "osrm-contract"), "town.osrm")
    port = free_port()
    command = (str(found / "bin" / "osrm-routed"), "--ip", "127.0.0.1", "--port", str(port), "town.osrm")
    async with _serving(folder, port, *command) as address:
        yield address


@asynccontextmanager
async def valhalla(folder: Path) -> AsyncIterator[str]:
    """valhalla_service on the town; its address."""
    found = programs("valhalla")
    assert found is not None
    await _town(folder)
    port = free_port()
    python = os.environ.get("ROUTE_ENGINES", sys.executable)
    (folder / "tiles").mkdir()
    config = json.loads(await _run(folder, python, "-c", _CONFIG))
    config["httpd"]["service"] |= {
        "listen": f"tcp://127.0.0.1:{port}",
        "loopback": f"ipc://{folder}/loopback",
        "interrupt": f"ipc://{folder}/interrupt",
    }
    for unused in ("admin", "timezone", "landmarks", "traffic_extract", "transit_dir", "tile_extract"):
        config["mjolnir"].pop(unused, None)
    (folder / "valhalla.json").write_text(json.dumps(config))
    await _run(folder, str(found / "valhalla_build_tiles"), "-c", "valhalla.json", "town.osm.pbf")
    async with _serving(folder, port, str(found / "valhalla_service"), "valhalla.json", "1") as address:
        yield address


async def _town(folder: Path) -> None:
    await _run(folder, os.environ.get("ROUTE_ENGINES", sys.executable), "-c", _TOWN, "town.osm.pbf")


async def _run(folder: Path, *command: str) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=pipe, stderr=pipe)
    said, troubles = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, (said + troubles).decode()
    return said.decode()


@asynccontextmanager
async def _serving(folder: Path, port: int, *command: str) -> AsyncIterator[str]:
    with (folder / "engine.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=log, stderr=log)
        try:
            await _answers(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            await process.wait()


async def _answers(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            assert process.returncode is None, "the engine ended"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
