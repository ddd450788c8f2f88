"""The pages of this slice: what they contain and how a browser may treat them."""

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Response

from shared.city.texts import LANGUAGES

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


def errors_page(problems: Mapping[str, Mapping[str, Any]]) -> Response:
    """The problem codes of every service (by its name), in every language; `#code` leads to one."""
    codes = sorted({code for known in problems.values() for code in known})
    rows = "".join(_row(code, problems) for code in codes)
    frame, policy = _page("errors.html")
    return _html(frame.replace("<!-- rows -->", rows), policy)


def _row(code: str, problems: Mapping[str, Mapping[str, Any]]) -> str:
    """One code. Who says the same stands together; another wording of another service stands below it."""
    wordings: dict[str, list[str]] = {}
    for service, known in problems.items():
        if code in known:
            wordings.setdefault(_wording(known[code]), []).append(service)
    common = len(wordings) == 1 and len(next(iter(wordings.values()))) == len(problems) > 1
    first, name = True, html.escape(code)
    rows = ""
    for wording, services in wordings.items():
        link = f'<a href="#{name}"><code>{name}</code></a><br>' if first else ""
        who = "every service" if common else html.escape(", ".join(services))
        start = f'<tr id="{name}">' if first else "<tr>"
        rows, first = f'{rows}{start}<td>{link}<span class="soft">{who}</span></td>{wording}</tr>\n', False
    return rows


def _wording(told: Mapping[str, Any]) -> str:
    texts = "".join(
        f'<td lang="{language}"><b>{_text(said["title"])}</b><br>{_text(said["detail"])}</td>'
        for language, said in ((language, told[language]) for language in LANGUAGES)
    )
    return f"<td>{told.get('status') or ''}</td>{texts}"


def _text(text: str) -> str:
    """What is filled in when it happens is left open here."""
    return html.escape(re.sub(r"\{(\w+)\}", "…", text))


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
