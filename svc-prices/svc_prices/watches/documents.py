"""What a resident is told when a price she watches has moved."""

from typing import Any

from sqlalchemy import Row

from shared.contracts.city import NoticeRequestedV1
from shared.runtime import Runtime
from svc_prices.observations.rules import change_percent
from svc_prices.watches.models import Watch

TEMPLATE = "prices.price_moved"


def price_moved(run: Runtime, watch: Watch, row: Row[Any], before: int) -> NoticeRequestedV1:
    """The notice, once for each version of the watch; names in both languages, prices in whole rupiah."""
    made_up = row.source == "demo"
    place = {
        language: (row.market_name or run.texts.get("notice.city_median", language))
        + (run.texts.get("notice.demo", language) if made_up else "")
        for language in ("id", "en")
    }
    return NoticeRequestedV1(
        citizen_id=watch.citizen_id,
        template=TEMPLATE,
        params={
            "commodity_id": row.name["id"],
            "commodity_en": row.name["en"],
            "place_id": place["id"],
            "place_en": place["en"],
            "unit": row.unit,
            "price": str(row.price),
            "before": str(before),
            "percent": f"{change_percent(row.price, before):+.1f}",
            "day": row.day.isoformat(),
        },
        link=f"/v1/prices/trend?commodity={row.code}" + (f"&market={row.market}" if row.market else ""),
        dedupe_key=f"watch/{watch.id}/{watch.version}",
    )
