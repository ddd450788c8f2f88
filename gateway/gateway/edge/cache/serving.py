"""Step 5 of the edge: a public read is answered out of memory, as its client wants it written."""

import asyncio

from gateway.edge.cache import codings, conditions
from gateway.edge.cache.asking import Asked
from gateway.edge.cache.entries import Entry, Shown
from gateway.edge.cache.keeping import Keeping
from gateway.edge.cache.kept import KeptAnswers
from gateway.edge.cache.landing import Told
from gateway.edge.exchange import Exchange
from gateway.edge.head import has_body
from shared.clock import stopwatch

#: Up to here compressing takes less than a millisecond; what is larger goes to a thread.
_INLINE_BYTES = 8_192
_PLATFORM = b"x-app-platform"
_PLATFORM_BYTES = 16
#: Answers that differ by the platform at most are found by the bytes of a request.
_BY_PLATFORM = frozenset({_PLATFORM})
_OUTCOMES = {word: (b"x-cache", word.encode()) for word in ("hit", "miss", "stale", "revalidated")}
_BYPASS = "bypass"


class Serving:
    """Answers exchanges from the kept answers; whatever may not be shared it leaves alone."""

    def __init__(self, kept: KeptAnswers) -> None:
        self.kept, self._store, self._metrics = kept, kept.store, kept.metrics

    def gives_at_once(self, x: Exchange) -> bool:
        """Whether it has answered without waiting: what is fresh, in a coding somebody has asked for."""
        entry = self._near(x)
        shown = entry.shown[_coding(entry, x.headers.get(b"accept-encoding"))] if entry is not None else None
        if entry is None or shown is None:
            return False
        self._metrics.answered(x.context.route, "hit")
        if self._unchanged(x, entry, "hit", stopwatch()):
            x.answer.send_now(304, shown.unchanged_lines, b"")
        else:
            x.answer.send_now(200, shown.lines, shown.body)
        return True

    async def gives(self, x: Exchange) -> bool:
        """Whether it has answered; if not, the service is asked in the reader's own name."""
        keeping = x.wanted.keeping
        if keeping is None or not keeping.kept:
            return False
        if not keeping.altering.isdisjoint(x.headers) or has_body(x.headers):
            self._metrics.answered(x.context.route, _BYPASS)
            return False
        entry = self._near(x)
        if entry is None:
            return await self._finds(x, keeping)
        self._metrics.answered(x.context.route, "hit")
        await self._send(x, entry, "hit", stopwatch())
        return True

    def _near(self, x: Exchange) -> Entry | None:
        """What is fresh for the very bytes of this request."""
        keeping, headers, scope = x.wanted.keeping, x.headers, x.scope
        if keeping is None or not keeping.kept or not keeping.altering.isdisjoint(headers):
            return None
        near = (scope["raw_path"], scope["query_string"], x.context.language, headers.get(_PLATFORM))
        entry = self._store.near.get(near)
        fresh = entry is not None and entry.fresh_until > stopwatch() and not has_body(headers)
        return entry if fresh else None

    async def _finds(self, x: Exchange, keeping: Keeping) -> bool:
        found = await self.kept.obtain(Asked.of(x, keeping))
        self._metrics.answered(x.context.route, _BYPASS if found is None else found.outcome)
        if found is None:
            return False
        if found.entry is not None:
            self._know(x, keeping, found.entry)
            await self._make(found.entry, x)
            await self._send(x, found.entry, found.outcome, stopwatch())
        elif found.told is not None:
            await _pass_on(x, found.told)
        return True

    def _know(self, x: Exchange, keeping: Keeping, entry: Entry) -> None:
        platform = x.headers.get(_PLATFORM)
        if _BY_PLATFORM.issuperset(keeping.varies) and len(platform or b"") <= _PLATFORM_BYTES:
            near = (x.scope["raw_path"], x.scope["query_string"], x.context.language, platform)
            self._store.know(near, entry)

    async def _send(self, x: Exchange, entry: Entry, outcome: str, now: float) -> None:
        shown = self._shown(entry, x.headers.get(b"accept-encoding"))
        if self._unchanged(x, entry, outcome, now):
            await x.answer.whole(304, shown.unchanged, b"")
        else:
            await x.answer.whole(200, shown.headers, shown.body)

    def _unchanged(self, x: Exchange, entry: Entry, outcome: str, now: float) -> bool:
        """Whether the client has it already; the headers of this one answer are added either way."""
        headers, entry.seen = x.headers, True
        x.answer.headers += (_OUTCOMES[outcome], (b"age", b"%d" % (now - entry.asked_at)))
        conditional = b"if-none-match" in headers or b"if-modified-since" in headers
        return conditional and conditions.holds(headers, entry.etag, entry.modified)

    def _shown(self, entry: Entry, accept: bytes | None) -> Shown:
        """The coding the client likes best; while a large body is still being compressed, as it is."""
        coding = _coding(entry, accept)
        shown = entry.shown[coding]
        if shown is not None:
            return shown
        if len(entry.body) <= _INLINE_BYTES:
            self._take(entry, coding, codings.compress(entry.body, coding))
        elif coding not in entry.making:
            entry.making[coding] = asyncio.create_task(self._compress(entry, coding))
        return entry.shown[coding] or entry.plain

    async def _make(self, entry: Entry, x: Exchange) -> None:
        """Whoever had to wait anyway waits for the thread as well: his line is slower than it."""
        self._shown(entry, x.headers.get(b"accept-encoding"))
        making = entry.making.get(_coding(entry, x.headers.get(b"accept-encoding")))
        if making is not None:
            await asyncio.shield(making)

    async def _compress(self, entry: Entry, coding: int) -> None:
        body = await asyncio.to_thread(codings.compress, entry.body, coding)
        self._take(entry, coding, body)
        del entry.making[coding]

    def _take(self, entry: Entry, coding: int, body: bytes) -> None:
        before = entry.size
        entry.make(coding, body)
        self._store.grew(entry, entry.size - before)


def _coding(entry: Entry, accept: bytes | None) -> int:
    coding = codings.best(accept)
    return coding if entry.compressible or codings.insists(accept) else codings.IDENTITY


async def _pass_on(x: Exchange, told: Told) -> None:
    body = told.as_for(x.context.request_id)
    headers = [*told.headers, (b"content-length", b"%d" % len(body)), _OUTCOMES["miss"]]
    await x.answer({"type": "http.response.start", "status": told.status, "headers": headers})
    await x.answer({"type": "http.response.body", "body": body})


def plain_tags(x: Exchange) -> None:
    """Takes the mark of a coding out of If-Match and If-None-Match: services know only their own tags."""
    marked = [n for n in (b"if-match", b"if-none-match") if b"~" in x.headers.get(n, b"")]
    if not marked:
        return
    x.scope["headers"] = [
        (name, codings.plain_tag(value) if name in marked else value) for name, value in x.scope["headers"]
    ]
    x.headers |= {name: codings.plain_tag(x.headers[name]) for name in marked}
