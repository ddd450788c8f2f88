"""Large files by command: part by part, begun again after a crash, nothing lost and nothing twice."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from shared.testing import Keys, in_process
from svc_prices.exchange.usecases import chosen, filing, import_path
from svc_prices.observations.models import DailyPrice, LatestPrice, Observation
from tests.svc_prices.exchange.conftest import WFP_HEADER, Exchange, wfp

Import = Callable[..., Any]


@pytest.fixture
async def lasting(app: Any, keys: Keys, clock: Any) -> AsyncIterator[Exchange]:
    """Whose transactions really commit; what they wrote is deleted in the end."""
    async with in_process(app) as client:
        yield Exchange(app, client, keys, clock)
    async with app.state.runtime.database.transaction() as session:
        for table in (Observation, DailyPrice, LatestPrice):
            await session.execute(delete(table))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part ends after ten rows."""
    for name in ("ROWS", "JUDGED_ROWS"):
        monkeypatch.setattr(filing, name, 10)


def file_of(folder: Path, exchange: Exchange, rows: int) -> Path:
    file = folder / "prices.csv"
    file.write_text(wfp((exchange.ago(n), "anyar", "beras", 15_000 + n % 7) for n in range(rows)))
    return file


@pytest.mark.usefixtures("small_parts")
async def test_progress_is_told_part_by_part_and_the_result_is_a_table(
    lasting: Exchange, tmp_path: Path
) -> None:
    file, said = file_of(tmp_path, lasting, 35), []
    with file.open("a") as more:
        more.write(f"\n{lasting.ago(40)},anyar,Emas,KG,actual,Retail,IDR,1\n")
    assert await import_path(lasting.run, chosen([str(file), "--historical"]), said.append) == 1
    assert [line.split()[0] for line in said[:4]] == ["10", "20", "30", "36"]
    assert [" ".join(line.split()) for line in said[4:]] == [
        "rows 36",
        "published 35",
        "not available 0",
        "held 0",
        "unchanged 0",
        "refused 1",
        "commodity 1",
        "line 37, commodity: commodity",
    ]
    assert await import_path(lasting.run, chosen([str(file)]), said.append) == 1
    assert "unchanged 35" in [" ".join(line.split()) for line in said]


@pytest.mark.usefixtures("small_parts")
async def test_a_crash_in_the_middle_loses_and_doubles_nothing(
    lasting: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, parts, take = file_of(tmp_path, lasting, 35), [], filing.take

    async def dies(*args: Any) -> None:
        await take(*args)
        parts.append(args)
        if len(parts) == 3:
            raise KeyboardInterrupt  # written, not committed

    monkeypatch.setattr(filing, "take", dies)
    with pytest.raises(KeyboardInterrupt):
        await import_path(lasting.run, chosen([str(file)]), str)
    assert len(await lasting.rows(Observation)) == len(await lasting.rows(DailyPrice)) == 20
    monkeypatch.undo()
    assert await import_path(lasting.run, chosen([str(file)]), str) == 0
    assert len(await lasting.rows(Observation)) == len(await lasting.rows(DailyPrice)) == 35
    (latest,) = await lasting.rows(LatestPrice)
    assert (latest.day, latest.price) == (lasting.today, 15_000)


async def test_a_file_that_cannot_be_read_ends_the_command_with_its_line(
    lasting: Exchange, tmp_path: Path
) -> None:
    file = tmp_path / "prices.csv"
    for content, said in (
        (b"a,b\n", "line 1 "),
        (f'{WFP_HEADER}\na\n"{"x" * 200_000}"\n'.encode(), "line 3 "),
        (b"", "line 1 "),
    ):
        file.write_bytes(content)
        with pytest.raises(SystemExit, match=said):
            await import_path(lasting.run, chosen([str(file)]), str)
    file.write_text("Timestamp,Komoditas,Satuan,Harga\n")
    with pytest.raises(SystemExit, match="nowhere"):
        await import_path(lasting.run, chosen([str(file), "--market", "nowhere"]), str)
