"""Home merged from six cold parts beside a peer written by hand, one part hanging; its size on a phone."""

import asyncio
import json
import random
import shutil
import statistics
import subprocess
import sys
import urllib.request
import zlib
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop

from shared.city.pack import load_city
from shared.testing import free_port
from tests.bench import parts
from tests.bench.figures import Bench, Row
from tests.bench.gateways import KEY, PACK, gateway
from tests.bench.load import load
from tests.bench.processes import BENCH, BESIDE, MEASURED, ROOT, cpu_seconds, pinned, running
from tests.bench.table import Table
from tests.bench.town import Town, lived_in

_CONNECTIONS, _FAILING = 20, 3
_OURS, _PEER = "gateway", "fastify + undici"
_MOST_MS, _MOST_BYTES = 450, 15 * 1_024
_FAULTS = {
    parts.HANG: f"one part hanging {parts.HANGS_SECONDS:.0f} s",
    parts.STOP: "one part stopped",
    parts.GARBLE: "one part answering garbage",
}
Result = dict[str, Any]
Results = dict[str, list[Result]]


async def rows(bench: Bench) -> list[Row]:
    """All parts answering, each reader in another village; then one hanging 5 s, stopped, garbling."""
    upstream = free_port(parts.COUNT + 1)
    served = [sys.executable, str(BENCH / "parts.py"), str(upstream)]
    log = bench.folder / "parts.log"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(served, upstream, core=BESIDE, log=log))
        services = [parts.service(number, upstream) for number in range(parts.COUNT)]
        ours = await stack.enter_async_context(gateway(bench.folder / "home", services=services))
        await _until_whole(ours.port)
        ports, pids = {_OURS: ours.port}, {_OURS: ours.pids[0]}
        command, why = await asyncio.to_thread(_peer, bench.folder)
        if command is not None:
            ports[_PEER] = port = free_port()
            asked = [*command, str(port), f"http://127.0.0.1:{upstream}", str(parts.COUNT)]
            process = running(asked, port, core=MEASURED, log=bench.folder / "home-peer.log")
            pids[_PEER] = await stack.enter_async_context(process)
        well = await _rounds(bench, ports, pids, upstream, bench.rounds)
        bench.details.append(_table("home merged from 6 cold parts, 20 connections, one core each", well))
        found = [_merged(well, why)]
        for fault, told in _FAULTS.items():
            both = fault == parts.HANG  # the peer is written for a part that hangs
            others = ports if both else {_OURS: ours.port}
            found += await _failing(bench, others, pids, upstream, (fault, told))
    return found


async def _failing(
    bench: Bench, ports: dict[str, int], pids: dict[str, int], upstream: int, how: tuple[str, str]
) -> list[Row]:
    """One part fails in one way: how late home is, whether the others are there, and whether it heals."""
    fault, told = how
    await _upstream(upstream, f"/{fault}?{_FAILING}")
    rounds = (bench.rounds + 1) // 2 if len(ports) > 1 else 1  # beside nobody one is enough
    results = await _rounds(bench, ports, pids, upstream, rounds)
    present = await _present(ports[_OURS])
    await _upstream(upstream, f"/{fault}?{parts.NOBODY}")
    began = perf_counter()
    await _until_whole(ports[_OURS])
    healed = perf_counter() - began
    bench.say(f"home, {told}: whole again after {healed:.1f} s")
    bench.details.append(_table(f"the same, {told}", results))
    return [_late(told, results), _others(told, present, healed)]


def _merged(results: Results, why: str) -> Row:
    what, wanted = "home from 6 cold parts", "ahead of fastify"
    own = _middle(results[_OURS], "rate")
    if _PEER not in results:
        return Row(what, f"{own:,.0f}/s", f"no {_PEER} here: {why}", "", wanted, None)
    pairs = zip(results[_OURS], results[_PEER], strict=True)
    ratio = statistics.median(ours["rate"] / peer["rate"] for ours, peer in pairs)
    peer = f"{_PEER} {_middle(results[_PEER], 'rate'):,.0f}/s"
    return Row(what, f"{own:,.0f}/s", peer, f"{ratio:.2f}", wanted, ratio > 1)


def _late(told: str, results: Results) -> Row:
    p99, wanted = _middle(results[_OURS], "p99"), f"< {_MOST_MS} ms"
    peer = f"{_PEER} {_middle(results[_PEER], 'p99'):,.0f} ms" if _PEER in results else ""
    return Row(f"home, {told}, p99", f"{p99:.0f} ms", peer, "", wanted, p99 < _MOST_MS)


def _others(told: str, present: int, healed: float) -> Row:
    others = parts.COUNT - 1
    here = f"{present} of {others} others ok; whole {healed:.1f} s after it returned"
    return Row(f"home, {told}, the rest", here, "", "", "all present", present == others)


