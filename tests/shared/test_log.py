"""Logs name places and types, and never quote what a person sent."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import structlog
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError

from shared import log

NIK = "3671012345678901"


def fail(nik: str) -> None:
    try:
        raise ValueError(f"bad value {nik}")
    except ValueError as error:
        raise RuntimeError(f"cannot store {nik}") from error


@contextmanager
def configured() -> Iterator[None]:
    root, parser = logging.getLogger(), logging.getLogger("python_multipart")
    before = root.handlers, root.level, parser.level
    log.configure("svc-news")
    try:
        yield
    finally:
        structlog.reset_defaults()
        root.handlers, root.level, parser.level = before


def test_a_traceback_in_the_log_names_places_but_quotes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        try:
            fail(NIK)
        except RuntimeError as error:
            structlog.get_logger("a").error("broken", exc_info=error)
            logging.getLogger("b").exception("broken")
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    assert len(lines) == 2
    assert NIK not in printed
    for line in lines:
        assert line["exception"][0] == "builtins.RuntimeError"
        assert any("test_log.py" in place and place.endswith(" fail") for place in line["exception"])
        assert "builtins.ValueError" in line["exception"]


def test_a_form_that_cannot_be_read_is_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    for form in (f"--{NIK}", f"--b\r\n{NIK}(: x", f"--b\r\nA: x\r\n\r\n\r\n--b--{NIK}"):
        with configured(), suppress(MultipartParseError):
            MultipartParser(b"b").write(form.encode())
    assert capsys.readouterr().out == ""
