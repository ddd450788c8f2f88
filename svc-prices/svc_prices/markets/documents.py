"""How the city finds a market, and what of our answers is stale when one changes."""

from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1, PointV1
from shared.runtime import Runtime
from svc_prices.markets.models import Market

TAG = "prices:markets"
KIND = "prices_market"


def market_published(run: Runtime, market: Market) -> DocumentPublishedV1:
    """As search finds it."""
    known = market.lat is not None and market.lon is not None
    area = run.city.areas.find(market.village or market.district or "")
    place = area.name if area else run.city.name.id
    return DocumentPublishedV1(
        kind=KIND,
        id=str(market.document_id),
        title={"id": market.name, "en": market.name},
        summary={
            "id": run.texts.get("summary.market", "id").format(place=place),
            "en": run.texts.get("summary.market", "en").format(place=place),
        },
        point=PointV1(lat=market.lat or 0, lon=market.lon or 0) if known else None,
        area=market.village or market.district,
        url=link(market),
        published_at=market.created_at,
        source="demo" if market.source == "demo" else None,
    )


def market_withdrawn(market: Market) -> DocumentWithdrawnV1:
    """It is surveyed no longer."""
    return DocumentWithdrawnV1(kind=KIND, id=str(market.document_id))


def link(market: Market) -> str:
    """Where it is read."""
    return f"/v1/prices/markets/{market.code}"
