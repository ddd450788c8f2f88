"""The open data sets of this platform: the map's collections, and what the other services offer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.city.checks import Label
from shared.runtime import Runtime
from svc_tourism.catalogue.rules import Frequency
from svc_tourism.features.documents import MEDIA_TYPE as GEOJSON
from svc_tourism.features.documents import Collection, Collections


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a data set: a path of the platform and its media type; `whole`: all of it in one answer."""

    path: str
    media_type: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """A data set of the platform itself; `licence` None is the city's own. `mapped`: on the map's service."""

    id: str
    title: Label
    description: Label
    landing: str
    frequency: Frequency
    forms: Sequence[Form]
    licence: str | None = None
    mapped: bool = False


#: What other services offer: id, page, frequency, forms; title and description stand in the texts.
_ELSEWHERE: Sequence[tuple[str, str, Frequency, Sequence[Form]]] = (
    (
        "prices",
        "/v1/prices/latest",
        "daily",
        (
            Form("/v1/prices/exports/wfp.csv", "text/csv"),
            Form("/v1/prices/exports/panel-harga.csv", "text/csv"),
            Form("/v1/prices/exports/datapackage.json", "application/json"),
        ),
    ),
    (
        "news",
        "/v1/news/articles",
        "continuous",
        (
            Form("/feeds/news.atom", "application/atom+xml"),
            Form("/feeds/news.rss", "application/rss+xml"),
            Form("/feeds/news.json", "application/feed+json"),
        ),
    ),
    ("agenda", "/v1/news/agenda", "continuous", (Form("/v1/news/agenda.ics", "text/calendar"),)),
    (
        "ledger",
        "/v1/laksa/ledger",
        "continuous",
        (Form("/v1/laksa/ledger", "application/json", whole=False),),
    ),
)


def offers(run: Runtime) -> Iterator[Offer]:
    """All of them, the map's first."""
    collections: Collections = run.part(Collections)
    yield from (_of_map(collection) for collection in collections.listed)
    for name, landing, frequency, forms in _ELSEWHERE:
        title, description = (_both(run, f"dataset.{name}.{part}") for part in ("title", "description"))
        yield Offer(name, title, description, landing, frequency, forms)


def _of_map(collection: Collection) -> Offer:
    here = f"/ogc/collections/{collection.id}"
    return Offer(
        f"map-{collection.id}",
        collection.title,
        collection.description,
        here,
        "irregular" if collection.source == "areas" else "continuous",
        (Form(f"{here}/items", GEOJSON, whole=False),),
        collection.licence,
        mapped=True,
    )


def _both(run: Runtime, key: str) -> Label:
    return Label(id=run.texts.get(key, "id"), en=run.texts.get(key, "en"))
