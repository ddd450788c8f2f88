"""The pages of this slice: what they contain and how a browser may treat them."""

import base64
import hashlib
import html
import re
from functools import cache
from pathlib import Path

from fastapi import Response

from shared.city.texts import LANGUAGES, Texts

_PAGES = Path(__file__).parent


def cached(body: bytes, etag: str, offered: str | None) -> Response:
    """200 with the bytes, or 304 when the client holds them."""
    headers = {"ETag": etag, "Cache-Control": "public, max-age=0, must-revalidate"}
    if offered is not None and etag in (tag.strip().removeprefix("W/") for tag in offered.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def page(name: str) -> Response:
    """One of the HTML files beside this module."""
    body, policy = _page(name)
    return _html(body, policy)


def errors_page(texts: Texts) -> Response:
    """The catalogue of problem codes, in every language; `#code` leads to one."""
    rows = "".join(_row(code, texts) for code in _codes(texts))
    frame, policy = _page("errors.html")
    return _html(frame.replace("<!-- rows -->", rows), policy)


def _codes(texts: Texts) -> list[str]:
    found = (re.fullmatch(r"problem\.(\w+)\.title", key) for key in texts.names())
    return sorted(match[1] for match in found if match)


def _row(code: str, texts: Texts) -> str:
    cells = "".join(
        f'<td lang="{language}"><b>{_text(texts, code, "title", language)}</b><br>'
        f"{_text(texts, code, 'detail', language)}</td>"
        for language in LANGUAGES
    )
    return f'<tr id="{code}"><td><a href="#{code}"><code>{code}</code></a></td>{cells}</tr>\n'


def _text(texts: Texts, code: str, part: str, language: str) -> str:
    return html.escape(re.sub(r"\{(\w+)\}", "…", texts.get(f"problem.{code}.{part}", language)))


def _html(body: str, policy: str) -> Response:
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")


@cache
def _page(name: str) -> tuple[str, str]:
    """The file and a policy that admits its own script and style, by digest, and nothing else."""
    body = (_PAGES / name).read_text(encoding="utf-8")
    scripts = _digests(body, "script")
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src {_digests(body, 'style')}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return body, policy


def _digests(body: str, element: str) -> str:
    found = re.findall(rf"<{element}>(.*?)</{element}>", body, re.S)
    digests = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in found]
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
