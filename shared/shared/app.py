"""What every service is made of: build_app puts settings, database, events, timers and edge together."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared import errors, openapi, privacy, snapshots
from shared.auth import Identity, KeyFile
from shared.chain.sequencer import Sequencer
from shared.city.pack import load_city
from shared.city.texts import load_texts
from shared.clock import Clock, SystemClock
from shared.crypto import FieldCipher
from shared.db import Database, translate
from shared.edge.service import ServiceEdge
from shared.events.bus import Bus, stream_of
from shared.events.inbox import Inbox, Subscription
from shared.events.relay import Relay
from shared.forever import forever
from shared.metrics import Metrics
from shared.routes import CityRoute
from shared.runtime import Background, Runtime
from shared.seeds import Seed, Sower
from shared.settings import Settings, service_names
from shared.timers import Handler, Timers
from shared.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Service:
    """The table of contents of one service."""

    name: str
    package: str
    title: str
    routers: Sequence[APIRouter] = ()
    subscriptions: Sequence[Subscription] = ()
    timers: Mapping[str, Handler] = field(default_factory=dict)
    background: Sequence[Background] = ()
    owned: Mapping[str, snapshots.Reader] = field(default_factory=dict)
    holds: privacy.Holdings = field(default_factory=privacy.Holdings)
    seeds: Sequence[Seed] = ()
    roles: frozenset[str] = frozenset()
    """The roles of staff that mean something here."""

    @property
    def short(self) -> str:
        """`laksa` of `svc-laksa`: its database, runtime role and event prefix."""
        return self.name.removeprefix("svc-")

    @property
    def folder(self) -> Path:
        """Where the package's texts stand."""
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(self.package)
        return Path(spec.submodule_search_locations[0])


def service_edge(app: FastAPI, runtime: Runtime) -> None:
    """The edge of the six services: who is calling comes from the gateway's identity token."""
    identity = Identity(runtime.keys, runtime.name, runtime.clock)
    app.add_middleware(ServiceEdge, identity=identity, run=runtime)


def build_app(
    service: Service,
    settings: Settings,
    clock: Clock | None = None,
    *,
    edge: Callable[[FastAPI, Runtime], None] = service_edge,
) -> FastAPI:
    """The service as a FastAPI app. PackError or ValueError if pack or settings cannot be used."""
    runtime = _runtime(service, settings, clock or SystemClock(settings.city_time_offset))
    app = FastAPI(
        title=service.title,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(service, runtime),
    )
    app.state.runtime = runtime
    app.state.front = app  # what is served: the app, or an edge that stands before it
    for router in (*service.routers, snapshots.router(service.owned), privacy.router(service.holds)):
        app.include_router(router)
    _every_route_states_its_caller(app)
    openapi.install(app)
    _install_errors(app, runtime)
    edge(app, runtime)
    return app


def _runtime(service: Service, settings: Settings, clock: Clock) -> Runtime:
    database = Database(settings.database_url.get_secret_value(), service.short)
    bus = Bus(settings.nats_url.get_secret_value(), service.name, max_bytes=settings.stream_max_bytes)
    city = load_city(settings.city_pack)
    metrics = Metrics()
    tracing = Tracing(service.name, settings, metrics)
    relay = Relay(database, bus, clock, f"//{city.code}/{service.name}", metrics, tracing)
    sequencer = Sequencer(database, clock, metrics)
    database.on_commit += [relay.wake, sequencer.wake]
    runtime = Runtime(
        name=service.name,
        package=service.package,
        settings=settings,
        clock=clock,
        city=city,
        texts=load_texts([Path(__file__).parent, service.folder], settings.city_pack),
        database=database,
        bus=bus,
        relay=relay,
        sequencer=sequencer,
        cipher=FieldCipher(settings.field_key_ring()),
        keys=KeyFile(settings.identity_jwks),
        metrics=metrics,
        tracing=tracing,
    )
    runtime.degraded += [relay.troubles, lambda: bus.refused]
    runtime.timers = Timers({**service.timers, **privacy.timers(service.holds)}, runtime)
    return runtime


def _lifespan(service: Service, runtime: Runtime) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        runtime.start()
        everybody = [stream_of(name) for name in (service.name, *service_names(runtime.settings))]
        for subscription in (*service.subscriptions, privacy.subscription(service.holds)):
            for stream in subscription.streams or everybody:
                runtime.bus.streams.add(stream)
                inbox = Inbox(subscription, stream, runtime)
                runtime.spawn(inbox.run(), f"inbox-{subscription.purpose}-{stream}")
        if service.seeds:
            sower = Sower(runtime, service.seeds)
            runtime.not_ready.append(sower.missing)
            runtime.spawn(forever("seeds", sower.work), "seeds")
        for work in service.background:
            runtime.spawn(work(runtime), getattr(work, "__name__", "background"))
        try:
            yield
        finally:
            await runtime.stop()

    return lifespan


def _every_route_states_its_caller(app: FastAPI) -> None:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and not isinstance(route, CityRoute):
            raise TypeError(f"route {route.path}: use shared.routes.CityRouter, so that it states its caller")


def _install_errors(app: FastAPI, runtime: Runtime) -> None:
    async def answer(request: Request, error: Exception) -> Response:
        context = request.scope["city"]
        return errors.render(_problem(error), runtime.texts, context.language, context.request_id)

    for kind in (errors.Problem, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)


def _problem(error: Exception) -> errors.Problem:
    if isinstance(error, errors.Problem):
        return error
    if isinstance(error.__cause__, errors.Problem):  # FastAPI makes 400 of whatever ends a body early
        return error.__cause__
    if isinstance(error, RequestValidationError):
        return errors.from_validation(error.errors())
    if not isinstance(error, HTTPException):
        return translate(error) or errors.Internal()
    status, headers = error.status_code, dict(error.headers or {})
    known: dict[int, type[errors.Problem]] = {
        400: errors.MalformedBody,
        404: errors.NotFound,
        405: errors.MethodNotAllowed,
        413: errors.TooLarge,
        415: errors.UnsupportedMediaType,
    }
    found = known.get(status, errors.BadRequest if status < 500 else errors.Internal)
    return found(headers=headers)
