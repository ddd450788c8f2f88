"""The service's OpenAPI document: problems instead of FastAPI's 422, security from `x-city`, an ETag."""

import hashlib
import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; the texts are in the language of the answer.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_ANSWER = {
    "description": "A problem (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Citizen or staff access token"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "Front end or partner"},
}
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")


def install(app: FastAPI) -> None:
    """Serves `/openapi.json` (with ETag) and makes `app.openapi()` answer our document."""
    document = _document(app)
    body = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'

    async def serve(request: Request) -> Response:
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    app.openapi = lambda: document  # type: ignore[method-assign]
    app.add_route("/openapi.json", serve, ["GET"], include_in_schema=False)


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0")
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    components["securitySchemes"] = _SCHEMES
    for path in document.get("paths", {}).values():
        for method in _METHODS:
            if method in path:
                _describe(path[method])
    return document


def _describe(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    answers["default"] = _ANSWER
    city = operation.get("x-city", {})
    key: dict[str, list[str]] = {} if city.get("key") == "none" else {"api_key": []}
    audience = city.get("audience", [])
    signed = {**key, "bearer": []}
    operation["security"] = ([key] if "public" in audience else []) + (
        [signed] if any(a != "public" for a in audience) else []
    )