async def phone(town: Town) -> tuple[Table, Row]:
    """What home weighs in a running town: each section's items, and the whole as a phone gets it."""
    village = load_city(PACK).areas.villages[0]
    url = f"{town.demo['gateway']}/v1/home?lat={village.lat}&lon={village.lon}"
    headers = {"X-Api-Key": town.demo["api_keys"]["android"], "X-App-Platform": "android"}
    asked = urllib.request.Request(url, headers={**headers, "Accept-Encoding": "gzip"})
    await lived_in(town)
    await asyncio.sleep(6)  # documents are asked for every 5 s
    sent: bytes = await asyncio.to_thread(lambda: urllib.request.urlopen(asked).read())
    body = zlib.decompress(sent, zlib.MAX_WBITS | 16)
    table = Table("home for a phone", "section", "status", "items", "bytes")
    for section in json.loads(body)["sections"]:
        size = len(json.dumps(section["items"], ensure_ascii=False, separators=(",", ":")).encode())
        table.row(section["name"], section["status"], str(len(section["items"])), f"{size:,}")
    table.row("all, plain", "", "", f"{len(body):,}")
    table.row("all, compressed", "", "", f"{len(sent):,}")
    told = f"{len(sent) / 1_024:.1f} KB"
    return table, Row("home for a phone, compressed", told, "", "", "at most 15 KB", len(sent) <= _MOST_BYTES)


async def _rounds(
    bench: Bench, ports: dict[str, int], pids: dict[str, int], upstream: int, rounds: int
) -> Results:
    results: Results = {name: [] for name in ports}
    for number in range(rounds + 1):  # the first one warms everything up
        for name, port in ports.items():
            cpu, pages = cpu_seconds(pids[name]), await _upstream(upstream, "/count")
            result = await _ask(port, bench.seconds if number else 1, number)
            answers = max(result["answers"], 1)
            result["cpu_us"] = (cpu_seconds(pids[name]) - cpu) / answers * 1e6
            result["calls"] = (await _upstream(upstream, "/count") - pages) / answers
            if number:
                results[name].append(result)
                bench.say(f"home {number}/{rounds}  {name:<18} {result['rate']:>8,.0f} req/s")
    return results


def _middle(results: list[Result], what: str) -> float:
    return statistics.median(result[what] for result in results)


def _table(title: str, results: Results) -> Table:
    table = Table(title, "who", "req/s", "p50 ms", "p99 ms", "CPU us", "calls each")
    for name, found in results.items():
        times = [f"{_middle(found, what):.1f}" for what in ("p50", "p99")]
        rate, cpu = f"{_middle(found, 'rate'):,.0f}", f"{_middle(found, 'cpu_us'):,.0f}"
        table.row(name, rate, *times, cpu, f"{_middle(found, 'calls'):.1f}")
    return table


async def _upstream(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    answer = await reader.read(1_024)
    writer.close()
    return int(answer.rpartition(b"\r\n")[2])


async def _ask(port: int, seconds: float, seed: int) -> Result:
    """One run of the load generator, in a process of its own beside the upstream."""
    asked = json.dumps({"port": port, "seconds": seconds, "seed": seed})
    command = pinned([sys.executable, "-m", "tests.bench.home", asked], BESIDE)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    result: Result = json.loads(out)
    if set(result["statuses"]) != {"200"}:
        raise RuntimeError(f"port {port} did not answer 200 alone: {result['statuses']}")
    return result


async def _until_whole(port: int) -> None:
    for _ in range(100):
        found = await _present(port)
        if found >= parts.COUNT:
            return
        await asyncio.sleep(0.2)
    raise RuntimeError(f"home is not whole: {found} of {parts.COUNT} parts")


async def _present(port: int) -> int:
    """How many parts of one home are there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_request(port, -6.1783, 106.6319, "id"))
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
    writer.close()
    return body.count(b'"status":"ok"')


def _request(port: int, lat: float, lon: float, language: str, platform: str = "web") -> bytes:
    head = f"GET /v1/home?lat={lat}&lon={lon} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
    named = f"x-api-key: {KEY}\r\naccept-language: {language}\r\nx-app-platform: {platform}\r\n"
    return f"{head}{named}accept: */*\r\n\r\n".encode()


def _peer(folder: Path) -> tuple[list[str] | None, str]:
    """(its command, why it is not here)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None, "node and npm are not installed"
    home = folder / "home-peer"
    shutil.copytree(BENCH / "peer_files", home, dirs_exist_ok=True)
    install = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    try:
        subprocess.run(install, cwd=home, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        return None, f"npm install ended with {error.returncode}"
    return [node, str(home / "home.js")], ""


def _main() -> None:
    """Readers of every village, language and platform in turn: next to none finds another's answer."""
    asked = json.loads(sys.argv[1])
    port, order = asked["port"], random.Random(asked["seed"])
    villages = load_city(PACK).areas.villages
    every = [
        _request(port, v.lat, v.lon, language, platform)
        for v in villages
        for language in ("id", "en")
        for platform in ("android", "ios", "web")
    ]
    order.shuffle(every)
    turn = iter(range(10**9))
    given = {"connections": _CONNECTIONS, "seconds": asked["seconds"], "warm": 0.5}
    done = uvloop.run(load(port, lambda: every[next(turn) % len(every)], **given))
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    _main()
