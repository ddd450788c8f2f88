"""A surveyor's day on a market: a slip of ten times is held, read by nobody, and rejected."""

import subprocess
import sys
from functools import partial
from typing import Any
from uuid import uuid4

from deploy.local.actors import Actor
from deploy.local.demo.telling import Town, expect, good, number, once, say, soon, table
from deploy.local.environment import process_environment

_TIMES = 10
_SHOWN, _IN_BASKET, _WARNED_OF = 6, 3, 3
_BATCHES = "/v1/prices/observations"


async def walk(town: Town) -> None:
    """Prints what becomes of a batch, the decision, and what the public reads before and after."""
    say(f"series    {load_series(town)}")
    surveyor, supervisor, guest = (
        await town.staff("market_surveyor"),
        await town.staff("price_supervisor"),
        town.guest(),
    )
    market = (await guest.get("/v1/prices/markets"))["items"][0]["code"]
    form = await surveyor.get(f"{_BATCHES}/form?market={market}")
    rows = [row for row in form["rows"] if row["now"] and row["now"]["status"]["code"] == "published"]
    priced = [row for row in rows if row["now"]["price"]]
    expect(bool(priced), "there is a price to be mistaken about")
    await _survey(surveyor, form, rows, priced[0])
    await _decide(surveyor, supervisor, guest, form, priced[0])
    await _read(town, guest, market, [row["commodity"] for row in priced])


