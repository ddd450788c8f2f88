"""Pass-through of a 3 KB answer: the gateway with key check, limits and metrics against bare proxies."""

import asyncio
import json
import statistics
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from shared.testing import free_port
from tests.bench import peers
from tests.bench.figures import Bench, Row
from tests.bench.gateways import gateway, request
from tests.bench.processes import BENCH, BESIDE, MEASURED, cpu_seconds, pinned, running
from tests.bench.static import PATH
from tests.bench.table import Table

_CONNECTIONS = 50
Results = Mapping[str, list[dict[str, float]]]


async def rows(bench: Bench) -> list[Row]:
    """The gateway beside each peer that is here; a table of all of them among the details."""
    commands, missing = await asyncio.to_thread(peers.commands, bench.folder)
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(gateway(bench.folder / "passing"))
        ports, pids = {"gateway": ours.port}, {"gateway": ours.pids[0]}
        for name, command in commands.items():
            ports[name] = port = free_port()
            asked, log = command(port, ours.upstream), bench.folder / f"{name}.log"
            pids[name] = await stack.enter_async_context(running(asked, port, core=MEASURED, log=log))
        ports["upstream itself"] = ours.upstream
        results = await _rounds(ports, pids, bench.rounds, bench.seconds, bench.say)
    bench.details.append(_table(results, missing))
    return [_row(name, *wanted, results) for name, wanted in _WANTED.items()]


async def _rounds(
    ports: Mapping[str, int],
    pids: Mapping[str, int],
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
    for number in range(rounds + 1):  # the first one warms everything up
        for name, port in ports.items():
            before = cpu_seconds(pids[name]) if name in pids else 0
            result = await ask(port, PATH, seconds if number else 1)
            if name in pids:
                spent = cpu_seconds(pids[name]) - before
                result["cpu_us"] = spent / max(result["answers"], 1) * 1e6
            if number:
                results[name].append(result)
                say(f"pass-through {number}/{rounds}  {name:<16} {result['rate']:>8,.0f} req/s")
    return results


async def ask(port: int, path: str, seconds: float, connections: int = _CONNECTIONS) -> dict[str, Any]:
    """One run of the load generator, in a process of its own beside the upstream; all answers are 200."""
    given = {"connections": connections, "seconds": seconds, "warm": 0.5}
    asked = {"port": port, "request": request(path, port).decode(), **given}
    command = pinned([sys.executable, str(BENCH / "load.py"), json.dumps(asked)], BESIDE)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    result: dict[str, Any] = json.loads(out)
    if set(result["statuses"]) != {"200"}:
        raise RuntimeError(f"port {port} did not answer 200 alone: {result['statuses']}")
    return result


def middle(results: list[dict[str, float]], what: str) -> float:
    """The median of the rounds."""
    return statistics.median(r[what] for r in results if what in r)


#: Peer -> how much of its requests a second is wanted, and whether it is only aimed at.
_WANTED = {"fastify": (1.0, False), "traefik": (1.0, True), "caddy": (1.0, True)}


def _row(name: str, least: float, aimed: bool, results: Results) -> Row:
    """The median of the rounds' ratios: a round's neighbours were measured under the same load."""
    what, wanted = "pass-through of 3 KB", f"{'aim' if aimed else 'above'} {least:.1f}"
    own = f"{middle(results['gateway'], 'rate'):,.0f}/s"
    if name not in results:
        return Row(what, own, f"no {name} here, see above", "", wanted, None)
    pairs = zip(results["gateway"], results[name], strict=True)
    ratio = statistics.median(ours["rate"] / other["rate"] for ours, other in pairs)
    peer = f"{name} {middle(results[name], 'rate'):,.0f}/s"
    return Row(what, own, peer, f"{ratio:.2f}", wanted, None if aimed else ratio > least)


def _table(results: Results, missing: Mapping[str, str]) -> Table:
    table = Table(
        "pass-through of 3 KB, 50 connections, one core each",
        "who",
        "req/s",
        "p99 ms",
        "CPU us",
        "gateway is",
    )
    own = middle(results["gateway"], "rate")
    for name in results:
        found = results[name]
        share = "" if name == "gateway" else f"{own / middle(found, 'rate'):.2f} of it"
        cpu = f"{middle(found, 'cpu_us'):,.0f}" if "cpu_us" in found[0] else ""
        table.row(name, f"{middle(found, 'rate'):,.0f}", f"{middle(found, 'p99'):.1f}", cpu, share)
    for name, why in missing.items():
        table.row(name, "-", "-", "-", f"not here: {why}")
    return table
