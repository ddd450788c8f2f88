"""Telling everybody something, and opening a stream that hears it; no person and no database in it."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gateway.bootstrap.usecases import TAG as NOTICES_TAG
from gateway.bootstrap.usecases import Beginnings
from gateway.declarations.usecases import Declarations
from gateway.edge.catalogue import Catalogue
from gateway.edge.declaring import HOME_PATH, HOME_TAG
from gateway.menus.usecases import TAG as MENUS_TAG
from gateway.notices.rules import Planned
from gateway.settings import GatewaySettings
from gateway.streams.everybody import rules
from gateway.streams.everybody.rules import Bulletin, Gathering, Square, Word
from gateway.streams.rules import Listener, frame, localised
from gateway.streams.usecases import waits
from shared.clock import stopwatch
from shared.edge.context import LANGUAGES
from shared.runtime import Runtime

_PLACES, _AT_ONCE = 10_000, 250
_FOR_EVER = datetime.max.replace(tzinfo=UTC)


class Crier:
    """Tells all open streams of one worker: each message is written once, whatever their number."""

    def __init__(self, run: Runtime, square: Square) -> None:
        self._run, self._square = run, square
        self._catalogue: Catalogue = run.part(Catalogue)
        self._beginnings: Beginnings = run.part(Beginnings)
        self._bulletin = Bulletin(self._now())
        self._gathering = Gathering()
        self._notices: Mapping[UUID, Planned] | None = None

    def hear(self, tags: Iterable[str]) -> None:
        """Answers with these tags have changed: whoever shows public ones of them will be told."""
        named = frozenset(tags)
        home = self._catalogue.find(HOME_PATH)
        keeping = home.operations["GET"].keeping if home is not None else None
        if keeping is not None and not keeping.tags.isdisjoint(named):
            named |= {HOME_TAG}
        self._gathering.hear(named & self._catalogue.tags, stopwatch())

    async def look(self) -> None:
        """What notices have begun, changed or ended since the last look, and what answers have changed."""
        await self._tell_notices()
        tags = self._gathering.take(stopwatch())
        if tags:
            number = self._bulletin.number(self._now())
            for tag in tags:
                self._bulletin.note(f"tag:{tag}", Word(number, rules.CHANGED, {"tags": [tag]}))
            await self._tell(self._changed(number, tags))

    async def missed(self) -> None:
        """Nobody knows what was not heard until now: everybody reads everything anew."""
        number = self._bulletin.begin_anew(self._now())
        await self._tell(Word(number, "reload", self._spread()))

    def listener(self, address: str, language: str, offered: str | None) -> tuple[Listener, bytes]:
        """A stream from now on, and what it has to be told first; `offered` is a Last-Event-ID."""
        words = self._bulletin.after(offered, self._now())
        number = self._bulletin.number(self._now())
        heard = [Word(number, "reload", self._spread())] if words is None else self._as_one(number, words)
        made = Listener(address, sid=None, language=language, last_id=number, ends_at=_FOR_EVER)
        return made, b"".join(self._frame(word, language) for word in heard)

    async def _tell_notices(self) -> None:
        if not self._beginnings.loaded:
            return
        before = self._notices
        now = self._notices = {each.id: each for each in self._beginnings.in_force(self._run.clock.now())}
        begun, ended = rules.turns(before if before is not None else now, now)
        for notice in begun:
            await self._say(notice.id, rules.NOTICE, rules.said(notice))
        for gone in ended:
            await self._say(gone, rules.NOTICE_ENDED, {"id": str(gone)})
        if begun or ended:
            self.hear([NOTICES_TAG])

    async def _say(self, notice: UUID, event: str, data: Mapping[str, Any]) -> None:
        word = Word(self._bulletin.number(self._now()), event, data)
        self._bulletin.note(f"notice:{notice}", word)
        await self._tell(word)

    async def _tell(self, word: Word) -> None:
        """One byte string a language, for all; other requests get their turn between."""
        frames = {language: self._frame(word, language) for language in LANGUAGES}
        for told, listener in enumerate(self._square.everybody(), 1):
            listener.give(word.number, frames[listener.language])
            if told % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _as_one(self, number: int, words: Iterable[Word]) -> list[Word]:
        """Hints are one hint; each notice stands for itself."""
        tags = [word.data["tags"][0] for word in words if word.event == rules.CHANGED]
        told = [Word(number, word.event, word.data) for word in words if word.event != rules.CHANGED]
        return [*told, self._changed(number, sorted(tags))] if tags else told

    def _changed(self, number: int, tags: list[str]) -> Word:
        return Word(number, rules.CHANGED, {"tags": tags, **self._spread()})

    def _spread(self) -> dict[str, int]:
        return {"spread_ms": rules.spread_ms(self._square.open)}

    def _frame(self, word: Word, language: str) -> bytes:
        return frame(word.event, localised(word.data, language, self._run.city.zone), word.number)

    def _now(self) -> int:
        return rules.ms(self._run.clock.now())


def equip(run: Runtime, settings: GatewaySettings) -> None:
    """This worker's open streams of everybody, and who tells them."""
    square = Square(places=_PLACES, per_person=settings.address_streams)
    crier = Crier(run, square)
    run.parts |= {Square: square, Crier: crier}
    run.metrics.gauge("city_public_streams_open", "Streams of everybody open").set_function(
        lambda: square.open
    )
    run.part(Declarations).on_change.append(lambda: crier.hear([HOME_TAG, MENUS_TAG]))
    run.part(Catalogue).on_change.append(lambda *_: crier.hear([MENUS_TAG]))
    run.stopping.append(lambda: square.stop(waits(square)))
