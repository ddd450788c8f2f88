"""Who may do what: every operation by every kind of person."""

from typing import Any

import pytest

from svc_prices.pack import PricesPack
from tests.svc_prices.bazaar import TODAY, Bazaar

ROW = {"commodity": "beras-premium", "price": 15_000}
BATCH = {"market": "anyar", "day": str(TODAY), "rows": [ROW]}
ONE = f"anyar/{TODAY}/beras-premium/retail"
PLAN = {"weekdays": ["monday"], "by": "10:00"}
MARKET = {"name": "Pasar Anyar", "kind": "traditional", "source": "demo"}
COMMODITY = {"name": {"id": "x", "en": "x"}, "category": "rice"}
NEW = {**COMMODITY, "code": "tempe", "unit": "kg", "source": "demo"}
WATCH = {"commodity": "beras-premium", "percent": 10}
PEOPLE = ("guest", "citizen", "editor", "surveyor", "supervisor")
#: Method, path, body, and what guest, citizen, editor, surveyor and supervisor are answered.
MATRIX: list[tuple[str, str, Any, tuple[int, ...]]] = [
    ("GET", "/markets", None, (200, 200, 200, 200, 200)),
    ("GET", "/commodities/minyakita", None, (200, 200, 200, 200, 200)),
    ("GET", "/latest", None, (200, 200, 200, 200, 200)),
    ("GET", "/medians", None, (200, 200, 200, 200, 200)),
    ("GET", "/compare?commodity=minyakita", None, (200, 200, 200, 200, 200)),
    ("GET", "/trend?commodity=minyakita", None, (200, 200, 200, 200, 200)),
    ("GET", "/trend.svg?commodity=minyakita", None, (200, 200, 200, 200, 200)),
    ("GET", "/basket?item=minyakita:2", None, (200, 200, 200, 200, 200)),
    ("GET", "/observations/form?market=anyar", None, (401, 403, 403, 200, 200)),
    ("GET", f"/observations/{ONE}", None, (401, 403, 403, 200, 200)),
    ("GET", f"/observations/{ONE}/history", None, (401, 403, 403, 200, 200)),
    ("GET", "/surveys/today", None, (401, 403, 403, 200, 200)),
    ("GET", "/surveys/plan", None, (401, 403, 403, 200, 200)),
    ("GET", "/reviews", None, (401, 403, 403, 403, 200)),
    ("GET", "/watches", None, (401, 200, 403, 403, 403)),
    ("POST", "/observations", BATCH, (401, 403, 403, 200, 200)),
    ("POST", f"/reviews/{ONE}/approve", {}, (401, 403, 403, 403, 409)),
    ("POST", f"/reviews/{ONE}/reject", {"reason": "x"}, (401, 403, 403, 403, 409)),
    ("POST", "/watches", WATCH, (401, 201, 403, 403, 403)),
    ("POST", "/markets", {**MARKET, "code": "baru"}, (401, 403, 403, 403, 201)),
    ("POST", "/commodities", NEW, (401, 403, 403, 403, 201)),
    ("PUT", "/surveys/plan/bandeng/s-1", PLAN, (401, 403, 403, 403, 200)),
    ("PUT", "/markets/anyar", MARKET, (401, 403, 403, 403, 200)),
    ("PUT", "/commodities/minyakita", COMMODITY, (401, 403, 403, 403, 200)),
    ("DELETE", "/surveys/plan/anyar/s-1", None, (401, 403, 403, 403, 404)),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "answers"), MATRIX, ids=[f"{m} {p.split('?')[0]}" for m, p, _, _ in MATRIX]
)
async def test_each_operation_answers_each_kind_of_person_as_it_should(
    bazaar: Bazaar, method: str, path: str, body: Any, answers: tuple[int, ...]
) -> None:
    await bazaar.price("beras-premium", 15_000)
    given = []
    for name in PEOPLE:
        caller = getattr(bazaar, name)
        answer = (
            await bazaar.get(path, caller)
            if method == "GET"
            else await bazaar.send(caller, path, body, method)
        )
        given.append(answer.status_code)
    assert tuple(given) == answers


async def test_a_market_whose_plan_names_somebody_is_hers_alone(bazaar: Bazaar) -> None:
    plan = "/surveys/plan/anyar/s-surveyor"
    assert (await bazaar.send(bazaar.supervisor, plan, PLAN, "PUT")).status_code == 200
    other = await bazaar.send(bazaar.colleague, "/observations", BATCH)
    assert (other.status_code, other.json()["code"]) == (403, "not_your_market")
    assert (await bazaar.get("/observations/form?market=anyar", bazaar.colleague)).status_code == 404
    assert (await bazaar.send(bazaar.surveyor, "/observations", BATCH)).status_code == 200
    free = {**BATCH, "market": "poris"}
    assert (await bazaar.send(bazaar.colleague, "/observations", free)).status_code == 200
    mine = (await bazaar.get("/surveys/plan", bazaar.colleague)).json()["items"]
    assert mine == []
    await bazaar.send(bazaar.supervisor, plan, None, "DELETE")
    assert (await bazaar.send(bazaar.colleague, "/observations", BATCH)).status_code == 200


async def test_a_surveyor_corrects_what_she_entered_and_nothing_else(bazaar: Bazaar) -> None:
    await bazaar.price("beras-premium", 15_000)
    sent = {"price": 15_100, "reason": "x"}
    other = await bazaar.send(bazaar.colleague, f"/observations/{ONE}", sent, "PATCH")
    assert (other.status_code, other.json()["code"]) == (403, "not_your_entry")
    assert (await bazaar.send(bazaar.supervisor, f"/observations/{ONE}", sent, "PATCH")).status_code == 200


async def test_somebody_elses_watch_is_not_there(bazaar: Bazaar) -> None:
    await bazaar.price("beras-premium", 15_000)
    made = (await bazaar.send(bazaar.citizen, "/watches", WATCH)).json()
    gone = f"/watches/{made['id']}"
    assert (await bazaar.send(bazaar.neighbour, gone, None, "DELETE")).status_code == 404
    assert (await bazaar.get("/watches", bazaar.neighbour)).json()["items"] == []
    assert (await bazaar.send(bazaar.citizen, gone, None, "DELETE")).status_code == 204
    assert (await bazaar.get("/watches", bazaar.citizen)).json()["items"] == []


async def test_what_is_read_by_everybody_names_no_member_of_staff(bazaar: Bazaar) -> None:
    codes = [each.code for each in bazaar.run.part(PricesPack).commodities]
    await bazaar.enter([{"commodity": code, "price": 20_000, "reason": "x"} for code in codes])
    paths = ["/latest?limit=100", "/medians", "/markets", "/commodities", "/alerts"]
    paths += [f"/{name}?commodity=minyakita" for name in ("compare", "trend", "trend.svg")]
    for path in [*paths, "/basket?item=minyakita"]:
        answer = await bazaar.get(path)
        assert answer.status_code == 200
        assert "s-surveyor" not in answer.text
    for name in ("price_published.v1", "survey_completed.v1", "document_published.v1"):
        told = await bazaar.told(name)
        assert told
        assert "s-surveyor" not in str(told)
