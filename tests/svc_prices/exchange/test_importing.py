"""Files in: what is taken, what is refused and why, zeros, outliers, the same file twice."""

import asyncio
from datetime import date, timedelta

from shared.testing import QueryRecorder
from svc_prices.exchange.rules import Known, Reader
from svc_prices.exchange.usecases import Declared, Report
from svc_prices.exchange.usecases.importing import parts
from svc_prices.markets.models import Market
from svc_prices.observations.models import DailyPrice, LatestPrice, Observation
from tests.svc_prices.exchange.conftest import WFP_HEADER, Exchange, panel, wfp


async def test_each_row_is_taken_or_refused_with_line_column_and_reason(exchange: Exchange) -> None:
    day = exchange.ago(3)
    body = await exchange.take(
        "\n".join(
            [
                WFP_HEADER,
                f"{day},Pasar Anyar,Beras Premium,KG,actual,Retail,IDR,15000",
                f"{day},Pasar Anyar,Cabai Rawit Merah,KG,actual,Retail,IDR,0",
                f"{day},anyar,garam,Karung,actual,Retail,IDR,250000",
                f"{day},Pasar Lain,Beras Premium,KG,actual,Retail,IDR,15000",
                f"{day},Pasar Anyar,Beras Premium,KG,actual,Retail,IDR,15000",
                f"{day},Pasar Anyar,Beras Premium,KG,actual,Retail,IDR,16000",
                f"{day},Pasar Anyar,Beras Premium",
            ]
        )
    )
    assert body["format"] == "wfp"
    assert (body["published"], body["not_available"], body["unchanged"], body["refused"]) == (1, 1, 1, 4)
    assert [(each["line"], each["column"], each["reason"]["code"]) for each in body["refusals"]] == [
        (4, "unit", "unit"),
        (5, "market", "market"),
        (7, "", "twice"),
        (8, "", "cells"),
    ]
    assert body["refusals"][1]["reason"]["label"].startswith("Pasar tidak dikenal")
    assert sum(each["count"] for each in body["reasons"]) == 4


async def test_a_zero_is_kept_as_not_available_and_never_averaged(exchange: Exchange) -> None:
    day = exchange.ago(3)
    await exchange.take(
        wfp([(day, "anyar", "beras", 15_000), (day, "poris", "beras", 0), (day, "poris", "cabai", 0)])
    )
    states = {(row.market_id, row.commodity_id): row.state for row in await exchange.rows(Observation)}
    assert states == {(1, 1): "price", (2, 1): "not_available", (2, 2): "not_available"}
    (daily,) = await exchange.rows(DailyPrice)
    assert (daily.commodity_id, daily.median, daily.lowest, daily.markets) == (1, 15_000, 15_000, 1)
    (latest,) = await exchange.rows(LatestPrice)
    assert (latest.market_id, latest.price, latest.source) == (1, 15_000, "import")


async def test_the_same_file_twice_has_one_effect_also_at_the_same_time(exchange: Exchange) -> None:
    file = wfp((exchange.ago(n), "anyar", "beras", 15_000 + n) for n in range(20))
    first, again = await exchange.take(file), await exchange.take(file)
    assert (first["published"], again["published"], again["unchanged"]) == (20, 0, 20)
    assert first["file"] == again["file"]
    assert len(await exchange.rows(Observation)) == 20
    (told,) = await exchange.events("observations_imported.v1")
    assert (told["published"], told["first_day"]) == (20, str(exchange.ago(19)))


async def test_sent_again_with_the_same_key_it_is_answered_the_same(exchange: Exchange) -> None:
    file = wfp([(exchange.ago(1), "anyar", "beras", 15_000)])
    first = await exchange.send(file, **{"Idempotency-Key": "the-same-key-1"})
    again = await exchange.send(file, **{"Idempotency-Key": "the-same-key-1"})
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await exchange.send(f"{file}\n", **{"Idempotency-Key": "the-same-key-1"})
    assert other.json()["code"] == "idempotency_key_reused"


async def test_what_is_on_record_is_never_changed_by_a_file(exchange: Exchange) -> None:
    day = exchange.ago(1)
    await exchange.take(wfp([(day, "anyar", "beras", 15_000), (day, "anyar", "cabai", 0)]))
    body = await exchange.take(wfp([(day, "anyar", "beras", 15_500), (day, "anyar", "cabai", 40_000)]))
    assert [each["reason"]["code"] for each in body["refusals"]] == ["differs", "differs"]
    assert {row.price for row in await exchange.rows(Observation)} == {15_000, None}


