"""menus.yaml of the packs: what stands in ours, and what a slip of the pen is answered with."""

import shutil
from importlib import import_module
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from deploy.local.layout import EVERY_SERVICE
from gateway import pack
from gateway.pack_menus import check_menus, load_menus
from shared.city.pack import City, load_city
from shared.city.problems import PackError
from shared.routes import CityRoute

CITIES = Path(__file__).resolve().parents[3] / "deploy" / "cities"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "contoh"
    shutil.copytree(CITIES / "contoh", folder)
    return folder


@pytest.fixture(scope="module")
def contoh(copied: Path) -> City:
    return load_city(copied)


def test_tangerang_has_14_services_and_36_menus_and_another_city_its_own(contoh: City) -> None:
    tangerang = load_menus(load_city(CITIES / "tangerang"))
    assert len(tangerang.services) == 14
    assert sum(len(service.menus) for service in tangerang.services) == 36
    theirs = load_menus(contoh)
    assert 0 < len(theirs.services) < 14
    assert {menu.source for menu in theirs.menus()} == {"demo"}


def routes_of(package: str) -> list[CityRoute]:
    """Every route of a service, or of the gateway."""
    routers = import_module(f"{package}.app").SERVICE.routers
    found = [context.original_route for router in routers for context in iter_route_contexts(router.routes)]
    return [route for route in found if isinstance(route, CityRoute)]


def test_every_menu_that_a_service_states_is_in_the_list_of_tangerang() -> None:
    routes = [route for service in EVERY_SERVICE for route in routes_of(service.package)]
    stated = {route.city.menu for route in routes if route.city.menu is not None}
    assert len(stated) >= 7
    assert stated <= {menu.id for menu in load_menus(load_city(CITIES / "tangerang")).menus()}


def test_every_path_of_a_menu_is_served_once_its_service_serves_anything() -> None:
    """A service that is still a frame may come with its paths later."""
    served = {service.prefixes: {r.path for r in routes_of(service.package)} for service in EVERY_SERVICE}
    astray = [
        f"{city.name}: {link}"
        for city in sorted(CITIES.iterdir())
        for link in {menu.link for menu in load_menus(load_city(city)).menus() if menu.state == "native"}
        if link is not None and not any(_leads(link.partition("?")[0], *each) for each in served.items())
    ]
    assert astray == []


def _leads(path: str, prefixes: tuple[str, ...], paths: set[str]) -> bool:
    own = [prefix for prefix in prefixes if path.startswith(prefix)]
    return path in paths or (bool(own) and not any(each.startswith(own[0]) for each in paths))


def test_the_roles_of_staff_menus_are_roles_of_services() -> None:
    known = set().union(*(import_module(f"{s.package}.app").SERVICE.roles for s in EVERY_SERVICE))
    for city in CITIES.iterdir():
        named = {role for menu in load_menus(load_city(city)).staff for role in menu.roles}
        assert named <= known


def test_a_check_of_the_pack_counts_the_menus_and_says_what_is_weak(contoh: City) -> None:
    there, weak = pack.check(contoh)
    assert ("menus.yaml", "4 services, 6 menus, 1 of the staff") in there
    assert any("until a provider declares them: jadwal-perahu" in what for _, what in weak)


def test_every_menu_of_tangerang_says_who_named_it_and_a_check_counts_those_nobody_did() -> None:
    tangerang = load_city(CITIES / "tangerang")
    shown = [menu for service in load_menus(tangerang).services for menu in service.menus]
    named = [menu.id for menu in shown if ".md" in menu.source]
    doubtful = [menu.id for menu in shown if "unverified" in menu.source]
    assert set(named) | set(doubtful) == {menu.id for menu in shown}
    assert {"call-112", "e-kir"}.isdisjoint(doubtful)
    assert {"pbb", "online-permits"} <= set(doubtful)
    [told] = [what for file, what in check_menus(tangerang)[1] if "unverified" in what]
    assert told.startswith(f"{len(doubtful)} of 36 unverified: agenda, ktp-el, ")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('state: linked, link: "https://contoh.example/"', "state: linked", "needs the address"),
        ("link: /v1/laksa/reports/mine", 'link: "javascript:alert(1)"', "neither a path"),
        ("state: native, link: /v1/laksa/reports,", "state: open,", "'native', 'linked' or 'unavailable'"),
        ("{id: my-reports,", "{id: make-report,", "used twice"),
        ("platforms: [android, web]", "platforms: [android, nokia]", "'android', 'ios' or 'web'"),
        ("icon: boat, state: unavailable", "icon: boat, colour: red, state: unavailable", "Extra inputs"),
    ],
)
def test_a_slip_is_told_with_file_and_line(
    copied: Path, contoh: City, wrong: str, right: str, said: str
) -> None:
    path = copied / "menus.yaml"
    good = path.read_text()
    line = 1 + good[: good.index(wrong)].count("\n")
    path.write_text(good.replace(wrong, right))
    with pytest.raises(PackError) as error:
        load_menus(contoh)
    path.write_text(good)
    assert f"menus.yaml:{line}:" in str(error.value)
    assert said in str(error.value)


def test_a_pack_may_do_without_menus(copied: Path, contoh: City) -> None:
    path = copied / "menus.yaml"
    kept = path.read_text()
    path.unlink()
    there, weak = check_menus(contoh)
    path.write_text(kept)
    assert (there, len(weak)) == ([], 1)
