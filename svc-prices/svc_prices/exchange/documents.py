"""Lines of CSV, and the Frictionless data package that says what stands in them."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

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


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as RFC 4180 writes them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def headers(run: Runtime, name: str) -> dict[str, str]:
    """What a file says of itself: its name, its licence, where it is described."""
    licence, package = run.texts.get("exports.licence_url", "id"), f"{PATH}/datapackage.json"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Link": f'<{licence}>; rel="license", <{package}>; rel="describedby"',
        "Cache-Control": "public, max-age=300",
        "X-Content-Type-Options": "nosniff",
    }


def datapackage(
    run: Runtime,
    language: str,
    days: tuple[date, date],
    age: tuple[date | None, str | None],
    sources: Sequence[str],
) -> dict[str, Any]:
    """datapackage.json (Frictionless Data Package 1.0, profile tabular-data-package).

    `days` are those of its files; `age` the newest day with prices, and when they were seen.
    """

    def say(key: str) -> str:
        return run.texts.get(f"exports.{key}", language)

    query = f"?from={days[0]}&to={days[1]}"
    return {
        "profile": "tabular-data-package",
        "name": f"prices-{run.city.code}",
        "title": say("title").format(city=getattr(run.city.name, language)),
        "description": say("description"),
        "homepage": run.settings.public_url,
        "created": run.clock.now().astimezone(run.city.zone).isoformat(timespec="seconds"),
        "licenses": [{"name": say("licence"), "path": say("licence_url")}],
        "sources": [{"title": _source(run, source, language)} for source in sources],
        "temporal": {"start": str(days[0]), "end": str(days[1])},
        "newest_day": None if age[0] is None else str(age[0]),
        "observed_at": age[1],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": name,
                "title": say(name.replace("-", "_")),
                "path": f"{run.settings.public_url}{PATH}/{file}{query}",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": _schema(columns),
            }
            for name, file, columns in _FILES
        ],
    }


def _source(run: Runtime, code: str, language: str) -> str:
    key = f"source.{code}"
    return run.texts.get(key, language) if run.texts.has(key) else code


def _schema(columns: Sequence[str]) -> dict[str, Any]:
    fields = [{"name": name, "type": _TYPES.get(name, "string")} for name in columns]
    return {"fields": fields, "missingValues": [""]}
