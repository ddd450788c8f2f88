"""Published prices in the reader's words, as JSON and as a picture."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import Row

from shared.schemas import Labelled, Point
from svc_prices.commodities.documents import Words
from svc_prices.commodities.models import Commodity, ReferencePrice
from svc_prices.indicators.documents import rupiah, sparkline
from svc_prices.indicators.rules import NEWS_DAYS, against_quartiles, spread
from svc_prices.observations.rules import Level, change_percent, median
from svc_prices.readings.rules import OLDEST_DAYS, SPANS, distance_m
from svc_prices.readings.schemas import (
    BasketItemOut,
    BasketMarketOut,
    BasketOut,
    ChangeOut,
    ClassOut,
    CompareOut,
    LatestOut,
    MarketPriceOut,
    MedianOut,
    ReferenceLineOut,
    SpreadOut,
    TrendOut,
)
from svc_prices.readings.usecases import Basket, Line, Priced, in_force

CLASS_RULE = "year_quartiles"


def latest_out(row: Row[Any], found: Priced, words: Words) -> LatestOut:
    """The newest price on one market."""
    return LatestOut(
        **_priced(row, row.price, found, words),
        market=row.market,
        market_name=row.market_name,
        source=row.source,
        observed_at=words.local(row.observed_at),
    )


def median_out(row: Row[Any], found: Priced, words: Words) -> MedianOut:
    """The city's median."""
    same = _priced(row, row.median, found, words)
    apart = {"lowest": row.lowest, "highest": row.highest, "markets": row.markets}
    return MedianOut(**same, **apart, source=row.source)


def _priced(row: Row[Any], price: int, found: Priced, words: Words) -> dict[str, Any]:
    days, quartiles = found.usual.get(row.commodity_id, (0, None))
    return {
        "commodity": row.commodity,
        "name": words.pick(row.commodity_name),
        "category": words.label("category", row.category),
        "unit": row.unit,
        "level": row.level,
        "day": row.day,
        "age_days": max((words.today - row.day).days, 0),
        "price": price,
        "changes": _changes(row, price),
        "references": _references(found.references.get(row.commodity_id, ()), row.level, price, words.today),
        "price_class": _class(price, days, quartiles if _is_news(row.day, words.today) else None, words),
    }


def _is_news(day: date, today: date) -> bool:
    return (today - day).days <= NEWS_DAYS


def _changes(row: Row[Any], price: int) -> list[ChangeOut]:
    then = [(days, getattr(row, f"day_{days}"), getattr(row, f"price_{days}")) for days in SPANS]
    return [
        ChangeOut(against_days=days, day=day, price=before, percent=change_percent(price, before))
        for days, day, before in then
        if before is not None
    ]


def _references(
    references: Sequence[ReferencePrice], level: str, price: int | None, day: date
) -> list[ReferenceLineOut]:
    return [
        ReferenceLineOut(
            kind=each.kind,
            price=each.price,
            percent_above=change_percent(price, each.price) if price is not None else None,
            source=each.source,
        )
        for each in in_force(references, level, day)
    ]


def _class(price: int, days: int, quartiles: Sequence[float] | None, words: Words) -> ClassOut:
    reading = against_quartiles(price, days, quartiles)
    label = _class_label(reading.level, words)
    return ClassOut(
        code=label.code,
        label=label.label,
        rule=CLASS_RULE,
        baseline=round(reading.usual) if reading.usual is not None else None,
        observations=reading.observations,
        needed=reading.needed,
    )


def _class_label(level: str | None, words: Words) -> Labelled:
    if level is None:
        return Labelled(code="not_enough_data", label=words.say("alert.not_enough"))
    return words.label("price_class", level)


def compare_out(
    thing: Commodity,
    level: Level,
    rows: Sequence[Row[Any]],
    references: Sequence[ReferencePrice],
    words: Words,
) -> CompareOut:
    """One commodity on all markets; what is older than two weeks stands behind, and counts in nothing."""
    counted = [row.price for row in rows if row.price is not None and _fresh(row.day, words.today)]
    middle, apart = median(counted) if counted else None, spread(counted)
    return CompareOut(
        commodity=thing.code,
        name=words.pick(thing.name),
        unit=thing.unit,
        level=level,
        median=middle,
        spread=SpreadOut(
            lowest=int(apart.lowest),
            highest=int(apart.highest),
            difference=int(apart.difference),
            percent=round(apart.percent, 2),
            markets=apart.markets,
        )
        if apart is not None
        else None,
        references=_references(references, level, middle, words.today),
        markets=[_on_market(row, middle, words) for row in _fresh_first(rows, words.today)],
    )


