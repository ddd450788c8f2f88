"""Lines of CSV, and the Frictionless data package that says what stands in them."""

import csv
import io
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared.replies import holds
from shared.runtime import Runtime
from svc_prices.exchange.rules import PANEL, WFP

TYPE = "text/csv; charset=utf-8"
PATH = "/v1/prices/exports"
#: Frictionless Table Schema: what is no string.
_TYPES = {
    "date": "date",
    "market_id": "integer",
    "latitude": "number",
    "longitude": "number",
    "commodity_id": "integer",
    "price": "integer",
    "usdprice": "number",
    "Timestamp": "date",
    "ID": "integer",
    "Harga": "integer",
    "Harga Kemarin": "integer",
    "Gap": "integer",
    "Gap Persen": "number",
}
_FILES = (("wfp", "wfp.csv", WFP), ("panel-harga", "panel-harga.csv", PANEL))


@dataclass(frozen=True, slots=True)
class Age:
    """The newest day, when its prices were seen, where they come from, and when a day last changed."""

    newest: date | None
    observed_at: datetime | None
    sources: Sequence[str]
    changed_at: datetime | None


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as RFC 4180 writes them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def file(
    request: Request, run: Runtime, name: str, edition: str, content: AsyncGenerator[bytes]
) -> Response:
    """The file as a stream, its beginning read already: a database that is away is a 503, not half a file.

    304 for who holds this edition. Its ETag is weak: pages are read one after the other, so two files of one
    edition may differ where a price changed in between; the edition after that is another one.
    """
    told = _headers(run, name, f'W/"{edition}"')
    if holds(request.headers.get("if-none-match"), f'"{edition}"'):
        await content.aclose()
        return Response(status_code=304, headers=told)
    first = await anext(content)

    async def whole() -> AsyncGenerator[bytes]:
        yield first
        async for part in content:
            yield part

    return StreamingResponse(whole(), 200, told, TYPE)


def _headers(run: Runtime, name: str, etag: str) -> dict[str, str]:
    """What a file says of itself: its edition, name and licence, and where it is described."""
    licence, package = run.texts.get("exports.licence_url", "id"), f"{PATH}/datapackage.json"
    return {
        "ETag": etag,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Link": f'<{licence}>; rel="license", <{package}>; rel="describedby"',
        "Cache-Control": "public, no-cache",
        "X-Content-Type-Options": "nosniff",
    }


def datapackage(
    run: Runtime,
    language: str,
    days: tuple[date, date],
    age: Age,
) -> dict[str, Any]:
    """datapackage.json (Frictionless Data Package 1.0, tabular-data-package) of the files of `days`."""

    def say(key: str) -> str:
        return run.texts.get(f"exports.{key}", language)

    created = {} if age.changed_at is None else {"created": _moment(run, age.changed_at)}
    return {
        "profile": "tabular-data-package",
        "name": f"prices-{run.city.code}",
        "title": say("title").format(city=getattr(run.city.name, language)),
        "description": say("description"),
        "homepage": run.settings.public_url,
        **created,
        "licenses": [{"name": say("licence"), "path": say("licence_url")}],
        "sources": [{"title": _source(run, source, language)} for source in age.sources],
        "temporal": {"start": str(days[0]), "end": str(days[1])},
        "newest_day": None if age.newest is None else str(age.newest),
        "observed_at": _moment(run, age.observed_at),
        "resources": [_resource(run, language, days, *each) for each in _FILES],
    }


def _resource(
    run: Runtime, language: str, days: tuple[date, date], name: str, file_name: str, columns: Sequence[str]
) -> dict[str, Any]:
    path = f"{run.settings.public_url}{PATH}/{file_name}?from={days[0]}&to={days[1]}"
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "title": run.texts.get(f"exports.{name.replace('-', '_')}", language),
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": _schema(columns),
    }


def _moment(run: Runtime, moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(run.city.zone).isoformat(timespec="seconds")


def _source(run: Runtime, code: str, language: str) -> str:
    key = f"source.{code}"
    return run.texts.get(key, language) if run.texts.has(key) else code


def _schema(columns: Sequence[str]) -> dict[str, Any]:
    fields = [{"name": name, "type": _TYPES.get(name, "string")} for name in columns]
    return {"fields": fields, "missingValues": [""]}
