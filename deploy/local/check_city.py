"""`make check-city`: a city pack, read as every service reads it, without starting anything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from deploy.local import pack_facts
from deploy.local.city import CITIES
from deploy.local.errors import StackError
from deploy.local.layout import EVERY_SERVICE, Stack
from deploy.local.pack_facts import Line
from deploy.local.progress import say
from shared.app import Service
from shared.city.pack import City, load_city
from shared.city.problems import PackError, PackProblem, read_text
from shared.city.texts import load_texts
from shared.city.yaml_lines import parse_yaml


def check(stack: Stack, names: list[str]) -> int:
    """Tells of the packs named (a folder of deploy/cities, or a path), or of all; 1 if one cannot be used."""
    folders = [_folder(stack.root, name) for name in names] or sorted((stack.root / CITIES).glob("*/"))
    return max(_check(folder, stack.root) for folder in folders)


def _folder(root: Path, name: str) -> Path:
    folder = next((each for each in (root / CITIES / name, Path(name)) if each.is_dir()), None)
    if folder is None:
        raise StackError(f"no city pack at {root / CITIES / name}")
    return folder


def _check(folder: Path, root: Path) -> int:
    shown = folder.relative_to(root) if folder.is_relative_to(root) else folder
    errors, facts, weak = examine(folder)
    say(f"\n{shown}: {f'errors: {len(errors)}' if errors else 'can be used'}")
    for error in errors:
        say(f"  {str(error).replace(str(folder), str(shown), 1)}")
    _table("there is", facts)
    _table(f"missing or weak ({len(weak)})", weak)
    return 1 if errors else 0


def examine(folder: Path) -> tuple[list[PackProblem], list[Line], list[Line]]:
    """Errors, what is there, and what is missing or weak.

    Mistakes in what every service reads are told first; the rest can only be read when there are none.
    """
    try:
        city = load_city(folder)
    except PackError as error:
        return error.problems, [], []
    errors = _texts(city)
    facts, weak = list(pack_facts.facts(city)), list(pack_facts.weak(city, datetime.now(UTC).date()))
    for service in EVERY_SERVICE:
        if find_spec(f"{service.package}.pack") is None:
            continue
        look = getattr(import_module(f"{service.package}.pack"), "check", None)
        if look is None:
            raise StackError(f"{service.package}/pack.py needs check(city), as svc_laksa/pack.py has it")
        try:
            more, weaker = look(city)
        except PackError as error:
            errors += error.problems
        else:
            facts, weak = facts + list(more), weak + list(weaker)
    if errors:
        return errors, facts, weak
    return [*_roles(city), *_demo(city)], facts, weak + list(_unplayed(city))


def _texts(city: City) -> list[PackProblem]:
    """The mistakes a package would find when it lays the pack's texts over its own."""
    found: dict[PackProblem, None] = {}
    shared = Service("", "shared", "").folder
    for service in EVERY_SERVICE:
        try:
            load_texts([shared, Service("", service.package, "").folder], city.folder)
        except PackError as error:
            found |= dict.fromkeys(error.problems)
    return list(found)


def _known_roles() -> frozenset[str]:
    return frozenset().union(*(import_module(f"{s.package}.app").SERVICE.roles for s in EVERY_SERVICE))


def _roles(city: City) -> Iterator[PackProblem]:
    """Slips of the pen: which roles there are only the services know together."""
    from gateway.pack import read_demo_users

    known, path = _known_roles(), city.folder / "demo-users.yaml"
    lines = parse_yaml(read_text(path))[1]
    for index, member in enumerate(read_demo_users(city).staff):
        for role in sorted(set(member.roles) - known):
            line = lines["staff", index, "roles"]
            there = f"there are: {', '.join(sorted(known))}"
            yield PackProblem(path, line, f'staff: "{role}" is no role; {there}')


def _unplayed(city: City) -> Iterator[Line]:
    from gateway.pack import read_demo_users

    absent = sorted(_known_roles() - {role for each in read_demo_users(city).staff for role in each.roles})
    if absent:
        yield "demo-users.yaml", f"no demo person is {', '.join(absent)}"


def _demo(city: City) -> Iterator[PackProblem]:
    """What would stop `make demo`: only here are gateway and LAKSA known together."""
    from gateway.pack import read_demo_users
    from svc_laksa.pack import load_report_categories
    from svc_laksa.submissions.rules import check_answers

    path, demo = city.folder / "demo-users.yaml", read_demo_users(city)
    lines = parse_yaml(read_text(path))[1]
    category = load_report_categories(city).by_code.get(demo.walk.category)
    if category is None:
        yield PackProblem(path, lines["walk", "category"], "walk: category: is not in report-categories.yaml")
        return
    for answer, fault, _ in check_answers(category.questions, demo.walk.answers):
        line = lines.get(("walk", "answers", answer), lines.get(("walk", "answers"), lines["walk",]))
        yield PackProblem(path, line, f'walk: answers: "{answer}": {fault}')
    agency = category.route(city.areas.locate(demo.walk.point.lat, demo.walk.point.lon)).agency
    if not any(each.agency == agency and "laksa_officer" in each.roles for each in demo.staff):
        yield PackProblem(path, lines["walk",], f'walk: "{agency}" gets the report and has no officer here')


def _table(title: str, lines: list[Line]) -> None:
    if lines:
        say(f"  {title}")
    for file, what in lines:
        say(f"    {file:<24} {what}")
