"""Logs name places and types, and never quote what a person sent."""

import json
import logging

import pytest
import structlog

from shared import log

NIK = "3671012345678901"


def fail(nik: str) -> None:
    try:
        raise ValueError(f"bad value {nik}")
    except ValueError as error:
        raise RuntimeError(f"cannot store {nik}") from error


def test_a_traceback_in_the_log_names_places_but_quotes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        log.configure("svc-news")
        try:
            fail(NIK)
        except RuntimeError as error:
            structlog.get_logger("a").error("broken", exc_info=error)
            logging.getLogger("b").exception("broken")
    finally:
        structlog.reset_defaults()
        root.handlers, root.level = handlers, level
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    assert len(lines) == 2
    assert NIK not in printed
    for line in lines:
        assert line["exception"][0] == "builtins.RuntimeError"
        assert any("test_log.py" in place and place.endswith(" fail") for place in line["exception"])
        assert "builtins.ValueError" in line["exception"]
