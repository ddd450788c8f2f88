"""What accepted documents declare for home and menus, told into the one list that providers are in too."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.declarations.usecases import Declarations, MenuOffer, Section
from gateway.edge.answers import Answers
from gateway.edge.catalogue import Catalogue
from gateway.edge.routes import METHODS, Operation, endpoints
from gateway.edge.sections import SectionRead, Source
from shared import log
from shared.routes import HomeSection
from shared.runtime import Runtime

_log = log.get(__name__)
HOME_PATH, HOME_TAG = "/v1/home", "home"


def declare(run: Runtime, own: Mapping[str, Any]) -> None:
    """From now on whatever document comes into force speaks for its service; `own` for the gateway itself."""
    declared: Declarations = run.part(Declarations)
    catalogue: Catalogue = run.part(Catalogue)
    answers: Answers = run.part(Answers)

    def tell(service: str, document: Mapping[str, Any]) -> None:
        owner = service.removeprefix("svc-")
        declared.tell(owner, _sections(owner, document, answers), _menus(owner, document))
        _share_home(catalogue, declared)  # the route table is a new one

    def changed() -> None:
        _share_home(catalogue, declared)
        answers.purge([HOME_TAG])

    declared.on_change.append(changed)
    catalogue.on_change.append(tell)
    tell(run.name, own)


def _share_home(catalogue: Catalogue, declared: Declarations) -> None:
    """Whatever purges a section purges home; and an answer for a place is kept for nobody else."""
    endpoint = catalogue.find(HOME_PATH)
    operation = endpoint.operation("GET") if endpoint is not None else None
    if operation is not None and operation.keeping is not None:
        tags = (tag for section in declared.sections() for tag in section.tags)
        operation.keeping.tags = frozenset([HOME_TAG, *tags])
        operation.keeping.queries = frozenset()


def _sections(owner: str, document: Mapping[str, Any], answers: Answers) -> Iterator[Section]:
    """One for each name; several operations of one name are ways to read it."""
    ways: dict[str, list[tuple[Operation, HomeSection]]] = {}
    for operation in _operations(document):
        home = operation.city.home
        if home is None:
            continue
        if operation.method != "GET" or not operation.public or "{" in operation.template:
            _log.error("home_section_not_readable", owner=owner, path=operation.template)
            continue
        ways.setdefault(home.section, []).append((operation, home))
    for name, found in ways.items():
        operations = [operation for operation, _ in found]
        tags = tuple(dict.fromkeys(tag for o in operations for tag in o.city.tags))
        sources = tuple(_source(operation, document) for operation in operations)
        yield Section(
            name=name,
            order=found[0][1].order,
            owner=owner,
            read=SectionRead(answers, sources, tags),
            menu=next((o.city.menu for o in operations if o.city.menu is not None), None),
            title=next((home.title for _, home in found if home.title is not None), None),
            tags=tags,
        )


def _menus(owner: str, document: Mapping[str, Any]) -> Iterable[MenuOffer]:
    """Who opens a menu begins at this path; of several a read without parameters in its path."""
    offers: dict[str, MenuOffer] = {}
    ranked = sorted(_operations(document), key=lambda o: (o.method != "GET", "{" in o.template))
    for operation in ranked:
        menu = operation.city.menu
        if menu is not None:
            offers.setdefault(menu, MenuOffer(menu=menu, owner=owner, link=operation.template))
    return offers.values()


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for endpoint in endpoints(None, document):
        yield from endpoint.operations.values()


def _source(operation: Operation, document: Mapping[str, Any]) -> Source:
    item = document["paths"][operation.template]
    method = next(each for each in METHODS if each.upper() == operation.method)
    stated = [*item.get("parameters", ()), *item[method].get("parameters", ())]
    return Source.of(operation.template, stated)
