"""What a map program reads: collections, their pages of features, and what describes them."""

from svc_tourism.features.documents.collections import KINDS, Collection, Collections
from svc_tourism.features.documents.description import description
from svc_tourism.features.documents.geojson import MEDIA_TYPE, written
from svc_tourism.features.documents.pages import OPENAPI, SCHEMA, Listing, Pages
from svc_tourism.places.documents import TAG as PLACES_TAG

TAG = "tourism:features"

__all__ = [
    "KINDS",
    "MEDIA_TYPE",
    "OPENAPI",
    "PLACES_TAG",
    "SCHEMA",
    "TAG",
    "Collection",
    "Collections",
    "Listing",
    "Pages",
    "description",
    "written",
]
