"""Tests on real files: `pytest tests/real_data --data FOLDER`, or the environment variable DATA."""

import os
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--data", default=os.environ.get("DATA"), help="folder with the real data")


@pytest.fixture(scope="session")
def data(request: pytest.FixtureRequest) -> Path:
    """The folder with the real data; without one the test is skipped."""
    given = request.config.getoption("--data", default=os.environ.get("DATA"))
    if not given:
        pytest.skip("no folder with real data: pytest tests/real_data --data FOLDER")
    return Path(given)
