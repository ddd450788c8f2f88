"""Home in a running town that 30 providers have joined, each with ten items as long as they may be."""

import asyncio
import gzip
import random
from typing import Any

import httpx

from shared.city.pack import load_city
from tests.bench.figures import Row
from tests.bench.gateways import PACK
from tests.bench.town import Town

_PROVIDERS, _ITEMS, _MOST_BYTES, _PATIENCE = 30, 10, 15 * 1_024, 30
_TITLE, _SUMMARY = 120, 300
_HOST = "example.go.id"


async def crowded(town: Town) -> Row:
    """What a phone gets, compressed, once every provider's section was pushed."""
    async with httpx.AsyncClient(base_url=town.demo["gateway"], timeout=30) as http:
        administrator, words = town.administrator(), _words()
        for number in range(_PROVIDERS):
            made = await http.post("/v1/admin/providers", json=_provider(number), headers=administrator())
            await _joined(http, {"X-Api-Key": made.raise_for_status().json()["key"]}, number, words)
        village = load_city(PACK).areas.villages[0]
        headers = {"X-Api-Key": town.demo["api_keys"]["android"], "X-App-Platform": "android"}
        await asyncio.sleep(6)  # as long as home without an event may be old
        asked = http.build_request(
            "GET",
            "/v1/home",
            params={"lat": village.lat, "lon": village.lon},
            headers={**headers, "Accept-Encoding": "gzip"},
        )
        answer = await http.send(asked, stream=True)
        sent = b"".join([part async for part in answer.aiter_raw()])
    shown = gzip.decompress(sent).count(b'"name":"demo-')
    told = f"{len(sent) / 1_024:.1f} KB, {shown} of them on it"
    what = f"home for a phone with {_PROVIDERS} providers, compressed"
    return Row(what, told, "", "", "at most 15 KB", bool(shown) and len(sent) <= _MOST_BYTES)


def _provider(number: int) -> dict[str, Any]:
    agreement = {"number": f"DEMO/{number}", "legal_basis": "demo", "ends_on": "2099-12-31"}
    return {
        "code": f"demo-{number:02}",
        "name": {"id": f"Demo {number}", "en": f"Demo {number}"},
        "agency": "diskominfo",
        "agreement": agreement,
        "scopes": ["home"],
        "hosts": [_HOST],
    }


async def _joined(http: httpx.AsyncClient, key: dict[str, str], number: int, words: list[str]) -> None:
    """Declares its section, as soon as its key is known to the worker, and fills it."""
    order, title = random.Random(number), {"id": f"Demo {number}"}
    declared: dict[str, Any] = {
        "home": {"section": f"demo-{number:02}", "title": title, "order": 300 + number}
    }
    async with asyncio.timeout(_PATIENCE):
        while (
            answer := await http.put("/provider/v1/declaration", json=declared, headers=key)
        ).status_code == 401:
            await asyncio.sleep(0.1)
    answer.raise_for_status()
    items = [
        {
            "id": f"demo-{each}",
            "title": {"id": _text(order, words, _TITLE)},
            "summary": {"id": _text(order, words, _SUMMARY)},
            "link": f"https://{_HOST}/{order.randrange(10**6)}",
        }
        for each in range(_ITEMS)
    ]
    (await http.put("/provider/v1/home", json={"items": items}, headers=key)).raise_for_status()


def _text(order: random.Random, words: list[str], most: int) -> str:
    """Words in no order, which compress worse than sentences do."""
    said = ""
    while len(said) < most:
        said += f"{order.choice(words)} "
    return said[:most].strip()


def _words() -> list[str]:
    return [word for village in load_city(PACK).areas.villages for word in village.name.lower().split()]
