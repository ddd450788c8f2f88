"""What people send to prices, news and tourism: bodies that are taken, all of them marked demo."""

from datetime import date
from typing import Any

CENTRE = {"lat": -6.1823, "lon": 106.6358}
"""The middle of Sukasari, 36.71.01.1007."""
RICE, OIL = "beras-premium", "minyakita"


def both(words: str) -> dict[str, str]:
    """A text in both languages."""
    return {"id": f"Demo: {words}", "en": f"Demo: {words}"}


def batch(market: str, day: date, **prices: int) -> dict[str, Any]:
    """One market's prices of a day; each with a reason, so that a large change is taken."""
    rows = [
        {"commodity": name.replace("_", "-"), "price": price, "reason": "demo: diperiksa ulang"}
        for name, price in prices.items()
    ]
    return {"market": market, "day": str(day), "rows": rows}


def article(kind: str = "news", **more: Any) -> dict[str, Any]:
    """A draft; an event of the agenda next Saturday where `kind` says so."""
    words = {"title": both("taman kota"), "summary": both("taman baru"), "body": both("**taman** dibuka")}
    event = {
        "starts_at": "2026-02-07T19:00:00+07:00",
        "place": "Demo: alun-alun",
        "point": CENTRE,
        "organiser": "Demo: dinas",
    }
    return {"kind": kind, **words, **({"event": event} if kind == "agenda" else {}), **more}


def source(code: str) -> dict[str, Any]:
    """A source that nobody visits; no two have one address."""
    return {
        "code": code,
        "name": "Demo: kantor berita",
        "url": f"https://kota.example/{code}.rss",
        "kind": "agency",
        "attribution": "Demo",
        "active": False,
    }


def place(words: str = "museum", **more: Any) -> dict[str, Any]:
    """A museum in Sukasari."""
    return {
        "category": "museum",
        "status": "published",
        "name": both(words),
        "description": both("benda lama"),
        "point": CENTRE,
        "hours": "Selasa-Minggu 09.00-15.00; Senin tutup",
        "source": "demo",
    } | more


def dataset() -> dict[str, Any]:
    """A data set of another agency."""
    form = {"title": both("tabel"), "media_type": "text/csv", "access_url": "https://data.example/a.csv"}
    return {
        "agency": "dishub",
        "title": both("halte"),
        "description": both("letak halte"),
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "landing_page": "https://data.example/halte",
        "frequency": "annual",
        "distributions": [form],
    }


def itinerary(*places: str) -> dict[str, Any]:
    """A day in town."""
    return {"title": "Demo: sehari", "stops": [{"place_id": each, "note": "demo"} for each in places]}


def review(words: str = "bersih") -> dict[str, Any]:
    """Four stars."""
    return {"rating": 4, "text": f"Demo: {words}"}


def watch(**more: Any) -> dict[str, Any]:
    """Rice, city-wide."""
    return {"commodity": RICE, "percent": 10, **more}


PLAN = {"weekdays": ["monday", "tuesday"], "by": "10:00"}
MARKET = {"name": "Pasar Anyar", "kind": "traditional", "source": "demo"}
COMMODITY = {"name": both("beras"), "category": "rice"}
WFP = "date,market,commodity,unit,priceflag,pricetype,currency,price\n"
WFP += "2026-01-05,Pasar Anyar,Minyakita,L,actual,Retail,IDR,15700\n"
WHY = {"reason": both("sumbernya keliru")}
