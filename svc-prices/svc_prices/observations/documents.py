"""The events that tell of an observation."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from shared.contracts.city import CountMovedV1
from shared.contracts.prices import PriceCorrectedV1, PriceHeldV1, PricePublishedV1
from shared.events.event import Event
from svc_prices.markets.models import Market
from svc_prices.observations.models import Observation
from svc_prices.observations.rules import Level

if TYPE_CHECKING:
    from svc_prices.observations.usecases import Change

TAG = "prices:observations"


def subject_of(row: Observation, market: str, commodity: str) -> str:
    """What events name it by: its natural key, in the order of its address."""
    return f"{market}/{row.day}/{commodity}/{row.level}"


def link(row: Observation, market: str, commodity: str) -> str:
    """Where staff read it."""
    return f"/v1/prices/observations/{subject_of(row, market, commodity)}"


def events_of(change: "Change", market: Market) -> Iterator[Event]:
    """Published or corrected if a price counts or counted; held if it waits."""
    row, key = change.row, _key(change, market)
    more: dict[str, Any] = {
        "unit": change.commodity.unit,
        "source": row.source,
        "observed_at": row.observed_at,
    }
    if change.counted is not None and change.counts != change.counted:
        yield PriceCorrectedV1(**key, price=change.counts, previous_price=change.counted, **more)
    elif change.counts is not None and change.counted is None:
        yield PricePublishedV1(**key, price=change.counts, **more)
    if row.status == "held":
        yield PriceHeldV1(**key, held_for=row.held_for or "")


def queue_moved(change: "Change") -> CountMovedV1 | None:
    """The supervisor's queue got longer or shorter."""
    was = change.before is not None and change.before.status == "held"
    is_held = change.row.status == "held"
    if was == is_held:
        return None
    before, after = ("waiting", "decided") if was else (None, "waiting")
    return CountMovedV1(measure="price_review", from_state=before, to_state=after)


def _key(change: "Change", market: Market) -> dict[str, Any]:
    row = change.row
    return {
        "market": market.code,
        "commodity": change.commodity.code,
        "level": cast(Level, row.level),
        "day": row.day,
    }
