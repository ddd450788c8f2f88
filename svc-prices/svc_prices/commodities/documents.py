"""How the city finds a commodity, in which words answers are given, what is stale when one changes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1, Texts
from shared.runtime import Runtime
from shared.schemas import Labelled
from svc_prices.commodities.models import Commodity

TAG = "prices:commodities"
KIND = "prices_commodity"


@dataclass(frozen=True, slots=True)
class Words:
    """The language of an answer, and its day."""

    run: Runtime
    language: str
    now: datetime

    @property
    def today(self) -> date:
        """The city's date."""
        return self.now.astimezone(self.run.city.zone).date()

    def pick(self, texts: dict[str, Any]) -> str:
        """Of a stored {id, en}."""
        return str(texts.get(self.language) or texts["id"])

    def label(self, kind: str, code: str) -> Labelled:
        """A code with its text; the code alone where a city's own has none."""
        key = f"{kind}.{code}"
        known = self.run.texts.has(key)
        return Labelled(code=code, label=self.run.texts.get(key, self.language) if known else code)

    def say(self, key: str, **params: Any) -> str:
        """A text of the package, filled."""
        return self.run.texts.get(key, self.language).format(**params)

    def local(self, moment: datetime) -> datetime:
        """With the city's offset."""
        return moment.astimezone(self.run.city.zone)


def commodity_published(run: Runtime, commodity: Commodity) -> DocumentPublishedV1:
    """As search finds it."""
    return DocumentPublishedV1(
        kind=KIND,
        id=str(commodity.document_id),
        title=cast(Texts, commodity.name),
        summary={
            "id": run.texts.get("summary.commodity", "id").format(unit=commodity.unit),
            "en": run.texts.get("summary.commodity", "en").format(unit=commodity.unit),
        },
        url=link(commodity),
        published_at=commodity.created_at,
        source="demo" if commodity.source == "demo" else None,
    )


def commodity_withdrawn(commodity: Commodity) -> DocumentWithdrawnV1:
    """It is surveyed no longer."""
    return DocumentWithdrawnV1(kind=KIND, id=str(commodity.document_id))


def link(commodity: Commodity) -> str:
    """Where it is read."""
    return f"/v1/prices/commodities/{commodity.code}"
