"""Know one service, know all: the same files everywhere, every route states its caller, nothing too long."""

import ast
import configparser
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from deploy.local.layout import EVERY_SERVICE
from shared import errors
from shared.app import Service
from shared.city.texts import load_texts
from shared.routes import CityRoute

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {service.package: ROOT / service.name for service in EVERY_SERVICE}
HEADINGS = ["Does", "Tables", "Endpoints", "Tells the city", "Listens to", "Run alone"]
#: What a slice may contain.
ROOMS = (
    "api",
    "subscribers",
    "timers",
    "documents",
    "usecases",
    "queries",
    "models",
    "schemas",
    "client",
    "rules",
)
#: Nothing inside imports where the outside comes in.
ENTRANCES = ("api", "subscribers", "timers")
#: A room uses rooms of its own level or a higher one; schemas, documents and client stand beside.
LEVEL = {"usecases": 1, "queries": 2, "models": 2, "rules": 3}
MEANINGLESS = re.compile(r"(^|/)(helpers?|utils?|common|constants|misc|manager|base)\.py$")
#: Lines of code: the plumbing, and the reader of a city's pack, a library of its own (DECISIONS 10).
PLUMBING_LINES, PACK_LINES = 3_760, 900


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"], cwd=ROOT, capture_output=True
    )
    return [ROOT / line for line in listed.stdout.decode().split() if (ROOT / line).exists()]


def slices(package: str) -> Iterator[Path]:
    """The feature folders of a package."""
    for folder in sorted((PACKAGES[package] / package).iterdir()):
        if (folder / "__init__.py").exists() and folder.name not in ("migrations", "edge"):
            yield folder


def own_classes(module: str, kind: type) -> list[type]:
    found: list[type] = []
    waiting = list(kind.__subclasses__())
    while waiting:
        child = waiting.pop()
        waiting += child.__subclasses__()
        if child.__module__.split(".")[0] == module:
            found.append(child)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_service_has_the_same_files(package: str) -> None:
    inside = PACKAGES[package] / package
    wanted = [
        "app.py",
        "settings.py",
        "db.py",
        "__main__.py",
        "texts/id.yaml",
        "texts/en.yaml",
        "migrations/versions",
    ]
    assert [name for name in wanted if not (inside / name).exists()] == []
    readme = (PACKAGES[package] / "README.md").read_text()
    assert [h for h in HEADINGS if f"\n## {h}\n" not in readme] == []


def test_every_service_is_kept_apart_from_the_others_and_stands_in_the_readme() -> None:
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    apart, roots = set(PACKAGES), {"shared", *PACKAGES}
    assert set(rules["importlinter"]["root_packages"].split()) == roots
    assert set(rules["importlinter:contract:apart"]["modules"].split()) == apart
    assert set(rules["importlinter:contract:shared"]["forbidden_modules"].split()) == apart
    readme = (ROOT / "README.md").read_text()
    assert [s.name for s in EVERY_SERVICE if f"| [{s.name}]({s.name}/README.md) |" not in readme] == []


def test_neither_the_gateway_nor_shared_names_a_service() -> None:
    """A service joins by its own declarations; what a docstring gives as an example is no dependence."""
    others = "|".join(s.short for s in EVERY_SERVICE if s.package != "gateway")
    name = re.compile(rf"^({others})$|svc[-_]({others})|/v1/({others})")
    named = [
        f"{path.relative_to(ROOT)}: {text!r}"
        for path in sources()
        if path.is_relative_to(ROOT / "gateway") or path.is_relative_to(ROOT / "shared")
        if not {"contracts", "migrations"} & set(path.parts)
        for text in strings(ast.parse(path.read_text()))
        if name.search(text)
    ]
    assert named == []


def strings(tree: ast.Module) -> Iterator[str]:
    """Every text of a module but its docstrings."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.mark.parametrize("package", PACKAGES)
def test_a_slice_has_only_the_rooms_everybody_knows(package: str) -> None:
    strangers = [
        str(path.relative_to(ROOT))
        for folder in slices(package)
        for path in folder.glob("*.py")
        if path.stem not in (*ROOMS, "__init__")
    ]
    assert strangers == []


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way_and_never_into_an_entrance(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {target}"
        for folder in slices(package)
        for path in folder.glob("*.py")
        for target in _imports(path, package)
        if not _allowed(path, target)
    ]
    assert wrong == []


def _imports(path: Path, package: str) -> Iterator[tuple[str, str]]:
    """(slice, room) of every import from the package's own slices."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(f"{package}."):
            continue
        parts = (node.module or "").split(".")[1:]
        if len(parts) == 1:
            yield from ((parts[0], alias.name) for alias in node.names if alias.name in ROOMS)
        elif parts[0] != "edge":
            yield parts[0], parts[1]


