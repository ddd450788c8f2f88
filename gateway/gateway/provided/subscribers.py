"""What providers show, in each worker's memory: read at start and on a gap, then kept by events."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.declarations.usecases import Declarations, MenuOffer, Part, Section, Wanted
from gateway.menus.usecases import Menus
from gateway.provided import queries, rules
from shared.clock import Clock
from shared.contracts.gateway import ProviderChangedV1
from shared.events.event import Envelope
from shared.events.fanout import Fanout
from shared.forever import forever
from shared.runtime import Runtime

DOWN = "owner_not_answering"
_AGES_SECONDS = 30


class Shown:
    """A provider's section in memory; another content is another one, so that home sees it has changed."""

    def __init__(self, row: Any, run: Runtime) -> None:
        self._clock: Clock = run.clock
        self.declaration: Mapping[str, Any] = row.declaration
        self.declared_at: datetime = row.declared_at
        self.items, self.scopes, self.hosts, self.ends_at = row.items, row.scopes, row.hosts, row.ends_at
        self.as_of: datetime | None = row.as_of
        zone = run.city.zone
        self._written = {name: rules.rendered(row.items, name, zone, row.hosts) for name in rules.LANGUAGES}

    def same(self, row: Any) -> bool:
        """Whether the row says what this one says, but for its age."""
        mine = self.declaration, self.declared_at, self.items, self.scopes, self.hosts, self.ends_at
        return mine == (row.declaration, row.declared_at, row.items, row.scopes, row.hosts, row.ends_at)

    def read(self, wanted: Wanted) -> Part:
        """From memory: `ok`, or how old it is."""
        now = self._clock.now()
        state = rules.state_of(self.as_of, now) if now < self.ends_at else "unavailable"
        if state == "unavailable":
            return Part(state, as_of=self.as_of)
        return Part(state, self._written.get(wanted.language, self._written["id"]), self.as_of)


class Providers:
    """Tells what active providers declare, and takes back what is not to be shown any more."""

    def __init__(self, run: Runtime) -> None:
        self._run, self._declared = run, run.part(Declarations)
        self._known: dict[str, Shown] = {}

    async def reload(self) -> None:
        """Everything anew from the database."""
        async with self._run.database.transaction() as session:
            rows = await queries.shown(session, self._run.clock.now())
        for row in rows:
            self._take(row)
        self._keep_only({row.provider for row in rows})

    async def hear(self, event: Envelope) -> None:
        """One provider is different."""
        code = ProviderChangedV1.model_validate(event.data).provider
        async with self._run.database.transaction() as session:
            rows = await queries.shown(session, self._run.clock.now(), code)
        for row in rows:
            self._take(row)
        if not rows:
            self._keep_only(self._known.keys() - {code})

    async def age(self) -> None:
        """What only became fresh again is in no event: it is looked at every half minute."""
        await asyncio.sleep(_AGES_SECONDS)
        async with self._run.database.transaction() as session:
            rows = await queries.ages(session, self._run.clock.now())
        for row in rows:
            if row.provider in self._known:
                self._known[row.provider].as_of = row.as_of
                self._stands(row)
        self._keep_only({row.provider for row in rows})

    def _take(self, row: Any) -> None:
        known = self._known.get(row.provider)
        if known is None or not known.same(row):
            shown = self._known[row.provider] = Shown(row, self._run)
            menus = _menus(row, self._run.part(Menus).ours)
            self._declared.tell(row.provider, _sections(row, shown), menus, row.declared_at)
        else:
            known.as_of = row.as_of
        self._stands(row)

    def _stands(self, row: Any) -> None:
        self._declared.stands(row.provider, DOWN if row.failures >= rules.DOWN_AFTER else None)

    def _keep_only(self, codes: set[str]) -> None:
        for code in self._known.keys() - codes:
            del self._known[code]
            self._declared.forget(code)


async def know_providers(run: Runtime) -> None:
    """For ever, in the background of each worker."""
    memory = Providers(run)
    run.spawn(forever("providers_age", memory.age), "providers-age")
    await Fanout(run.bus, f"gateway.{ProviderChangedV1.name}", memory.hear, memory.reload).run()


def _sections(row: Any, shown: Shown) -> list[Section]:
    home = row.declaration.get("home")
    if home is None or "home" not in row.scopes:
        return []
    order = max(home["order"], rules.FIRST_ORDER)
    name, tags = home["section"], (f"provider:{row.provider}",)
    titles, menu = _both(home["title"]), home.get("menu")
    return [Section(name, order, row.provider, shown.read, menu=menu, title=titles, tags=tags)]


def _menus(row: Any, ours: frozenset[str]) -> list[MenuOffer]:
    """Without those that are the city's own by now, and those that lead to a host not agreed any more."""
    if "menus" not in row.scopes:
        return []
    return [
        MenuOffer(each["menu"], row.provider, each["link"], title=_both(each.get("title")))
        for each in row.declaration.get("menus", ())
        if each["menu"] not in ours and rules.agreed(each["link"], row.hosts)
    ]


def _both(texts: Mapping[str, str | None] | None) -> Mapping[str, str] | None:
    if texts is None:
        return None
    return {name: texts.get(name) or str(texts["id"]) for name in rules.LANGUAGES}


BACKGROUND = (know_providers,)
