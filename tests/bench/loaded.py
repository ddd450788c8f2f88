"""Full tables beside tables of 10,000 rows: how long signing in, my requests, my feed and a search take.

ROWS is the share of a full city that is loaded (1: minutes; 0.1 for a trial, which can miss what is wanted of
a full city and not meet it). The inbox comes with a later part of the system: the feed of my requests'
stream, as long as the inbox will be, stands in for it, and the figures say so.
"""

import itertools
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx

from shared.auth import Signer
from tests.bench.figures import Bench, Row
from tests.bench.gateways import KEY, Gateway, gateway
from tests.bench.load import percentiles
from tests.bench.loading import Sizes, fill, person, phone
from tests.bench.table import Table
from tests.gateway.search.filling import QUESTIONS

_SMALL, _TIMES, _WARM = 10_000, 200, 20
_MOST, _CODE, _LEAST_HITS = 2.0, "112233", 10
FEED = "inbox (the feed of my requests' stream)"
_QUESTIONS = ("exact words", "rare word", "slip", "prefix", "near", "within 1 km", "area")


class City:
    """One gateway over tables of one size, and residents of it in turn."""

    def __init__(self, ours: Gateway, sizes: Sizes, http: httpx.AsyncClient) -> None:
        self._sizes, self._http, self._order = sizes, http, random.Random(1)
        self._signer, self._turns = Signer(Path(ours.settings["IDENTITY_KEY"])), itertools.count()

    async def sign_in(self) -> None:
        """A resident who has an account: a code, and in with it."""
        written = phone(self._order.randrange(self._sizes.accounts))
        issued = await self._post("/v1/auth/otp", {"phone": written}, 202)
        given = {"challenge_id": issued["challenge_id"], "code": _CODE}
        signed = await self._post("/v1/auth/otp/verify", given, 200)
        if signed["citizen"]["new"]:
            raise RuntimeError("the account was not found")

    async def requests(self) -> None:
        """The first page of somebody's requests."""
        answer = await self._http.get("/v1/me/requests", headers=self._somebody(self._sizes.asking))
        if not answer.raise_for_status().json()["items"]:
            raise RuntimeError("she has asked for nothing")

    async def feed(self) -> None:
        """An app that was away opens its stream again: until the first thing it missed."""
        headers = self._somebody(self._sizes.told) | {"Last-Event-ID": "1"}
        async with self._http.stream("GET", "/v1/me/stream", headers=headers) as answer:
            async for line in answer.raise_for_status().aiter_lines():
                if line.startswith("event: request_updated"):
                    return
        raise RuntimeError("the stream told nothing")

    async def search(self) -> None:
        """One of the usual questions, each time for another number of hits: what is kept is not measured."""
        turn, which = divmod(next(self._turns), len(_QUESTIONS))
        question = QUESTIONS[_QUESTIONS[which]] | {"limit": _LEAST_HITS + turn}
        (await self._http.get("/v1/search", params=question)).raise_for_status()

    def _somebody(self, people: int) -> dict[str, str]:
        number = self._order.randrange(1, people) if people > 1 else 0
        claims = {"aud": "gateway", "kind": "citizen", "sub": str(person(number)), "sid": str(uuid4())}
        token = self._signer.sign("access", claims, datetime.now(UTC), 600)
        return {"Authorization": f"Bearer {token}"}

    async def _post(self, path: str, body: dict[str, str], wanted: int) -> dict[str, Any]:
        answer = await self._http.post(path, json=body)
        if answer.status_code != wanted:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found


async def rows(bench: Bench) -> list[Row]:
    """Both cities run at once and are asked in turn: whatever else the machine does slows both."""
    share = float(os.environ.get("ROWS") or 1)
    async with AsyncExitStack() as stack:
        cities = []
        for name, sizes in (("small", Sizes.all_of(_SMALL)), ("full", Sizes.scaled(share))):
            made = gateway(bench.folder / f"loaded-{name}", more={"DEMO_OTP": _CODE})
            ours = await stack.enter_async_context(made)
            await fill(ours, sizes, bench.say)
            base = {"base_url": f"http://127.0.0.1:{ours.port}", "headers": {"X-Api-Key": KEY}}
            http = await stack.enter_async_context(httpx.AsyncClient(**base, timeout=30))  # type: ignore[arg-type]
            cities.append(City(ours, sizes, http))
        return await _measured(bench, *cities, Sizes.scaled(share))


async def _measured(bench: Bench, small: City, full: City, sizes: Sizes) -> list[Row]:
    asked: dict[str, tuple[Callable[[City], Awaitable[None]], int]] = {
        "sign-in": (City.sign_in, sizes.accounts),
        "my requests": (City.requests, sizes.requests),
        FEED: (City.feed, sizes.feed),
        "search": (City.search, sizes.documents),
    }
    table = Table("full tables beside 10,000 rows", "what", "rows", "p50 ms", "p95 ms", "10k: p50", "p95")
    found = []
    for name, (ask, count) in asked.items():
        ours, peer = await _pair(ask, full, small)
        cells = (f"{ours[p]:.1f}" for p in ("p50", "p95")), (f"{peer[p]:.1f}" for p in ("p50", "p95"))
        table.row(name, f"{count:,}", *cells[0], *cells[1])
        bench.say(f"loaded  {name} p95 {ours['p95']:.1f} ms of {count:,}, {peer['p95']:.1f} ms of 10,000")
        found.append(_row(name, count, ours["p95"], peer["p95"], whole=sizes == Sizes.scaled(1)))
    bench.details.append(table)
    return found


def _row(name: str, count: int, own: float, peer: float, *, whole: bool) -> Row:
    ratio = own / peer
    what, wanted = f"{name} of {count:,}, p95", f"at most {_MOST:.0f} x of 10,000"
    met = None if ratio <= _MOST and not whole else ratio <= _MOST
    return Row(what, f"{own:.1f} ms", f"10,000: {peer:.1f} ms", f"{ratio:.2f}", wanted, met)


async def _pair(
    ask: Callable[[City], Awaitable[None]], full: City, small: City
) -> tuple[dict[str, float], dict[str, float]]:
    took: dict[City, list[float]] = {full: [], small: []}
    for number in range(_TIMES + _WARM):
        for city, its in took.items():
            began = perf_counter()
            await ask(city)
            if number >= _WARM:
                its.append(perf_counter() - began)
    return percentiles(took[full]), percentiles(took[small])
