"""One family of errors, one renderer: RFC 9457 problem documents in the caller's language."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.responses import Response

from shared.city.texts import LANGUAGES, Texts


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; never what was sent. `params` fill the text of `validation.<code>`."""

    field: str
    code: str
    params: Mapping[str, Any] | None = None


class Problem(Exception):
    """Something a person can act on. Class: HTTP status and stable code; instance: what fills the text."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(
        self,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(self.code)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.params = params


class BadRequest(Problem):
    status, code = 400, "bad_request"


class MalformedBody(BadRequest):
    code = "malformed_body"


class BadCursor(BadRequest):
    code = "bad_cursor"


class IdempotencyKeyMissing(BadRequest):
    code = "idempotency_key_missing"


class IdempotencyKeyBad(BadRequest):
    code = "idempotency_key_bad"


class DeviceIdMissing(BadRequest):
    code = "device_id_missing"


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"

    def __init__(self, **params: Any) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"}, **params)


class Forbidden(Problem):
    status, code = 403, "forbidden"


class NotFound(Problem):
    status, code = 404, "not_found"


class MethodNotAllowed(Problem):
    status, code = 405, "method_not_allowed"


class RequestTimeout(Problem):
    status, code = 408, "request_timeout"


class Conflict(Problem):
    status, code = 409, "conflict"


class RequestInFlight(Conflict):
    code = "request_in_flight"


class IdTaken(Conflict):
    code = "id_taken"


class PreconditionFailed(Problem):
    status, code = 412, "version_stale"


class TooLarge(Problem):
    status, code = 413, "too_large"


class UnsupportedMediaType(Problem):
    status, code = 415, "unsupported_media_type"


class Unprocessable(Problem):
    status, code = 422, "invalid"


class IdempotencyKeyReused(Unprocessable):
    code = "idempotency_key_reused"


class TooManyRequests(Problem):
    status, code = 429, "too_many_requests"


class HeadersTooLarge(Problem):
    status, code = 431, "headers_too_large"


class Internal(Problem):
    status, code = 500, "internal"


class Unavailable(Problem):
    """503 with Retry-After: nothing was kept, the same request may be sent again."""

    status, code = 503, "unavailable"

    def __init__(self, retry_after: int = 2, **params: Any) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)}, **params)


class DeadlineExceeded(Unavailable):
    code = "deadline_exceeded"


class OutcomeUnknown(Problem):
    """504: it may or may not have been done; sending it again with the same key is safe."""

    status, code = 504, "outcome_unknown"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


def document(problem: Problem, texts: Texts, language: str, request_id: str) -> dict[str, Any]:
    """The RFC 9457 members, plus code, request_id and, where fields are wrong, errors."""
    key = f"problem.{problem.code}"
    body: dict[str, Any] = {
        "type": f"/docs/errors#{problem.code}",
        "title": texts.get(f"{key}.title", language),
        "status": problem.status,
        "detail": texts.get(f"{key}.detail", language).format_map(_Blank(problem.params)),
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors:
        body["errors"] = [
            {
                "field": error.field,
                "code": error.code,
                "message": _field_text(error, texts, language),
            }
            for error in problem.errors
        ]
    return body


def catalogue(texts: Texts) -> dict[str, dict[str, Any]]:
    """By code: `status`, and `title` and `detail` in each language, with the {names} that are filled in."""
    names = set(texts.names())  # a pack may reword a title of another service's
    found = (re.fullmatch(r"problem\.(\w+)\.detail", key) for key in sorted(names))
    codes = [match[1] for match in found if match and f"problem.{match[1]}.title" in names]
    statuses = {kind.code: kind.status for kind in _kinds(Problem)}

    def worded(code: str, language: str) -> dict[str, str]:
        return {part: texts.get(f"problem.{code}.{part}", language) for part in ("title", "detail")}

    return {c: {"status": statuses.get(c), **{n: worded(c, n) for n in LANGUAGES}} for c in codes}


def _kinds(kind: type[Problem]) -> list[type[Problem]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _kinds(child))]


def render(problem: Problem, texts: Texts, language: str, request_id: str) -> Response:
    """The problem as an HTTP answer; never cached, always in one stated language."""
    headers = {
        "Content-Language": language,
        "Cache-Control": "no-store",
        "Vary": "Accept-Language",
        **problem.headers,
    }
    content = json.dumps(document(problem, texts, language, request_id), ensure_ascii=False).encode()
    return Response(content, problem.status, headers, "application/problem+json")


def from_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Pydantic's errors without their input: a misread NIK must not come back in an answer or a log."""
    if any(error["type"] == "json_invalid" for error in errors):
        return MalformedBody()
    return Unprocessable(errors=[_field_error(error) for error in errors[:50]])


_SAFE = frozenset(
    {
        "ge",
        "gt",
        "le",
        "lt",
        "min_length",
        "max_length",
        "expected",
        "multiple_of",
        "pattern",
        "decimal_places",
    }
)


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place = [_part(part) for part in error["loc"] if not str(part).startswith("function-")]
    if place and place[0] in ("body", "query", "path", "header", "cookie"):
        place = place[1:] or place
    context = {name: value for name, value in error.get("ctx", {}).items() if name in _SAFE}
    return FieldError(".".join(place)[:100], _kind(error), context)


def _part(part: str | int) -> str:
    """A name of ours; what can only be a key that was sent is not said again."""
    return str(part) if isinstance(part, int) or _NAME.fullmatch(part) else "[key]"


def _kind(error: Mapping[str, Any]) -> str:
    """Behind a validator of ours pydantic knows no longer that what is too long is a text."""
    kind = str(error["type"])
    of_text = kind in ("too_long", "too_short") and isinstance(error.get("input"), str)
    return f"string_{kind}" if of_text else kind


def _field_text(error: FieldError, texts: Texts, language: str) -> str:
    key = f"validation.{error.code}"
    text = texts.get(key if texts.has(key) else "validation.invalid", language)
    return text.format_map(_Blank(error.params or {}))


class _Blank(dict[str, Any]):
    """A missing parameter shows as nothing: a text with a gap is better than no answer."""

    def __missing__(self, key: str) -> str:
        return ""
