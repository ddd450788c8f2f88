"""The service's OpenAPI document: problems instead of FastAPI's 422, security from `x-city`, an ETag.

`x-problems` has the texts of every problem code, for the page that their `type` leads to.
"""

import hashlib
import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

from shared import errors

_TEXT = {"type": "string"}


def _object(*texts: str, **others: Any) -> dict[str, Any]:
    members = {**dict.fromkeys(texts, _TEXT), **others}
    return {"type": "object", "required": [*members], "properties": members}


_PROBLEM = _object("type", "title", "detail", "code", "request_id", status={"type": "integer"})
_PROBLEM["description"] = "RFC 9457. `code` is stable; the texts are in the language of the answer."
_PROBLEM["properties"]["errors"] = {"type": "array", "items": _object("field", "code", "message")}
_TOLD = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After", 504: "Retry-After"}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Citizen or staff access token"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "Front end or partner"},
}
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")


def install(app: FastAPI) -> None:
    """Serves `/openapi.json` (with ETag) and makes `app.openapi()` answer our document."""
    document = {**_document(app), "x-problems": errors.catalogue(app.state.runtime.texts)}
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
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                described = item[method].get("description", item[method]["summary"])
                item[method]["summary"] = described.partition("\n")[0].removesuffix(".")
                _secure(item[method])
                _state_problems(document, path, method, item[method])
    return document


def problem(document: dict[str, Any], status: int) -> dict[str, str]:
    """A reference to the problem of this status, which is among the document's components from now on."""
    names = ["X-Request-Id", "Content-Language", *filter(None, [_TOLD.get(status)])]
    answer = {
        "description": "A problem (RFC 9457); `code` says which",
        "headers": told(*names),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    document["components"].setdefault("responses", {}).setdefault(f"Problem{status}", answer)
    return {"$ref": f"#/components/responses/Problem{status}"}


def told(*names: str) -> dict[str, Any]:
    """Headers that an answer always has."""
    return {name: {"required": True, "schema": _TEXT} for name in names}


def _state_problems(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> None:
    """Every status that follows from what the operation says of itself; others it states without content."""
    answers, city = operation["responses"], operation.get("x-city", {})
    checked = answers.pop("422", None) is not None  # FastAPI's: what it refers to is not in the document
    if city.get("errors", "problem") != "problem":
        return
    named = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
    statuses = {int(s) for s, a in answers.items() if s >= "400" and "content" not in a} | {400, 503}
    for status, follows in (
        (401, "public" not in city.get("audience", ())),
        (403, "public" not in city.get("audience", ())),
        (404, "{" in path),
        (409, city.get("idempotency") == "required"),
        (412, "if-match" in named),
        (422, checked or city.get("idempotency") == "required"),
        (504, method != "get"),
    ):
        statuses |= {status} if follows else set()
    answers.update((str(status), problem(document, status)) for status in statuses)
    for answer in answers.values():
        if "$ref" not in answer:
            answer["headers"] = {**answer.get("headers", {}), **told("X-Request-Id")}


def _secure(operation: dict[str, Any]) -> None:
    city = operation.get("x-city", {})
    key: dict[str, list[str]] = {} if city.get("key") == "none" else {"api_key": []}
    audience = city.get("audience", [])
    by_key = {"public", "provider", "partner"} & {each.partition(":")[0] for each in audience}
    signs = city.get("bearer", "read") == "read" and by_key.isdisjoint({"provider", "partner"})
    operation["security"] = ([key] if by_key else []) + ([{**key, "bearer": []}] if signs else [])
