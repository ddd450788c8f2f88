"""The OpenAPI 3.0 description that map programs read: each collection with the parameters it takes."""

from typing import Any

from shared.runtime import Runtime
from svc_tourism.features.documents.collections import Collection, Collections
from svc_tourism.features.documents.geojson import MEDIA_TYPE
from svc_tourism.features.documents.pages import OPENAPI, SCHEMA
from svc_tourism.features.rules import DEFAULT_LIMIT, MOST

_Part = dict[str, Any]
_JSON = "application/json"


def description(run: Runtime, collections: Collections) -> _Part:
    """The document of /ogc alone: GDAL looks in it for what a collection can be filtered by."""
    paths: _Part = {
        "/": _get("landing", "Landing page", _JSON),
        "/conformance": _get("conformance", "Conformance classes", _JSON),
        "/collections": _get("collections", "The collections", _JSON),
        "/api": _get("api", "This document", OPENAPI),
    }
    for each in collections.listed:
        here = f"/collections/{each.id}"
        paths[here] = _get(f"collection_{each.id}", each.title.en, _JSON, missing=True)
        paths[f"{here}/queryables"] = _get(f"queryables_{each.id}", "What can be filtered by", SCHEMA)
        paths[f"{here}/items"] = _get(f"items_{each.id}", each.description.en, MEDIA_TYPE, _parameters(each))
        feature = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{here}/items/{{featureId}}"] = _get(
            f"feature_{each.id}", "One feature", MEDIA_TYPE, [feature], missing=True
        )
    return {
        "openapi": "3.0.3",
        "info": {"title": f"{run.city.name.en}: OGC API - Features", "version": "1"},
        "servers": [{"url": f"{run.settings.public_url.rstrip('/')}/ogc"}],
        "paths": paths,
    }


def _parameters(collection: Collection) -> list[_Part]:
    number = {"type": "number"}
    box = {
        "oneOf": [
            {"type": "array", "items": number, "minItems": 4, "maxItems": 4},
            {"type": "array", "items": number, "minItems": 6, "maxItems": 6},
        ]
    }
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
    text = {"type": "string"}
    return [
        {**_query("limit", limit), "style": "form", "explode": False},
        {**_query("bbox", box), "style": "form", "explode": False},
        {**_query("datetime", text), "style": "form", "explode": False},
        _query("cursor", text),
        *(_query(name, text) for name in collection.queryables),
    ]


def _query(name: str, schema: _Part) -> _Part:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _get(
    name: str,
    summary: str,
    kind: str,
    parameters: list[_Part] | None = None,
    *,
    missing: bool = False,
) -> _Part:
    problem = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
    answers: _Part = {"200": {"description": summary, "content": {kind: {"schema": {"type": "object"}}}}}
    answers |= {"400": {"description": "A parameter is unknown or not good", **problem}}
    answers |= {"404": {"description": "There is none", **problem}} if missing else {}
    answers |= {"default": {"description": "Any other problem (RFC 9457)", **problem}}
    stated = {"parameters": parameters} if parameters else {}
    return {"get": {"operationId": name, "summary": summary, **stated, "responses": answers}}
