"""A service with no tables of its own (svc-news' empty frame) to try the plumbing on."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import Field
from sqlalchemy import func, select, text

from deploy.local.nats import Broker
from shared import timers
from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.clock import ManualClock
from shared.db import Db
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import In, Out, Point, Text
from shared.settings import Settings
from shared.tables import due
from shared.testing import Keys, in_process

router = CityRouter(prefix="/v1/news")
SERVICE = Service(name="svc-news", package="svc_news", title="A service to try", routers=[router])


class NoteIn(In):
    id: str | None = None
    words: Text = Field(max_length=20)
    place: Point | None = None


class NoteOut(Out):
    count: int


@router.post("/notes", status_code=201, openapi_extra=x_city(idempotency="required"))
async def add_note(
    body: NoteIn, session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone, Citizen)]
) -> NoteOut:
    """Leaves a row behind (a timer), so that a test can count effects."""
    count = await session.scalar(select(func.count()).select_from(due)) or 0
    await timers.schedule(session, "note", f"n{count}", run.clock.now() + timedelta(days=1))
    if body.words == "fail":
        raise RuntimeError("after the effect")
    return NoteOut(count=count + 1)


@router.post("/plain", include_in_schema=False)
async def plain(session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> NoteOut:
    """A write without a key."""
    await timers.schedule(session, "note", "plain", run.clock.now())
    return NoteOut(count=1)


@router.get("/slow")
async def slow(session: Db, caller: Annotated[Caller, Allow(Anyone)]) -> NoteOut:
    """Waits in the database longer than any deadline."""
    await session.execute(text("SELECT pg_sleep(5)"))
    return NoteOut(count=0)


@router.get("/staff")
async def staff_only(caller: Annotated[Caller, Allow(Staff("editor"))]) -> NoteOut:
    """For editors."""
    return NoteOut(count=1)


@pytest.fixture(scope="module")
def make_app(databases: Any, settings_for: Callable[..., Settings]) -> Callable[..., FastAPI]:
    """`make_app(clock, service=…, **settings)`: each call has a database of its own unless one is given."""

    def make(clock: ManualClock, service: Service = SERVICE, **more: Any) -> FastAPI:
        url = more.pop("database_url", None) or databases.new("svc_news")
        return build_app(service, settings_for(Settings, url, **more), clock)

    return make


@pytest.fixture
async def app(make_app: Callable[..., FastAPI], clock: ManualClock) -> AsyncIterator[FastAPI]:
    """The frame with a database of its own and no broker."""
    made = make_app(clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Calls the app in process."""
    async with in_process(app) as made:
        yield made


@pytest.fixture
def as_caller(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """Headers of a caller as the gateway would send them."""

    def headers(kind: str = "citizen", sub: str = "c1", **more: Any) -> dict[str, str]:
        return keys.identity(Caller(kind=kind, sub=sub, **more), "svc-news", clock.now())

    return headers


@pytest.fixture
def nats_url(broker: Broker) -> str:
    """The broker's address."""
    return broker.url()
