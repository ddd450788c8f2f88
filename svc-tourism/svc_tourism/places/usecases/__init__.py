"""What people do with places: find and read them, edit and check them."""

from svc_tourism.places.models import Place
from svc_tourism.places.queries import Box, Filters, Found, listed
from svc_tourism.places.rules import Target
from svc_tourism.places.usecases.editing import check_facts, create, form_of, history, replace
from svc_tourism.places.usecases.rating import rate
from svc_tourism.places.usecases.reading import (
    find_listed,
    list_for_editors,
    list_public,
    nearest,
    published_documents,
    read,
)
from svc_tourism.places.usecases.seeding import places_of_the_pack

__all__ = [
    "Box",
    "Filters",
    "Found",
    "Place",
    "Target",
    "check_facts",
    "create",
    "find_listed",
    "form_of",
    "history",
    "list_for_editors",
    "list_public",
    "listed",
    "nearest",
    "places_of_the_pack",
    "published_documents",
    "rate",
    "read",
    "replace",
]
