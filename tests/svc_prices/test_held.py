"""A slip of ten times waits for a second pair of eyes: until then nobody but staff ever sees it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.tables import outbox
from svc_prices.indicators.usecases import Board
from tests.svc_prices.bazaar import Bazaar

SLIP = 152_500
#: Every public address that tells prices, the market and commodity of the slip asked for.
PUBLIC = {
    "/alerts": "",
    "/basket": "?item=beras-premium:1",
    "/commodities": "?limit=100",
    "/commodities/{code}": "",
    "/compare": "?commodity=beras-premium",
    "/exports/datapackage.json": "",
    "/exports/panel-harga.csv": "",
    "/exports/wfp.csv": "",
    "/latest": "?limit=100",
    "/markets": "",
    "/markets/{code}": "",
    "/medians": "",
    "/trend": "?commodity=beras-premium&market=anyar",
    "/trend.svg": "?commodity=beras-premium",
}
HEADER = "date,market,commodity,unit,priceflag,pricetype,currency,price"


async def entered(bazaar: Bazaar) -> None:
    found = await bazaar.price("beras-premium", SLIP, row={"reason": "harga naik"})
    assert (found["outcome"]["code"], found["why"]["code"]) == ("held", "far_from_median")


async def corrected(bazaar: Bazaar) -> None:
    await bazaar.price("beras-premium", 15_300)
    one = f"/observations/anyar/{bazaar.today}/beras-premium/retail"
    body = {"price": SLIP, "reason": "salah lihat"}
    found = await bazaar.send(bazaar.surveyor, one, body, "PATCH")
    assert found.json()["status"]["code"] == "held"


async def imported(bazaar: Bazaar) -> None:
    content = f"{HEADER}\n{bazaar.today},anyar,beras-premium,KG,actual,Retail,IDR,{SLIP}\n"
    headers = bazaar.headers(bazaar.supervisor) | {"Content-Type": "text/csv", "Idempotency-Key": "slip-0001"}
    sent = await bazaar.client.post("/v1/prices/imports", content=content, headers=headers)
    assert (sent.status_code, sent.json()["held"]) == (200, 1)


async def everything_public(bazaar: Bazaar) -> str:
    """All that guests read, and all that was told to whoever listens to public events."""
    document = (await bazaar.client.get("/openapi.json")).json()["paths"]
    public = {
        path.removeprefix("/v1/prices")
        for path, operations in document.items()
        if "public" in operations.get("get", {}).get("x-city", {}).get("audience", ())
    }
    assert public == set(PUBLIC)
    bazaar.run.parts.pop(Board, None)
    found = []
    for path, query in PUBLIC.items():
        code = "anyar" if "markets" in path else "beras-premium"
        answer = await bazaar.get(path.replace("{code}", code) + query)
        assert answer.status_code == 200, answer.text
        found.append(answer.text)
    async with bazaar.run.database.transaction() as session:
        told = await session.scalars(select(outbox.c.data))
        return "\n".join([*found, *map(str, told)])


@pytest.mark.parametrize("bring", [entered, corrected, imported])
async def test_a_tenfold_slip_is_read_nowhere_until_somebody_else_approves_it(
    bazaar: Bazaar, bring: Callable[[Bazaar], Awaitable[None]]
) -> None:
    await bazaar.past("beras-premium", [15_000, 15_100, 15_200])
    watch = {"commodity": "beras-premium", "market": "anyar", "percent": 50}
    assert (await bazaar.send(bazaar.citizen, "/watches", watch)).status_code == 201
    await bring(bazaar)
    await bazaar.pass_time(timedelta(seconds=5))
    read = await everything_public(bazaar)
    assert not [written for written in (str(SLIP), "152,500", "152.500") if written in read]
    (waiting,) = (await bazaar.get("/reviews", bazaar.supervisor)).json()["items"]
    assert waiting["price"] == SLIP
    one = f"/reviews/anyar/{bazaar.today}/beras-premium/retail/approve"
    assert (await bazaar.send(bazaar.deputy, one)).status_code == 200
    assert str(SLIP) in await everything_public(bazaar)


async def test_a_slip_that_was_rejected_and_is_sent_again_stays_rejected(bazaar: Bazaar) -> None:
    """The phone never got the answer: it sends the whole batch once more, with another key."""
    await bazaar.past("beras-premium", [15_000, 15_100, 15_200])
    await bazaar.price("beras-premium", 15_300)
    seen = {"observed_at": (bazaar.clock.now() + timedelta(seconds=1)).isoformat(), "reason": "harga naik"}
    bazaar.clock.advance(timedelta(minutes=1))
    assert (await bazaar.price("beras-premium", SLIP, row=seen))["outcome"]["code"] == "held"
    one = f"/reviews/anyar/{bazaar.today}/beras-premium/retail/reject"
    assert (await bazaar.send(bazaar.deputy, one, {"reason": "salah ketik"})).status_code == 200
    again = await bazaar.price("beras-premium", SLIP, row=seen)
    assert (again["outcome"]["code"], again["status"]["code"]) == ("superseded", "published")
    assert (await bazaar.get("/reviews", bazaar.supervisor)).json()["items"] == []
    assert [item["price"] for item in await bazaar.items("/latest")] == [15_300]
