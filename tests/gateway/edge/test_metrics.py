"""What /metrics says: accepted by Prometheus, with help for everybody, and bounded whatever is asked."""

import asyncio
import os
import secrets
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families

import svc_news
from shared.health import OpsApp
from tests.gateway.edge.conftest import KEY, Town

PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


@pytest.fixture
async def expositions(town: Town) -> dict[str, str]:
    """/metrics of a gateway and of a service that have been asked."""
    await town.client.get("/v1/news/seen")
    await town.client.get("/v1/nothing")
    gateway: OpsApp = town.run.part(OpsApp)
    news = OpsApp(town.news.state.runtime, Path(svc_news.__file__).parent)
    found = {}
    for name, app in (("gateway", gateway), ("svc-news", news)):
        async with AsyncClient(transport=ASGITransport(app=app), base_url="http://ops") as client:
            found[name] = (await client.get("/metrics")).text
    return found


@pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not here: install prometheus, or name it in PROMTOOL"
)
@pytest.mark.parametrize("process", ["gateway", "svc-news"])
def test_promtool_accepts_what_a_process_shows(expositions: dict[str, str], process: str) -> None:
    assert PROMTOOL is not None
    checked = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=expositions[process], capture_output=True, text=True, timeout=20
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.mark.parametrize("process", ["gateway", "svc-news"])
def test_every_metric_says_what_it_is_and_bears_its_unit(expositions: dict[str, str], process: str) -> None:
    families = list(text_string_to_metric_families(expositions[process]))
    assert len(families) > 15
    assert [f.name for f in families if not f.documentation] == []
    units = ("_seconds", "_bytes")
    timed = [f.name for f in families if f.type == "histogram" and not f.name.endswith(units)]
    assert timed == []


async def ask(front: Any, method: str, path: str, headers: dict[str, str]) -> int:
    """One request, as a server would hand it over."""
    status: list[int] = []
    given = False

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:  # nobody hangs up; without waiting, whoever listens for that would never let go of the loop
            await asyncio.get_running_loop().create_future()
        given = True
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "headers": [(n.encode(), v.encode()) for n, v in headers.items()],
    }  # fmt: skip
    await front(scope, receive, send)
    return status[0] if status else 0


def series(town: Town) -> int:
    return sum(len(f.samples) for f in town.run.metrics.registry.collect())


def made_up() -> Callable[[int], tuple[str, str, dict[str, str]]]:
    """Requests that nobody has ever seen: path, method, key, version, platform, agent, trace, all new."""

    def one(number: int) -> tuple[str, str, dict[str, str]]:
        word = secrets.token_hex(8)
        path = ("/" + word, f"/v1/news/articles/{word}", f"/v1/prices/{word}", f"/v1/{word}/x")[number % 4]
        headers = {
            "x-api-key": KEY if number % 3 else word, "x-app-version": f"{number}.0.{word}",
            "x-app-platform": word, "user-agent": word, "x-device-id": word, "accept-language": word,
            "origin": f"https://{word}.example", "host": f"{word}.example",
        }  # fmt: skip
        return METHODS[number % len(METHODS)], path, headers

    return one


async def test_ten_thousand_requests_that_have_nothing_in_common_leave_a_bounded_number_of_series(
    open_town: Callable[..., Any],
) -> None:
    make = made_up()
    async with open_town(
        address_burst=1_000_000, client={"rate_per_second": 10_000, "burst": 100_000}
    ) as town:
        for number in range(1_000):
            await ask(town.gateway.state.front, *make(number))
        first = series(town)
        answers = Counter([await ask(town.gateway.state.front, *make(n)) for n in range(1_000, 10_000)])
        assert min(answers[401], answers[404], answers[405]) > 200
        assert answers[429] < 100
        assert series(town) == first < 3_000
