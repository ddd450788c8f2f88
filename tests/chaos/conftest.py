"""The kill test that the tests of this folder look at; its report is shown at the end of the whole run."""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.chaos.checks.mismatch import Mismatch
from tests.chaos.comparing import compare
from tests.chaos.running import Plan, Ran, run
from tests.chaos.telling import told
from tests.chaos.town import Town, running_town

_REPORT = pytest.StashKey[str]()


@dataclass
class Aftermath:
    """A town after a kill test, still running; nobody writes any more."""

    town: Town
    ran: Ran
    mismatches: list[Mismatch]


@pytest.fixture(scope="module")
async def aftermath(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Aftermath]:
    """7 kills, or KILLS; the seed is drawn, or SEED, and printed."""
    folder = tmp_path_factory.mktemp("chaos")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    seed = int(os.environ.get("SEED") or secrets.randbelow(10**9))
    with running_town(folder, workers=2) as town:
        ran = await run(town, Plan(int(os.environ.get("KILLS") or 7), seed, notebooks), lambda line: None)
        mismatches = compare(ran.record, ran.facts)
        request.config.stash[_REPORT] = told(ran, mismatches)
        yield Aftermath(town, ran, mismatches)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Figures are for people: they are shown when all went well too."""
    if report := config.stash.get(_REPORT, ""):
        terminalreporter.section("kill test")
        terminalreporter.write_line(report)
