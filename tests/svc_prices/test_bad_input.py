"""Whatever is sent, the answer is a problem a person can act on, never a failure of ours."""

from typing import Any

import pytest

from tests.svc_prices.bazaar import TODAY, Bazaar

ROW = {"commodity": "beras-premium", "price": 15_000}


@pytest.mark.parametrize(
    "path",
    [
        "/trend?commodity=minyakita&to=0001-01-01",
        "/trend?commodity=minyakita&from=9999-12-31",
        "/trend?commodity=minyakita&market=tidak-ada",
        "/trend?commodity=tidak-ada",
        "/trend?commodity=%00",
        "/latest?market=tidak-ada",
        "/latest?level=half",
        "/compare",
        "/basket?item=minyakita:1e9",
        "/basket?" + "&".join(f"item=a{n}:1" for n in range(51)),
        "/markets?cursor=W1siXHVkODAwIiwxXSwiYTQ2ZGYyYmY1ZmQ0Il0",
    ],
)
async def test_a_question_that_cannot_be_answered_says_why(bazaar: Bazaar, path: str) -> None:
    answer = await bazaar.get(path)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1969-12-31", "20260202", "0"])
async def test_a_day_outside_any_calendar_is_refused_everywhere(bazaar: Bazaar, day: str) -> None:
    staff = bazaar.supervisor
    assert (await bazaar.get(f"/surveys/today?day={day}", staff)).status_code == 422
    assert (await bazaar.get(f"/observations/form?market=anyar&day={day}", staff)).status_code == 422
    assert (await bazaar.get(f"/observations/anyar/{day}/minyakita/retail", staff)).status_code == 422
    batch = {"market": "anyar", "day": day, "rows": [ROW]}
    assert (await bazaar.send(staff, "/observations", batch)).status_code == 422


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"price": 100_000_001}, "price"),
        ({"price": 1.5}, "price"),
        ({"price": "15000"}, "price"),
        ({"price": True}, "price"),
        ({"level": "half"}, "level"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"reason": "a\u202eb"}, "reason"),
        ({"observed_at": "0001-01-01T00:00:00+14:00"}, "observed_at"),
        ({"observed_at": 1_770_000_000}, "observed_at"),
        ({"observed_at": "2026-02-02T09:00:00"}, "observed_at"),
        ({"unit": "OR 1=1"}, "unit"),
        ({"commodity": "Beras Premium"}, "commodity"),
    ],
)
async def test_a_row_that_makes_no_sense_names_its_field(
    bazaar: Bazaar, more: dict[str, Any], field: str
) -> None:
    batch = {"market": "anyar", "day": str(TODAY), "rows": [ROW | more]}
    answer = await bazaar.send(bazaar.surveyor, "/observations", batch)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"rows.0.{field}")


async def test_an_oldest_day_is_entered_by_a_supervisor_and_judged_like_any_other(bazaar: Bazaar) -> None:
    batch = {"market": "anyar", "day": "1970-01-01", "rows": [ROW]}
    answer = await bazaar.send(bazaar.supervisor, "/observations", batch)
    assert answer.json()["rows"][0]["outcome"]["code"] == "published"


@pytest.mark.parametrize("by", ["25:00", "9:00", "11:00Z", 3600, "11:00:00+07:00"])
async def test_an_hour_is_a_local_one(bazaar: Bazaar, by: Any) -> None:
    plan = {"weekdays": ["monday"], "by": by}
    answer = await bazaar.send(bazaar.supervisor, "/surveys/plan/anyar/s-1", plan, "PUT")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "by")