def _on_market(row: Row[Any], middle: int | None, words: Words) -> MarketPriceOut:
    counted = row.price is not None and _fresh(row.day, words.today)
    return MarketPriceOut(
        market=row.code,
        name=row.name,
        point=_point(row),
        day=row.day,
        age_days=max((words.today - row.day).days, 0) if row.day is not None else None,
        price=row.price,
        percent_of_median=change_percent(row.price, middle) if counted and middle else None,
        source=row.source,
        counted=counted,
    )


def _fresh_first(rows: Sequence[Row[Any]], today: date) -> list[Row[Any]]:
    """The cheapest first; then what is too old to count, then where nothing was ever published."""
    return sorted(rows, key=lambda row: 2 if row.day is None else 0 if _fresh(row.day, today) else 1)


def _fresh(day: date, today: date) -> bool:
    return (today - day).days <= OLDEST_DAYS


def _point(row: Row[Any]) -> Point | None:
    return Point(lat=row.lat, lon=row.lon) if row.lat is not None and row.lon is not None else None


def trend_json(found: Line, words: Words) -> bytes:
    """The line with its words: TrendOut as JSON, its points as PostgreSQL wrote them."""
    whole = _trend_out(found, words).model_dump_json().encode()
    return whole.removesuffix(b"]}") + (found.drawn.points or "").encode() + b"]}"


def _trend_out(found: Line, words: Words) -> TrendOut:
    """Without its points."""
    newest = found.drawn.prices[-1] if found.drawn.prices else None
    return TrendOut(
        commodity=found.commodity.code,
        name=words.pick(found.commodity.name),
        unit=found.commodity.unit,
        level=cast(Level, found.level),
        market=found.market.code if found.market else None,
        market_name=found.market.name if found.market else None,
        first=found.first,
        last=found.last,
        source=found.drawn.source,
        text=_in_words(found, words),
        references=_references(found.references, found.level, newest, found.last),
        points=[],
    )


def trend_svg(found: Line, words: Words) -> bytes:
    """The line as a picture whose text alternative says the same."""
    title = words.say("trend.title", name=f"{words.pick(found.commodity.name)}, {_place(found, words)}")
    days = (found.first + timedelta(days=after) for after in found.drawn.days or ())
    points = list(zip(days, found.drawn.prices or (), strict=True))
    return sparkline(points, title, _in_words(found, words))


def _place(found: Line, words: Words) -> str:
    return found.market.name if found.market else words.say("trend.city")


def _in_words(found: Line, words: Words) -> str:
    days, prices = found.drawn.days, found.drawn.prices
    if not prices:
        return words.say("trend.none")
    told = {"first_price": prices[0], "last_price": prices[-1], "lowest": min(prices), "highest": max(prices)}
    said = words.say(
        "trend.alternative",
        unit=found.commodity.unit,
        first_day=found.first + timedelta(days=days[0]),
        last_day=found.first + timedelta(days=days[-1]),
        count=len(prices),
        **{name: rupiah(price, words.language) for name, price in told.items()},
    )
    return f"{said} {words.say('source.demo')}." if found.drawn.source == "demo" else said


def basket_out(found: Basket, here: tuple[float, float] | None, limit: int, words: Words) -> BasketOut:
    """What the list costs on each market."""
    markets = [_basket_market(found, row, here) for row in found.rows[:limit]]
    whole = [each for each in markets if each.complete]
    return BasketOut(
        items=[
            BasketItemOut(
                commodity=thing.code, name=words.pick(thing.name), unit=thing.unit, quantity=float(amount)
            )
            for thing, amount in found.items
        ],
        level=cast(Level, found.level),
        cheapest=whole[0].market if whole else None,
        markets=markets,
    )


def _basket_market(found: Basket, row: Row[Any], here: tuple[float, float] | None) -> BasketMarketOut:
    there = set(row.ids or ())
    missing = [thing.code for thing, _ in found.items if thing.id not in there]
    known = here is not None and row.lat is not None and row.lon is not None
    return BasketMarketOut(
        market=row.code,
        name=row.name,
        point=_point(row),
        distance_m=distance_m(here or (0, 0), (row.lat, row.lon)) if known else None,
        total=row.total,
        complete=not missing,
        missing=missing,
        oldest_day=row.oldest,
        source=row.source,
    )
