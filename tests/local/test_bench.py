"""What `make bench` left out stands in its table all the same."""

import pytest

from tests.bench.__main__ import FIGURES, IN_TOWN, USUAL, _tried, bench
from tests.bench.figures import LINES, Row, table, unmeasured
from tests.bench.passing import _row


def test_every_wanted_figure_has_a_row_whatever_was_measured() -> None:
    assert [row.what for row in unmeasured(())] == [line.what for line in LINES]
    printed = str(table(unmeasured(USUAL)))
    for left in ("sign-in of 1,062,235", "my requests of 3,000,000", "of 10,000,000", "search of 500,000"):
        assert left in printed
    assert "make bench ARGS=loaded" in printed
    assert "make bench SOAK=3600" in printed


def test_every_wanted_figure_is_measured_by_a_part_that_there_is() -> None:
    parts = {*FIGURES, *IN_TOWN, "hour"}
    assert [line.what for line in LINES if line.part not in parts] == []
    assert unmeasured(parts) == []


def test_a_peer_that_is_not_here_has_a_row() -> None:
    row = _row("caddy", 1.0, True, {"gateway": [{"rate": 1_000.0}]})
    assert (row.ours, row.met) == ("1,000/s", None)
    assert "no caddy here" in row.peers


async def test_a_part_that_breaks_says_so_and_costs_no_other_its_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def breaks() -> list[Row]:
        raise RuntimeError("the upstream is away")

    [row] = await _tried("passing", breaks())
    assert (row.what, row.met) == ("passing", False)
    assert "the upstream is away" in capsys.readouterr().err


async def test_a_small_run_measures_what_it_is_asked_for_on_processes_of_its_own() -> None:
    told = str((await bench(["cached", "purges"], seconds=0.3, rounds=1))[-1])
    assert "purge by event, 100 changes" in told
    assert "broke" not in told
    cached = next(line for line in told.splitlines() if "bare uvicorn" in line and "us CPU" not in line)
    assert int(cached.split()[2].removesuffix("/s").replace(",", "")) > 0