def _allowed(path: Path, target: tuple[str, str]) -> bool:
    folder, room = target
    if room in ENTRANCES:
        return False
    if folder != path.parent.name:
        return room != "queries" or path.stem in (*ENTRANCES, "usecases")
    return LEVEL.get(path.stem, 0) <= LEVEL.get(room, 9)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_route_states_who_may_call_it(package: str) -> None:
    import_module(f"{package}.app")
    service: Service = import_module(f"{package}.app").SERVICE
    routes = [c.original_route for router in service.routers for c in iter_route_contexts(router.routes)]
    assert all(isinstance(route, CityRoute) and route.city.audience for route in routes)


def test_every_role_a_route_asks_for_belongs_to_a_service() -> None:
    every: list[Service] = [import_module(f"{package}.app").SERVICE for package in PACKAGES]
    routers = [router for service in every for router in service.routers]
    routes = [c.original_route for router in routers for c in iter_route_contexts(router.routes)]
    names = {name for route in routes if isinstance(route, CityRoute) for name in route.city.audience}
    asked = {name.removeprefix("staff:") for name in names if name.startswith("staff:")}
    assert asked - frozenset().union(*(service.roles for service in every)) == set()
    assert asked > {"laksa_officer", "ops"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_problem_of_a_package_has_texts_in_both_languages(package: str) -> None:
    import_module(f"{package}.app")
    texts = load_texts([ROOT / "shared" / "shared", PACKAGES[package] / package])
    wanted = {
        f"problem.{kind.code}.{part}"  # type: ignore[attr-defined]
        for kind in own_classes(package, errors.Problem)
        for part in ("title", "detail")
    }
    assert sorted(key for key in wanted if not texts.has(key)) == []
    assert texts.missing() == []


def test_no_file_is_over_its_size() -> None:
    def limit(path: Path) -> int:
        return 400 if "tests" in path.parts else 300

    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in sources()
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > limit(path)
    ]
    assert long == []


def test_shared_stays_small() -> None:
    pack, plumbing = 0, 0
    for path in sources():
        if path.is_relative_to(ROOT / "shared") and not {"contracts", "migrations"} & set(path.parts):
            lines = _code_lines(path.read_text())
            in_pack = path.is_relative_to(ROOT / "shared" / "shared" / "city")
            pack, plumbing = pack + lines * in_pack, plumbing + lines * (not in_pack)
    assert plumbing < PLUMBING_LINES
    assert pack < PACK_LINES


def test_the_reader_of_the_pack_knows_nothing_of_the_plumbing() -> None:
    folder = ROOT / "shared" / "shared" / "city"
    strangers = [
        f"{path.name}: {name}"
        for path in folder.glob("*.py")
        for name in re.findall(r"^(?:from|import) (shared[.a-z_]*)", path.read_text(), re.MULTILINE)
        if not name.startswith("shared.city")
    ]
    assert strangers == []


def _code_lines(source: str) -> int:
    """Lines that are code: no blank ones, no comments, no docstrings."""
    prose: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(1 for n, text in lines if n not in prose and text.strip() and not text.strip().startswith("#"))


def test_no_room_is_named_after_nothing() -> None:
    assert [str(p) for p in sources() if MEANINGLESS.search(str(p))] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p.relative_to(ROOT)) for p in sources() if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []


def test_only_the_database_module_commits_and_only_shared_reads_the_clock() -> None:
    clock = re.compile(r"datetime\.(now|utcnow)\(|\btime\.time\(|func\.now\(|\bdate\.today\(")
    found = []
    for path in sources():
        if path.is_relative_to(ROOT / "tests") or path.is_relative_to(ROOT / "deploy"):
            continue
        text = path.read_text()
        if re.search(r"\.commit\(\)", text) and path != ROOT / "shared" / "shared" / "db.py":
            found.append(f"{path.relative_to(ROOT)}: commit")
        if clock.search(text) and not path.is_relative_to(ROOT / "shared"):
            found.append(f"{path.relative_to(ROOT)}: clock")
    assert found == []


def test_nothing_listens_beyond_loopback_and_no_slow_middleware_is_used() -> None:
    word = re.compile("BaseHTTP" + r"Middleware|(?<!\d)0\.0\.0" + r"\.0(?!/)")
    assert [str(p.relative_to(ROOT)) for p in sources() if word.search(p.read_text())] == []


def test_every_command_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)", (ROOT / "README.md").read_text()))
    assert len(named) >= 8
    assert named - targets == set()


def test_decisions_have_their_five_lines() -> None:
    text = (ROOT / "DECISIONS.md").read_text()
    blocks = re.split(r"^## \d+\. ", text, flags=re.M)[1:]
    lines = ["Context:", "Decision:", "Consequence:", "Obeys:", "Guards:"]
    assert [
        block.splitlines()[0] for block in blocks if any(f"- {line}" not in block for line in lines)
    ] == []