def load_series(town: Town) -> str:
    """Made-up prices up to today, by the service's own command, which refuses outside development."""
    done = subprocess.run(
        [sys.executable, "-m", "svc_prices", "load-demo"], cwd=town.folder, stdin=subprocess.DEVNULL,
        env=process_environment(town.folder, "prices"), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise SystemExit("\n".join(["demo: the made-up prices were not loaded", *last]))
    return done.stdout.strip()


async def _survey(
    surveyor: Actor, form: dict[str, Any], rows: list[dict[str, Any]], slip: dict[str, Any]
) -> None:
    """The whole form in one batch, all as it is said already but one; sent again as on a bad connection."""
    sent = [{key: row["now"][key] for key in ("state", "price")} for row in rows]
    sent = [row | {"commodity": of["commodity"]} for row, of in zip(sent, rows, strict=True)]
    sent[rows.index(slip)]["price"] *= _TIMES
    batch = {"market": form["market"], "day": form["day"], "rows": sent}
    key = f"demo-{uuid4().hex}"
    first = await once(surveyor, _BATCHES, batch, key)
    expect(await once(surveyor, _BATCHES, batch, key) == first, "sending again gave the same answer")
    again = await once(surveyor, _BATCHES, batch, f"demo-{uuid4().hex}")
    expect({n for n, of in again["outcomes"].items() if of} == {"unchanged"}, "nothing is done twice")
    (held,) = [row for row in first["rows"] if row["commodity"] == slip["commodity"]]
    expect(held["outcome"]["code"] == "held", "ten times the price is held")
    fates = ", ".join(f"{n} {outcome}" for outcome, n in first["outcomes"].items() if n)
    say(f"market    {form['name']}, {form['day']}: {len(sent)} rows sent: {fates}")
    say("again     same answer under the same key; under another one all unchanged")
    prices = f"{number(held['price'])} instead of {number(slip['now']['price'])}"
    say(f"held      {slip['name']} {prices}: {_label(held['why'])}")


async def _decide(
    surveyor: Actor, supervisor: Actor, guest: Actor, form: dict[str, Any], slip: dict[str, Any]
) -> None:
    """Nobody reads it, its surveyor cannot let it out; rejected, what was published before counts again."""
    right, name = slip["now"]["price"], slip["commodity"]
    meanwhile = await _public(guest, form["market"], name)
    expect(meanwhile is None or meanwhile["price"] != _TIMES * right, "a held price is not public")
    say(f"public    {_told(meanwhile)}, as long as it is held")
    path = f"/v1/prices/reviews/{form['market']}/{form['day']}/{name}/retail"
    own = await surveyor.call("POST", f"{path}/approve", body={})
    expect(own.status_code == 403, "a surveyor cannot let it out herself")
    waiting = (await supervisor.get("/v1/prices/reviews?limit=100"))["items"]
    mine = [
        r for r in waiting if (r["market"], r["commodity"], r["day"]) == (form["market"], name, form["day"])
    ]
    expect(len(mine) == 1, "it waits for the supervisor")
    await supervisor.post(f"{path}/reject", {"reason": "demo: satu nol terlalu banyak"})
    look, right_one = partial(_public, guest, form["market"], name), partial(_is, right, form["day"])
    now = await soon(look, right_one)
    expect(right_one(now), "everybody reads the right price of that day")
    say(f"decided   rejected by the supervisor, what was said before counts again: {_told(now)}")


def _is(right: int, day: str, public: dict[str, Any] | None) -> bool:
    """Of that day: the one before may have had the same price, and is shown as long as it is held."""
    return public is not None and (public["price"], public["day"]) == (right, day)


async def _public(guest: Actor, market: str, commodity: str) -> dict[str, Any] | None:
    items = (await guest.get(f"/v1/prices/latest?market={market}&commodity={commodity}"))["items"]
    return items[0] if items else None


def _told(price: dict[str, Any] | None) -> str:
    return "no price" if price is None else f"{number(price['price'])} of {price['day']} ({price['source']})"


async def _read(town: Town, guest: Actor, market: str, commodities: list[str]) -> None:
    """What everybody reads: the newest prices, a basket, what is unusual, a line over time."""
    latest = (await guest.get(f"/v1/prices/latest?market={market}&limit=100"))["items"]
    say("\nThe newest prices, as everybody reads them (rupiah)")
    table(
        *(
            (r["name"], r["unit"], r["price"], _change(r), _label(r["price_class"]), r["source"])
            for r in latest[:_SHOWN]
        ),
        head=("commodity", "for one", "price", "change", "class", "source"),
    )
    await _basket(town, guest, commodities[:_IN_BASKET])
    await _warnings(guest)
    trend = await guest.get(f"/v1/prices/trend?commodity={commodities[0]}")
    picture = f"/v1/prices/trend.svg?commodity={commodities[0]}"
    good(await guest.call("GET", picture))
    say(f"\ntrend     {len(trend['points'])} days: {trend['text']}")
    say(f"          the line as a picture: {picture}")


async def _basket(town: Town, guest: Actor, commodities: list[str]) -> None:
    items = "&".join(f"item={code}:1" for code in commodities)
    where = f"lat={town.point['lat']}&lon={town.point['lon']}"
    basket = await guest.get(f"/v1/prices/basket?{items}&{where}")
    say(f"\nA basket: 1 each of {', '.join(item['name'] for item in basket['items'])}")
    table(
        *(
            (m["name"], m["total"], "yes" if m["complete"] else "no", m["distance_m"])
            for m in basket["markets"]
        ),
        head=("market", "rupiah", "has all", "metres away"),
    )


async def _warnings(guest: Actor) -> None:
    """Each finding with the observations it has of those it needs: with too few it says so."""
    alerts = (await guest.get("/v1/prices/alerts"))["items"][:_WARNED_OF]
    say("\nEarly warning: what it says (observations there are, of those it takes)")
    table(
        *((a["name"], *(_finding(a[of]) for of in ("price_class", "alps", "ifpa"))) for a in alerts),
        head=("commodity", "class", "ALPS (WFP)", "IFPA (FAO)"),
    )


def _change(row: dict[str, Any]) -> str:
    return f"{row['changes'][0]['percent']:+.1f} %" if row["changes"] else "-"


def _finding(found: dict[str, Any]) -> str:
    return f"{_label(found['level'])} ({found['observations']} of {found['needed']})"


def _label(told: dict[str, Any]) -> str:
    label: str = told["label"]
    return label
