"""clients.yaml of the city pack: front ends the city has, entered once, without keys. A pack may lack it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, cast

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients.models import Client
from gateway.clients.rules import CODE, MOST_BURST, MOST_RATE, Kind, Platform, Type, origin
from gateway.clients.usecases import plant
from shared.city.checks import PackModel, distinct, refers_to, wrong
from shared.city.files import read_yaml
from shared.city.pack import City
from shared.city.problems import Problems
from shared.runtime import Runtime
from shared.seeds import Row, Seed

FILE = "clients.yaml"
_COLUMNS = ("code", "name", "kind", "type", "platform", "owner", "contact_office", "rate_per_second", "burst")


def _origin(text: str) -> str:
    try:
        return origin(text, local=False)
    except ValueError as error:
        raise wrong(str(error)) from error


class PackClient(PackModel):
    """One front end; `source` says who vouches that it exists. It gets its key from an administrator."""

    code: Annotated[str, StringConstraints(pattern=CODE)]
    name: Annotated[str, Field(max_length=200)]
    kind: Kind = "front_end"
    type: Type
    platform: Platform | None = None
    owner: Annotated[str, refers_to("agency", "agencies.yaml")]
    contact_office: Annotated[str, Field(max_length=200)] | None = None
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    rate_per_second: float = Field(default=500, gt=0, le=MOST_RATE)
    burst: int = Field(default=1_000, ge=1, le=MOST_BURST)
    source: str


class PackClients(PackModel):
    """clients.yaml."""

    clients: Annotated[tuple[PackClient, ...], distinct("code")] = ()


def load_clients(city: City) -> Sequence[PackClient]:
    """The pack's front ends, none without the file; PackError with file and line."""
    path, problems = city.folder / FILE, Problems()
    if not path.exists():
        return ()
    file = read_yaml(path, PackClients, problems, city.known())
    if problems or file is None:
        raise problems.error()
    return file.value.clients


def check_clients(city: City) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For `make check-city`: (file, what is there) and (file, what is weak)."""
    listed = load_clients(city)
    if not listed:
        return [], [(FILE, "no front ends: administrators register each one")]
    doubtful = [each.code for each in listed if each.source == "unverified"]
    weak = [(FILE, f"{len(doubtful)} unverified: {', '.join(doubtful[:6])}")] if doubtful else []
    return [(FILE, f"{len(listed)} front ends, without keys")], weak


def _rows(run: Runtime) -> Sequence[Row]:
    return [
        {**{name: getattr(each, name) for name in _COLUMNS}, "origins": list(each.origins)}
        for each in load_clients(run.city)
    ]


async def _plant(session: AsyncSession, run: Runtime, missing: Sequence[Row], now: datetime) -> None:
    for row in missing:
        await plant(session, **row, now=now)


SEEDS = (Seed(FILE, cast(Table, Client.__table__), "code", _rows, _plant),)
