"""The catalogue as JSON-LD."""

from svc_tourism.catalogue.documents.jsonld import MEDIA_TYPE, catalogue, link

TAG = "tourism:catalogue"

__all__ = ["MEDIA_TYPE", "TAG", "catalogue", "link"]
