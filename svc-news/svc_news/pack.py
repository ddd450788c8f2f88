"""The city-pack file of this service: whose news is collected at first. A pack may do without."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, cast

from pydantic import Field
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from shared.city.checks import Code, PackModel, distinct, refers_to
from shared.city.files import read_yaml
from shared.city.pack import City
from shared.city.problems import Problems
from shared.runtime import Runtime
from shared.seeds import Row, Seed
from svc_news.sources.rules import Kind
from svc_news.sources.usecases import Source, made

FILE = "news-sources.yaml"
_COLUMNS = ("code", "name", "url", "home_url", "kind", "attribution", "district", "tags", "interval_minutes")
_WEB = r"^https?://[^\s@]+$"


class PackSource(PackModel):
    """One source; `source` says who vouches for the address, and an unverified one is not visited."""

    code: Code
    name: str
    url: Annotated[str, Field(pattern=_WEB, max_length=2_000)]
    home_url: Annotated[str, Field(pattern=_WEB, max_length=2_000)] | None = None
    kind: Kind
    attribution: str
    district: Annotated[str, refers_to("area", "areas.csv")] | None = None
    tags: tuple[Code, ...] = ()
    interval_minutes: int = Field(default=60, ge=15, le=1_440)
    active: bool = True
    source: str


class NewsSources(PackModel):
    """news-sources.yaml."""

    sources: Annotated[tuple[PackSource, ...], distinct("code"), distinct("url")] = ()


def load_sources(city: City) -> Sequence[PackSource]:
    """The pack's sources, none without the file; PackError with file and line."""
    path, problems = city.folder / FILE, Problems()
    if not path.exists():
        return ()
    file = read_yaml(path, NewsSources, problems, city.known())
    if file is None:
        raise problems.error()
    for index, each in enumerate(file.value.sources):
        if each.active and each.source == "unverified":
            file.source.add(
                problems, "an unverified address must be active: false", "sources", index, "active"
            )
    if problems:
        raise problems.error()
    return file.value.sources


def check(city: City) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For `make check-city`: (file, what is there) and (file, what is weak); PackError as on loading."""
    listed = load_sources(city)
    idle = [each.code for each in listed if not each.active]
    weak = [(FILE, f"{len(idle)} sources switched off: {', '.join(idle[:6])}")] if idle else []
    if not listed:
        return [], [(FILE, "no sources: the newsroom adds them, or nothing is collected")]
    return [(FILE, f"{len(listed)} news sources")], weak


def _rows(run: Runtime) -> Sequence[Row]:
    return [
        {**{name: getattr(each, name) for name in _COLUMNS}, "kind": each.kind.value, "tags": list(each.tags)}
        for each in load_sources(run.city)
    ]


async def _plant(session: AsyncSession, run: Runtime, missing: Sequence[Row], now: datetime) -> None:
    said = {each.code: each for each in load_sources(run.city)}
    for row in missing:
        each = said[row["code"]]
        session.add(made({**row, "active": each.active}, each.source, now))


SEEDS = (Seed(FILE, cast(Table, Source.__table__), "code", _rows, _plant),)
