"""Reading features: a page by keyset on an index, and how many there are, counted so far as that is cheap."""

from svc_tourism.features.queries.documents import find_document, page_of_documents
from svc_tourism.features.queries.pages import MOST_COUNTED, Page, Position
from svc_tourism.features.queries.places import find_place, page_of_places

__all__ = [
    "MOST_COUNTED",
    "Page",
    "Position",
    "find_document",
    "find_place",
    "page_of_documents",
    "page_of_places",
]