async def test_a_tenfold_slip_is_held_and_nowhere_to_be_seen(exchange: Exchange) -> None:
    days = [(exchange.ago(30 - n), "anyar", "beras", 15_000 + 100 * (n % 3)) for n in range(30)]
    body = await exchange.take(wfp([*days[:20], (days[20][0], "anyar", "beras", 150_000), *days[21:]]))
    assert (body["published"], body["held"]) == (29, 1)
    (held,) = [row for row in await exchange.rows(Observation) if row.status == "held"]
    assert (held.day, held.held_for) == (days[20][0], "far_from_median")
    assert max(row.highest for row in await exchange.rows(DailyPrice)) == 15_200
    assert "150000" not in (await exchange.get("/exports/wfp.csv")).text
    assert [each["held_for"] for each in await exchange.events("price_held.v1")] == ["far_from_median"]


async def test_a_file_is_judged_by_what_was_published_before_on_the_market_or_in_the_city(
    exchange: Exchange,
) -> None:
    await exchange.take(wfp((exchange.ago(30 - n), "anyar", "beras", 15_000) for n in range(5)))
    own = await exchange.take(wfp([(exchange.ago(20), "anyar", "beras", 45_000)]))
    city = await exchange.take(wfp([(exchange.ago(20), "poris", "beras", 45_000)]))
    unknown = await exchange.take(wfp([(exchange.ago(20), "poris", "cabai", 45_000)]))
    assert [each["held"] for each in (own, city, unknown)] == [1, 1, 0]


async def test_a_file_declared_historical_is_published_with_its_jumps(exchange: Exchange) -> None:
    days = [(exchange.ago(30 - n), "anyar", "beras", 15_000 * (1 + 9 * (n == 15))) for n in range(30)]
    body = await exchange.take(wfp(days), "?historical=true")
    assert (body["published"], body["held"], body["historical"]) == (30, 0, True)
    reasons = {row.reason for row in await exchange.rows(Observation)}
    assert reasons == {f"import {body['file'][:16]}, historical"}


async def test_a_late_file_leaves_the_newest_price_as_it_is(exchange: Exchange) -> None:
    await exchange.take(wfp([(exchange.ago(1), "anyar", "beras", 16_000)]))
    await exchange.take(wfp([(exchange.ago(9), "anyar", "beras", 15_000)]))
    (latest,) = await exchange.rows(LatestPrice)
    assert (latest.price, latest.previous_price) == (16_000, 15_000)


async def test_every_day_and_every_market_of_a_file_is_condensed(exchange: Exchange) -> None:
    goods = ("beras", "cabai", "garam")
    file = [
        (exchange.ago(n), place, thing, 10_000 + 1_000 * g + 7 * n + 300 * m)
        for n in range(30)
        for m, place in enumerate(("anyar", "poris"))
        for g, thing in enumerate(goods)
    ]
    assert (await exchange.take(wfp(file)))["published"] == 180
    daily = {(row.commodity_id, row.day): row for row in await exchange.rows(DailyPrice)}
    assert len(daily) == 90
    for (commodity, day), row in daily.items():
        lower = 9_000 + 1_000 * commodity + 7 * (exchange.today - day).days
        assert (row.lowest, row.median, row.highest, row.markets) == (lower, lower + 150, lower + 300, 2)
    latest = {
        (row.market_id, row.commodity_id): (row.price, row.previous_price)
        for row in await exchange.rows(LatestPrice)
    }
    assert latest == {
        (m + 1, g + 1): (10_000 + 1_000 * g + 300 * m, 10_007 + 1_000 * g + 300 * m)
        for m in (0, 1)
        for g in range(3)
    }


async def test_a_panel_belongs_to_the_market_it_is_sent_for(exchange: Exchange) -> None:
    file = panel([(exchange.ago(1), "Beras Premium", 16_000), (exchange.ago(1), "Garam Konsumsi", 0)])
    body = await exchange.take(file, "?market=poris")
    assert (body["format"], body["published"], body["not_available"]) == ("panel_harga", 1, 1)
    assert {row.market_id for row in await exchange.rows(Observation)} == {2}
    nowhere = await exchange.take(file)
    assert nowhere["refused"] == 2
    unknown = await exchange.send(file, "?market=lain")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "market")


