"""The route class: one transaction a request, idempotency, deadline, and the description `x-city`."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date
from inspect import signature
from typing import Any, Literal, Self

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared import idempotency, pending
from shared.auth import Admission, Audience, refuse_unless
from shared.edge.context import RequestContext
from shared.edge.limits import JSON_LIMIT
from shared.errors import DeadlineExceeded
from shared.idempotency import Key
from shared.replies import REPLIED

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_TOO_LATE_SECONDS = 0.05


class HomeSection(BaseModel):
    """Where an operation's answer stands on the home page; `title` by language, of a section new to the city.

    Of several operations with one section, one that takes `lat` and `lon` is read where a place is known.
    """

    model_config = ConfigDict(frozen=True)

    section: str
    order: int
    title: dict[str, str] | None = None


class Deprecated(BaseModel):
    """Since when an operation is deprecated, when it ends (UTC), and the path of ours that replaces it."""

    model_config = ConfigDict(frozen=True)

    since: date
    sunset: date | None = None
    successor: str | None = Field(default=None, pattern=r"^/[A-Za-z0-9._~/-]*$")

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("sunset before since")
        return self


class XCity(BaseModel):
    """What an operation says of itself; services write it, the gateway reads it: one class."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    audience: tuple[str, ...]
    tags: tuple[str, ...] = ()
    deadline_ms: int = Field(default=2_000, ge=50, le=60_000)
    body_limit: int = Field(default=JSON_LIMIT, ge=0)
    idempotency: Literal["required", "none"] = "none"
    key: str = Field(default="required", pattern=r"^(required|none|form:[a-z_]+)$")
    errors: Literal["problem", "open311", "ogc"] = "problem"
    stream: bool = False
    bearer: Literal["read", "ignored"] = "read"
    """`ignored`: signing in must work although the app still sends the token that has just expired."""
    home: HomeSection | None = None
    menu: str | None = None
    deprecated: Deprecated | None = None


def x_city(**fields: Any) -> dict[str, Any]:
    """`openapi_extra=x_city(idempotency="required")`: the audience is added from the route's Allow(…)."""
    XCity(audience=("public",), **fields)
    return {"x-city": fields}


class CityRoute(APIRoute):
    """The only place that opens and commits a request's transaction, before the answer (contracts 4)."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        extra = dict(kwargs.pop("openapi_extra", None) or {})
        super().__init__(path, endpoint, openapi_extra=extra, **kwargs)
        self.audiences = _audiences(path, self.dependant)
        stated = extra.get("x-city", {})
        self.city = XCity(audience=tuple(n for a in self.audiences for n in a.names()), **stated)
        self.deprecated = self.deprecated or self.city.deprecated is not None or None
        extra["x-city"] = self.city.model_dump(mode="json", exclude_none=True)
        if self.city.idempotency == "required":
            key = {**_KEY_PARAMETER, "required": not _has_id(self.dependant)}
            device = [_DEVICE_PARAMETER] if "public" in self.city.audience else []
            extra["parameters"] = [*extra.get("parameters", ()), key, *device]
        if self.response_model is not None and signature(endpoint).return_annotation is Response:
            not_modified = {"304": {"description": "If-None-Match named this answer", **REPLIED}}
            answers = {str(self.status_code or 200): REPLIED} | (
                not_modified if "GET" in (self.methods or ()) else {}
            )
            extra["responses"] = {**extra.get("responses", {}), **answers}

    def get_route_handler(self) -> _Handler:
        """FastAPI's handler inside our transaction."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            context: RequestContext = request.scope["city"]
            refuse_unless(self.audiences, context.caller)
            if self.city.stream:
                return await handler(request)
            if context.left < _TOO_LATE_SECONDS:
                raise DeadlineExceeded
            return await self._in_transaction(request, handler, context)

        return handle

    async def _in_transaction(self, request: Request, handler: _Handler, context: RequestContext) -> Response:
        key = await self._key(request, context)
        async with request.app.state.runtime.database.transaction() as session:
            request.state.session = session
            try:
                async with asyncio.timeout(context.left):
                    return await self._once(request, handler, key)
            except TimeoutError as error:
                raise DeadlineExceeded from error

    async def _once(self, request: Request, handler: _Handler, key: Key | None) -> Response:
        runtime, session = request.app.state.runtime, request.state.session
        if key is None:
            answer = await handler(request)
            await session.flush()
            await pending.write(session)
            return answer
        stored = await idempotency.stored_answer(session, key, runtime.cipher, runtime.clock.now())
        if stored is not None:
            return stored
        answer = await handler(request)
        if 200 <= answer.status_code < 300:
            await session.flush()
            await idempotency.store(session, key, answer, runtime.cipher, runtime.clock.now())
        return answer

    async def _key(self, request: Request, context: RequestContext) -> Key | None:
        if self.city.idempotency == "none":
            return None
        body = await request.body()
        text = idempotency.key_from(request.headers.get("idempotency-key"), body)
        operation = f"{request.method} {request.url.path}"
        return Key(context.caller.scope, operation, text, body + request.scope["query_string"])


class CityRouter(APIRouter):
    """A router whose routes are CityRoutes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(route_class=CityRoute, **kwargs)


_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Unique to this action; may be left out where the body carries a client-made `id`.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[A-Za-z0-9_.:-]+$"},
}

_DEVICE_PARAMETER = {
    "name": "X-Device-Id",
    "in": "header",
    "required": False,
    "description": "Made by the app, kept on the device; needed from whoever is not signed in.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
}


def _has_id(dependant: Dependant) -> bool:
    """Whether the body has a client-made id, which then is the key."""
    return any("id" in getattr(p.field_info.annotation, "model_fields", ()) for p in dependant.body_params)


def _audiences(path: str, dependant: Dependant) -> tuple[Audience, ...]:
    found = [d.call for d in dependant.dependencies if isinstance(d.call, Admission)]
    if len(found) != 1:
        raise TypeError(
            f"route {path}: {len(found)} callers stated; give it one parameter "
            "`caller: Annotated[Caller, Allow(…)]` that says who may call it"
        )
    return found[0].audiences
