"""DCAT 3 (W3C Recommendation, 2024) as JSON-LD with its context inside: nothing is fetched to read it.

Satu Data Indonesia (Perpres 39/2019, article 1): the agency that makes a data set is its produsen data, here
dct:creator; the one that checks and hands it out is the wali data, here dct:publisher.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.city.checks import Label
from shared.runtime import Runtime
from svc_tourism.catalogue.documents.offers import Form, Offer, offers
from svc_tourism.catalogue.models import Dataset
from svc_tourism.catalogue.rules import FREQUENCIES
from svc_tourism.settings import TourismSettings

MEDIA_TYPE = "application/ld+json"
_Node = dict[str, Any]
_IANA = "https://www.iana.org/assignments/media-types/"
_LANGUAGES = {
    "id": "http://publications.europa.eu/resource/authority/language/IND",
    "en": "http://publications.europa.eu/resource/authority/language/ENG",
}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def catalogue(run: Runtime, registered: Iterable[Dataset]) -> bytes:
    """The whole catalogue; addresses begin with PUBLIC_URL."""
    made = _Catalogue(run)
    body = {"@context": CONTEXT, **made.whole(list(offers(run)), list(registered))}
    told = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return told.replace("<", "\\u003c").encode()  # it may be put into a <script> as it is


def link(dataset_id: UUID) -> str:
    """Where a registered data set is read."""
    return f"/v1/tourism/datasets/{dataset_id}"


class _Catalogue:
    def __init__(self, run: Runtime) -> None:
        settings = run.settings
        assert isinstance(settings, TourismSettings)
        self._run, self._city = run, run.city
        self._base = settings.public_url.rstrip("/")
        self._licence = settings.open_data_licence
        self._steward = self._organisation(settings.open_data_steward)

    def whole(self, own: Sequence[Offer], registered: Sequence[Dataset]) -> _Node:
        """The catalogue's own node."""
        texts = self._run.texts
        title, description = (
            {
                name: texts.get(f"catalogue.{part}", name).format(city=self._city.name.text(name))
                for name in _LANGUAGES
            }
            for part in ("title", "description")
        )
        return {
            "@id": f"{self._base}/catalog.jsonld",
            "@type": "dcat:Catalog",
            "dct:title": _texts(title),
            "dct:description": _texts(description),
            "dct:publisher": self._steward,
            "dct:license": {"@id": self._licence},
            "dct:language": [{"@id": _LANGUAGES[name]} for name in self._city.languages],
            "dct:spatial": self._spatial(),
            "foaf:homepage": {"@id": f"{self._base}/docs"},
            "dcat:service": [self._service(own)],
            "dcat:dataset": [*map(self._offered, own), *map(self._registered, registered)],
        }

    def _service(self, own: Sequence[Offer]) -> _Node:
        return {
            "@id": f"{self._base}/ogc",
            "@type": "dcat:DataService",
            "dct:title": _texts(dict.fromkeys(_LANGUAGES, "OGC API - Features")),
            "dcat:endpointURL": {"@id": f"{self._base}/ogc"},
            "dcat:endpointDescription": {"@id": f"{self._base}/ogc/api"},
            "dct:conformsTo": {"@id": "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"},
            "dcat:servesDataset": [{"@id": self._id(offer)} for offer in own if offer.mapped],
        }

    def _offered(self, offer: Offer) -> _Node:
        licence = offer.licence or self._licence
        forms = [self._form(offer, form, licence) for form in offer.forms]
        return {
            "@id": self._id(offer),
            "@type": "dcat:Dataset",
            "dct:identifier": offer.id,
            "dct:title": _label(offer.title),
            "dct:description": _label(offer.description),
            "dct:creator": self._steward,
            "dct:publisher": self._steward,
            "dct:license": {"@id": licence},
            "dct:spatial": self._spatial(),
            "dct:accrualPeriodicity": {"@id": FREQUENCIES[offer.frequency]},
            "dcat:landingPage": {"@id": f"{self._base}{offer.landing}"},
            "dcat:distribution": forms,
        }

    def _form(self, offer: Offer, form: Form, licence: str) -> _Node:
        """What comes page by page has no dcat:downloadURL: who fetched that would hold the first page."""
        address = {"@id": f"{self._base}{form.path}"}
        service = {"dcat:accessService": {"@id": f"{self._base}/ogc"}} if offer.mapped else {}
        download = address if form.whole else None
        made = _distribution(_label(offer.title), form.media_type, licence, address, download)
        return {"@id": f"{self._base}{form.path}#distribution", **made, **service}

    def _registered(self, row: Dataset) -> _Node:
        forms = [
            _distribution(
                _texts(form["title"]),
                form["media_type"],
                row.licence,
                {"@id": form["access_url"]},
                {"@id": form["download_url"]} if form["download_url"] else None,
            )
            for form in row.distributions
        ]
        return {
            "@id": f"{self._base}{link(row.id)}",
            "@type": "dcat:Dataset",
            "dct:identifier": str(row.id),
            "dct:title": _texts(row.title),
            "dct:description": _texts(row.description),
            "dct:creator": self._organisation(row.agency),
            "dct:publisher": self._steward,
            "dct:license": {"@id": row.licence},
            "dct:issued": _moment(row.created_at.astimezone(self._city.zone)),
            "dct:modified": _moment(row.updated_at.astimezone(self._city.zone)),
            "dct:spatial": self._spatial(),
            **_temporal(row.covers_from, row.covers_to),
            "dct:accrualPeriodicity": {"@id": FREQUENCIES[row.frequency]},
            "dcat:keyword": list(row.keywords),
            "dcat:landingPage": {"@id": row.landing_page},
            "dcat:distribution": forms,
        }

    def _organisation(self, code: str) -> _Node:
        """An agency of the pack; the city itself for a code it does not have."""
        agency = self._city.agencies.get(code)
        name = agency.name if agency else self._city.name
        known = f"#agency-{code}" if agency else "#city"
        return {
            "@id": f"{self._base}/catalog.jsonld{known}",
            "@type": "foaf:Organization",
            "foaf:name": _label(name),
        }

    def _spatial(self) -> _Node:
        box = self._city.bounding_box
        corners = (
            (box.west, box.south), (box.east, box.south), (box.east, box.north), (box.west, box.north),
            (box.west, box.south),
        )  # fmt: skip
        ring = ",".join(f"{lon} {lat}" for lon, lat in corners)
        return {
            "@type": "dct:Location",
            "dcat:bbox": {"@type": "geo:wktLiteral", "@value": f"POLYGON(({ring}))"},
        }

    def _id(self, offer: Offer) -> str:
        return f"{self._base}/catalog.jsonld#{offer.id}"


def _distribution(
    title: list[_Node], media_type: str, licence: str, access: _Node, download: _Node | None
) -> _Node:
    made = {
        "@type": "dcat:Distribution",
        "dct:title": title,
        "dcat:mediaType": {"@id": f"{_IANA}{media_type}"},
        "dct:license": {"@id": licence},
        "dcat:accessURL": access,
    }
    return made | ({"dcat:downloadURL": download} if download else {})


def _temporal(start: date | None, end: date | None) -> _Node:
    days = {"dcat:startDate": start, "dcat:endDate": end}
    told = {name: {"@type": "xsd:date", "@value": day.isoformat()} for name, day in days.items() if day}
    return {"dct:temporal": {"@type": "dct:PeriodOfTime", **told}} if told else {}


def _label(label: Label) -> list[_Node]:
    return _texts({"id": label.id, "en": label.en})


def _texts(texts: Mapping[str, str]) -> list[_Node]:
    return [{"@language": language, "@value": text} for language, text in texts.items()]


def _moment(moment: datetime) -> _Node:
    return {"@type": "xsd:dateTime", "@value": moment.isoformat()}
