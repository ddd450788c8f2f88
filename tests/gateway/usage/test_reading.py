"""Usage as administrators read it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.clock import ManualClock

_ROWS = """
INSERT INTO client_usage
SELECT 'c' || lpad(n::text, 3, '0'), DATE '2026-02-02' - d, 'web', '', 10 * n + d, 1, 0, 0, 100,
    TIMESTAMPTZ '2026-02-02T02:00:00Z' - make_interval(days => d)
FROM generate_series(1, 12) AS n, generate_series(0, 39) AS d
"""


async def test_days_and_versions_of_a_front_end(
    worker: Any, admin: Callable[[], dict[str, str]], clock: ManualClock
) -> None:
    for version in ("1.9", "1.10", "1.10"):
        await worker.ask(**{"X-App-Platform": "android", "X-App-Version": version})
    await worker.ledger.flush()
    clock.advance(timedelta(days=2))
    await worker.ledger.flush()
    await worker.ask()
    await worker.ledger.flush()
    read = (await worker.client.get("/v1/admin/clients/counted/usage", headers=admin())).json()
    assert (read["since"], read["until"]) == ("2026-01-06", "2026-02-04")
    assert [(d["day"], d["requests"], d["refused"]) for d in read["days"]] == [
        ("2026-02-02", 3, 3),
        ("2026-02-04", 1, 1),
    ]
    assert [(s["platform"], s["version"], s["requests"]) for s in read["seen"]] == [
        ("android", "1.10", 2),
        ("android", "1.9", 1),
        ("other", None, 1),
    ]
    detail = (await worker.client.get("/v1/admin/clients/counted", headers=admin())).json()
    assert (detail["usage"], detail["seen"]) == (read["days"], read["seen"])
    assert detail["last_used_at"] == "2026-02-04T09:00:00+07:00"
    listed = (await worker.client.get("/v1/admin/clients", headers=admin())).json()
    assert listed["items"][0]["last_used_at"] == "2026-02-04T09:00:00+07:00"


async def test_a_period_is_bounded_and_runs_forwards(
    worker: Any, admin: Callable[[], dict[str, str]]
) -> None:
    path = "/v1/admin/clients/counted/usage"

    async def asked(**period: str) -> Any:
        return (await worker.client.get(path, params=period, headers=admin())).json()

    assert (await asked(**{"from": "2026-02-02", "to": "2026-01-01"}))["errors"][0][
        "code"
    ] == "range_backwards"
    long = await asked(**{"from": "0001-01-01", "to": "9999-12-31"})
    assert (long["since"], long["until"]) == ("2024-12-30", "2026-02-02")
    early = await asked(to="0001-01-05")
    assert (early["since"], early["until"], early["days"]) == ("0001-01-01", "0001-01-05", [])
    missing = await worker.client.get("/v1/admin/clients/nobody/usage", headers=admin())
    assert missing.status_code == 404


async def test_the_busiest_of_a_day_come_first_page_by_page(
    worker: Any, admin: Callable[[], dict[str, str]]
) -> None:
    async with worker.run.database.transaction() as session:
        await session.execute(text(_ROWS))
        await session.execute(text("UPDATE client_usage SET requests = 50 WHERE client IN ('c003', 'c004')"))
    found: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    while True:
        asked = {"day": "2026-02-01", "limit": "5", **cursor}
        page = (await worker.client.get("/v1/admin/usage", params=asked, headers=admin())).json()
        found += [(item["client"], item["requests"]) for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(found) == 12
    assert found == sorted(found, key=lambda each: (-each[1], each[0]))
    other_day = await worker.client.get("/v1/admin/usage", params={**cursor, "limit": "5"}, headers=admin())
    assert other_day.json()["code"] == "bad_cursor"


@pytest.mark.parametrize("day", ["2026-02-31", "yesterday", "1e9"], ids=["no such day", "a word", "a number"])
async def test_a_day_is_written_as_rfc_3339_says(
    worker: Any, admin: Callable[[], dict[str, str]], day: str
) -> None:
    answer = await worker.client.get("/v1/admin/usage", params={"day": day}, headers=admin())
    assert answer.status_code == 422
