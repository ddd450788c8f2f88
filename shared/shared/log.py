"""Structured logs: one JSON object a line, with the request id; never the content of a request."""

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

_DEEPEST = 12


def _frames(_: Any, __: str, event: EventDict) -> EventDict:
    """The traceback as places and types. Messages stay out: those of databases and validators quote data."""
    error = event.pop("exc_info", None)
    if error is True or isinstance(error, tuple):
        error = sys.exc_info()[1] if error is True else error[1]
    if isinstance(error, BaseException):
        event["exception"] = _places(error)
    return event


def _places(error: BaseException) -> list[str]:
    lines = [f"{type(error).__module__}.{type(error).__qualname__}"]
    frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
    lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines + (["caused by", *_places(before)] if before is not None else [])


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _frames,
]


def configure(service: str, level: int = logging.INFO) -> None:
    """Sends structlog and the standard library's loggers to standard output as JSON lines."""

    def name_service(_: Any, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    structlog.configure(
        processors=[*_SHARED, name_service, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, name_service],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("sqlalchemy.engine", "nats", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # its warnings quote the body


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; bind what happened, never what a person wrote."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