async def test_what_is_no_file_of_ours_is_refused_as_a_whole(exchange: Exchange) -> None:
    for content in (b"", b"a,b\n1,2", WFP_HEADER.encode("utf-16"), b"\x00"):
        answer = await exchange.send(content)
        assert (answer.status_code, answer.json()["code"]) == (422, "import_unreadable"), content
    huge = await exchange.send(f'{WFP_HEADER}\n"{"x" * 200_000}"')
    assert huge.json()["code"] == "import_unreadable"
    assert (await exchange.send(WFP_HEADER, **{"Content-Type": "application/json"})).status_code == 415
    assert (await exchange.send(b"x" * (4 * 1_048_576 + 1))).status_code == 413
    assert await exchange.rows(Observation) == []


async def test_letters_that_are_no_utf_8_spoil_their_row_alone(exchange: Exchange) -> None:
    good = wfp([(exchange.ago(1), "anyar", "beras", 15_000), (exchange.ago(1), "poris", "x", 15_000)])
    answer = await exchange.send(good.encode().replace(b",x,", b",Caf\xe9,"))
    assert [(each["line"], each["column"]) for each in answer.json()["refusals"]] == [(3, "commodity")]


async def test_a_file_over_many_days_belongs_into_the_command(exchange: Exchange) -> None:
    file = wfp((exchange.ago(n), "anyar", "beras", 15_000) for n in range(401))
    answer = await exchange.send(file)
    assert (answer.status_code, answer.json()["code"]) == (422, "import_too_many_days")
    assert "400" in answer.json()["detail"]
    assert (await exchange.take(file, "?historical=true"))["published"] == 401
    most = wfp((exchange.ago(n), "anyar", "beras", 15_000) for n in range(400))
    assert (await exchange.take(most))["unchanged"] == 400


async def test_of_two_markets_with_one_name_a_file_means_the_one_that_is_open(exchange: Exchange) -> None:
    """A market was closed and built anew under its old name; whichever the table has last."""
    headers = exchange.headers(exchange.supervisor) | {"Idempotency-Key": "demo-anyar-baru"}
    new = {"name": "Pasar Anyar", "kind": "traditional", "source": "demo", "code": "anyar-baru"}
    assert (await exchange.client.post("/v1/prices/markets", json=new, headers=headers)).status_code == 201
    old = {**new, "active": False}
    del old["code"]
    assert (await exchange.client.put("/v1/prices/markets/anyar", json=old, headers=headers)).is_success
    await exchange.take(wfp([(exchange.ago(1), "Pasar Anyar", "beras", 15_000)]))
    codes = {row.id: row.code for row in await exchange.rows(Market)}
    assert [codes[row.market_id] for row in await exchange.rows(Observation)] == ["anyar-baru"]


async def test_only_a_supervisor_sends_files(exchange: Exchange) -> None:
    assert (await exchange.send(WFP_HEADER, caller=exchange.surveyor)).status_code == 403
    assert (await exchange.send(WFP_HEADER, caller=exchange.guest)).status_code == 401


async def test_a_file_costs_the_same_statements_whatever_its_length(exchange: Exchange) -> None:
    counted = []
    for offset, length in ((0, 9), (4, 900)):
        with QueryRecorder().on(exchange.run.database) as recorder:
            file = wfp(
                (exchange.ago(offset + n // 3), "anyar", ("beras", "cabai", "garam")[n % 3], 9_000)
                for n in range(length)
            )
            assert (await exchange.take(file))["published"] == length
        counted.append(len(recorder))
    assert counted[0] == counted[1] <= 20, counted


async def test_others_are_served_while_a_file_is_read() -> None:
    """Reading alone, without a database to wait for: every thousand rows somebody else has a turn."""
    header = WFP_HEADER.split(",")
    reader = Reader(header, Known({}, {}), date(2026, 2, 2), None)
    report = Report(Declared("s-1", "digest"), reader.format)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    rows = ((line, [""] * len(header)) for line in range(2, 10_002))
    (only,) = [part async for part in parts(reader, rows, report, 50_000, 400)]
    other.cancel()
    assert (len(only.rows), report.refused) == (0, 10_000)
    assert turns >= 10


async def test_an_import_is_seen_at_noon_of_its_day_and_never_in_the_future(exchange: Exchange) -> None:
    await exchange.take(
        wfp([(exchange.today, "anyar", "beras", 15_000), (exchange.ago(1), "anyar", "beras", 15_000)])
    )
    seen = sorted(row.observed_at for row in await exchange.rows(Observation))
    assert seen == [exchange.clock.now() - timedelta(hours=21), exchange.clock.now()]
