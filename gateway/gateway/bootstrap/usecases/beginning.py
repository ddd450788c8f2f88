"""What apps hear when they start, from memory."""

from datetime import datetime

from gateway.bootstrap import queries
from gateway.bootstrap.models import AppVersion
from gateway.bootstrap.rules import Aim, Asking, needed, version
from gateway.bootstrap.schemas import (
    BootstrapOut,
    CityOut,
    ContactOut,
    UpdateOut,
    aim,
)
from gateway.edge.answers import Answers
from gateway.notices import usecases as notices
from gateway.notices.rules import Planned, in_force
from gateway.notices.schemas import NoticeOut
from shared.runtime import Runtime

TAG = "bootstrap"
_LINKS = {"menus": "/v1/menus", "home": "/v1/home", "search": "/v1/search", "openapi": "/openapi.json"}


class Beginnings:
    """What requests read, in one worker's memory; the rows are read anew when something changed."""

    def __init__(self, run: Runtime) -> None:
        self._run = run
        self._versions: dict[str, AppVersion] = {}
        self._flags: list[tuple[str, bool, Aim]] = []
        self._planned: list[Planned] = []
        self._looked_at = run.clock.now()
        self._answers: Answers = run.part(Answers)
        self._cities: dict[str, CityOut] = {language: _city(run, language) for language in run.city.languages}
        self.loaded = False

    async def reload(self) -> None:
        """Everything anew from the database."""
        now = self._run.clock.now()
        async with self._run.database.transaction() as session:
            versions, flags = await queries.versions(session), await queries.flags(session)
            planned = await notices.planned(session, now)
        self._versions = {row.platform: row for row in versions}
        self._flags = [(row.name, row.is_on, aim(row)) for row in flags]
        self._planned, self.loaded = planned, True
        self._answers.purge((TAG,))

    def look(self, now: datetime) -> None:
        """Whether a notice has begun or ended since the last look: then answers are true no longer."""
        turns = (turn for each in self._planned for turn in (each.starts_at, each.ends_at))
        if any(self._looked_at < turn <= now for turn in turns):
            self._answers.purge((TAG,))
        self._looked_at = now

    def in_force(self, now: datetime) -> list[Planned]:
        """Every notice that holds now, for whatever platform."""
        return [each for each in self._planned if each.holds(now)]

    def answer(self, who: Asking, now: datetime) -> BootstrapOut:
        """All of it for this one."""
        shown = in_force(self._planned, who.platform, now)
        return BootstrapOut(
            update=self._update(who),
            flags={name: is_on and meant.fits(who) for name, is_on, meant in self._flags},
            notices=[_notice(each, who.language, self._run) for each in shown],
            city=self._cities.get(who.language) or next(iter(self._cities.values())),
            links=_LINKS,
        )

    def _update(self, who: Asking) -> UpdateOut:
        known = self._versions.get(who.platform)
        if known is None:
            return UpdateOut(needed="none")
        need = needed(who.version, version(known.latest), version(known.minimum), known.required)
        said = known.message.get(who.language)
        if need != "none" and said is None:
            said = self._run.texts.get(f"update_{need}", who.language)
        message = said if need != "none" else None
        return UpdateOut(needed=need, latest=known.latest, message=message, store=known.store)


def _city(run: Runtime, language: str) -> CityOut:
    city = run.city
    contacts = [
        ContactOut(code=each.code, kind=each.kind, value=each.value, name=each.name.text(language))
        for each in city.contacts
    ]
    return CityOut(
        code=city.code,
        name=city.name.text(language),
        languages=city.languages,
        colours=city.colours,
        contacts=contacts,
    )


def _notice(each: Planned, language: str, run: Runtime) -> NoticeOut:
    names = ("id", "level", "areas", "link")
    zone = run.city.zone
    return NoticeOut(
        **{name: getattr(each, name) for name in names},
        title=each.title[language],
        text=each.text[language],
        starts_at=each.starts_at.astimezone(zone),
        ends_at=each.ends_at.astimezone(zone),
    )


def equip(run: Runtime) -> None:
    """This worker's memory: `run.part(Beginnings)`; it is ready once that was read."""
    made = Beginnings(run)
    run.parts[Beginnings] = made
    run.not_ready.append(lambda: [] if made.loaded else ["versions, flags and notices"])
