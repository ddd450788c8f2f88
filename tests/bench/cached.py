"""A cached public read, with key check, limits and metrics, against a bare uvicorn of the same answer."""

import statistics
import sys

from shared.testing import free_port
from tests.bench.figures import Bench, Row
from tests.bench.gateways import gateway
from tests.bench.passing import ask, middle
from tests.bench.processes import MEASURED, cpu_seconds, running
from tests.bench.static import KEPT

_WANTED = 0.7


async def rows(bench: Bench) -> list[Row]:
    """Both in turn on one core; the median of the rounds' ratios, of requests a second and of CPU time."""
    port, log = free_port(), bench.folder / "hello.log"
    command = [sys.executable, "-m", "tests.bench.hello", str(port)]
    async with (
        gateway(bench.folder / "cached") as ours,
        running(command, port, core=MEASURED, log=log) as pid,
    ):
        who = {"gateway": (ours.port, ours.pids[0]), "hello": (port, pid)}
        results: dict[str, list[dict[str, float]]] = {name: [] for name in who}
        for number in range(bench.rounds + 1):
            for name, (at, process) in who.items():
                before = cpu_seconds(process)
                result = await ask(at, KEPT, bench.seconds if number else 1)
                result["cpu_us"] = (cpu_seconds(process) - before) / result["answers"] * 1e6
                if number:
                    results[name].append(result)
                    bench.say(f"cached {number}/{bench.rounds}  {name:<8} {result['rate']:>8,.0f} req/s")
    return [_row(results, "rate", "/s"), _row(results, "cpu_us", " us CPU")]


def _row(results: dict[str, list[dict[str, float]]], what: str, unit: str) -> Row:
    pairs = zip(results["gateway"], results["hello"], strict=True)
    ratio = statistics.median(own[what] / other[what] for own, other in pairs)
    own, other = (f"{middle(results[name], what):,.0f}{unit}" for name in ("gateway", "hello"))
    if what == "rate":
        wanted, met = f"at least {_WANTED}", ratio >= _WANTED
        return Row("cached GET", own, f"bare uvicorn {other}", f"{ratio:.2f}", wanted, met)
    return Row("cached GET, each", own, f"bare uvicorn {other}", f"{1 / ratio:.2f}", "", None)
