"""What a resident is told when a price she watches has moved."""

from typing import Any

from sqlalchemy import Row

from shared.contracts.city import NoticeRequestedV1
from shared.runtime import Runtime
from svc_prices.indicators.documents import rupiah
from svc_prices.observations.rules import change_percent
from svc_prices.watches.models import Watch

TEMPLATE = "prices.price_moved"


def price_moved(run: Runtime, watch: Watch, row: Row[Any], before: int) -> NoticeRequestedV1:
    """The notice, once for each version of the watch; whatever two languages write in two ways, twice."""
    return NoticeRequestedV1(
        citizen_id=watch.citizen_id,
        template=TEMPLATE,
        params={
            "unit": row.unit,
            "day": row.day.isoformat(),
            **{
                f"{name}_{language}": said
                for language in ("id", "en")
                for name, said in _said(run, row, before, language).items()
            },
        },
        link=f"/v1/prices/trend?commodity={row.code}" + (f"&market={row.market}" if row.market else ""),
        dedupe_key=f"watch/{watch.id}/{watch.version}",
    )


def _said(run: Runtime, row: Row[Any], before: int, language: str) -> dict[str, str]:
    place = row.market_name or run.texts.get("notice.city_median", language)
    moved = f"{change_percent(row.price, before):+.1f}"
    return {
        "commodity": row.name[language],
        "place": place + (run.texts.get("notice.demo", language) if row.source == "demo" else ""),
        "price": rupiah(row.price, language),
        "before": rupiah(before, language),
        "percent": moved.replace(".", ",") if language == "id" else moved,
    }
