"""Which menus somebody sees, from memory."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.bootstrap.rules import Asking
from gateway.bootstrap.schemas import aim
from gateway.declarations.usecases import Declarations, MenuOffer
from gateway.edge.answers import Answers
from gateway.edge.catalogue import Catalogue
from gateway.menus import queries, rules
from gateway.menus.models import MenuSwitch
from gateway.menus.rules import Serving, Standing, Switch, World
from gateway.menus.schemas import MenuOut, MenusOut, ServiceOut, StaffMenusOut
from gateway.pack_menus import MenusFile, PackMenu, load_menus
from shared.runtime import Runtime

TAG = "menus"
_MORE = "more"
_ICON = "puzzle"


@dataclass(frozen=True, slots=True)
class _Shown:
    """A menu, whoever declared it."""

    id: str
    name: str
    icon: str
    instead: str | None
    standing: Standing


class Menus:
    """What requests read, in one worker's memory: the pack, the switches, and who is there to serve."""

    def __init__(self, run: Runtime, pack: MenusFile) -> None:
        self._run, self._pack = run, pack
        self._declared: Declarations = run.part(Declarations)
        self._catalogue: Catalogue = run.part(Catalogue)
        self._answers: Answers = run.part(Answers)
        self._switches: Mapping[str, Sequence[Switch]] = {}
        self._listed = {menu.id: menu for menu in pack.menus()}
        native = {menu.id for menu in pack.menus() if menu.state == "native"}
        self.ours: frozenset[str] = frozenset(native | {menu.id for menu in pack.staff})
        """Menus of the city itself, which no provider may take."""
        self.by_version = False
        self.loaded = False

    async def reload(self) -> None:
        """The switches anew from the database."""
        async with self._run.database.transaction() as session:
            rows = await queries.all_switches(session)
        switches: dict[str, list[Switch]] = defaultdict(list)
        for row in rows:
            switches[row.menu].append(_read(row))
        self.by_version = any(s.aim.by_version for each in switches.values() for s in each)
        self._switches, self.loaded = switches, True
        self.tell()

    def tell(self) -> None:
        """What was answered before may be true no longer."""
        self._answers.purge((TAG,))

    def knows(self, menu: str) -> bool:
        """Whether there is such a menu, in the pack or declared."""
        return menu in self._listed or menu in self._declared.menus()

    def name(self, menu: str, language: str) -> str | None:
        """What the city's list calls a menu; None if it has no such menu."""
        listed = self._listed.get(menu)
        return None if listed is None else getattr(listed.name, language)

    def for_all(self, who: Asking) -> MenusOut:
        """Every service with its menus, for this one."""
        return MenusOut(services=self._services(who))

    def for_staff(self, who: Asking, roles: frozenset[str]) -> StaffMenusOut:
        """The same as staff see it, and those menus of the staff that are for these roles."""
        world = self._world()
        hers = [menu for menu in self._pack.staff if not menu.roles or roles & set(menu.roles)]
        own = [self._out(self._listed_menu(menu, world, who), who.language) for menu in hers]
        return StaffMenusOut(services=self._services(who), staff=own)

    def _services(self, who: Asking) -> list[ServiceOut]:
        world, language = self._world(), who.language
        more: dict[str, list[MenuOffer]] = defaultdict(list)
        known = {service.id for service in self._pack.services}
        for offer in world.offers.values():
            if offer.menu not in self._listed and offer.title is not None:
                more[offer.service if offer.service in known else _MORE].append(offer)
        shown = []
        for service in self._pack.services:
            menus = [self._listed_menu(menu, world, who) for menu in service.menus]
            menus += [self._offered(offer, world, who) for offer in more.pop(service.id, ())]
            shown.append(
                self._service(service.id, service.name.text(language), service.icon, menus, language)
            )
        if more:
            offered = [self._offered(offer, world, who) for offer in more[_MORE]]
            name = self._run.texts.get("menus_more", language)
            shown.append(self._service(_MORE, name, _ICON, offered, language))
        return shown

    def _service(
        self, service: str, name: str, icon: str, menus: Iterable[_Shown], language: str
    ) -> ServiceOut:
        return ServiceOut(
            id=service, name=name, icon=icon, menus=[self._out(menu, language) for menu in menus]
        )

    def _listed_menu(self, menu: PackMenu, world: World, who: Asking) -> _Shown:
        stands = rules.standing(menu, self._switches.get(menu.id, ()), world, who)
        return _Shown(menu.id, menu.name.text(who.language), menu.icon, menu.instead, stands)

    def _offered(self, offer: MenuOffer, world: World, who: Asking) -> _Shown:
        """A menu of its owner's own."""
        titles = offer.title or {}
        stands = rules.switched(self._switches.get(offer.menu, ()), world, who)
        name = titles.get(who.language) or next(iter(titles.values()), offer.menu)
        return _Shown(offer.menu, name, _ICON, None, stands or rules.of_offer(offer, world))

    def _world(self) -> World:
        return World(self._declared.menus(), self._declared.why_down, self._serving)

    def _serving(self, path: str) -> Serving:
        """Whose path it is; the gateway's own is nobody's, and always there."""
        endpoint = self._catalogue.find(path)
        if endpoint is None:
            waits = self._catalogue.awaits(path)
            return Serving(reason=rules.NOT_ANSWERING if waits else rules.NOT_YET)
        service = next(iter(endpoint.operations.values())).service
        return Serving(service.removeprefix("svc-") if service is not None else None)

    def _out(self, menu: _Shown, language: str) -> MenuOut:
        stands = menu.standing
        away = stands.state == "unavailable"
        return MenuOut(
            id=menu.id,
            name=menu.name,
            icon=menu.icon,
            state=stands.state,
            reason=self._reason(stands, language),
            reason_code=stands.reason,
            link=stands.link,
            instead=menu.instead if away else None,
            owner=stands.owner,
        )

    def _reason(self, stands: Standing, language: str) -> str | None:
        if stands.said is not None:
            return stands.said.get(language)
        if stands.reason is None:
            return None
        texts = self._run.texts
        return texts.get(stands.reason if texts.has(stands.reason) else rules.NOT_ANSWERING, language)


def _read(row: MenuSwitch) -> Switch:
    meant = replace(aim(row), languages=tuple(row.languages))
    return Switch(row.state, meant, row.segment, row.link, row.reason, row.changed_at)  # type: ignore[arg-type]


def equip(run: Runtime) -> None:
    """This worker's memory: `run.part(Menus)`; it is ready once the switches were read."""
    made = Menus(run, load_menus(run.city))
    run.parts[Menus] = made
    run.part(Declarations).on_change.append(made.tell)
    run.part(Catalogue).on_change.append(lambda *_: made.tell())
    run.not_ready.append(lambda: [] if made.loaded else ["menu switches"])
