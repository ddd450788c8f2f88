"""Real servers for every test: one PostgreSQL and one NATS a run, databases cloned from templates."""

import base64
import gc
import json
import os
import pickle
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from deploy.local.layout import SERVICES
from deploy.local.nats import Broker
from deploy.local.postgres import Cluster
from shared import migrate, openapi
from shared.city.pack import City, load_city
from shared.clock import ManualClock
from shared.settings import Settings
from shared.testing import Keys, free_port

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "deploy" / "cities" / "tangerang"


#: Where files start whole stacks, and take tens of seconds each.
HEAVY = ("security/fuzz", "local", "chaos", "journeys", "security")


def pytest_configure() -> None:
    """As shared.serve does: looking for garbage took a fifth of the time, and hardly anything is.

    And the 1,024 open files of an ordinary account are too few for a thousand connections and their servers.
    """
    gc.set_threshold(20_000, 20, 50)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pytest_collection_finish() -> None:
    """What was collected stays for the whole run."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Heavy files spread among the others: seldom two of them side by side, or one alone at the end."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    folders = {path: path.parent.relative_to(ROOT / "tests").as_posix() for path in files}
    heavy = sorted((p for p in files if folders[p] in HEAVY), key=lambda p: HEAVY.index(folders[p]))
    light = [path for path in files if path not in heavy]
    places = {path: (n / len(heavy), 0) for n, path in enumerate(heavy)}
    places |= {path: (n / len(light), 1) for n, path in enumerate(light)}
    items[:] = [item for path in sorted(files, key=places.__getitem__) for item in files[path]]


@pytest.fixture(scope="session", autouse=True)
def _documents_made_once() -> Iterator[None]:
    """An app's OpenAPI document takes half of its making and follows from its routes alone."""
    made: dict[Any, tuple[bytes, Any]] = {}

    def once(app: FastAPI, make: Callable[[FastAPI], dict[str, Any]] = openapi._document) -> dict[str, Any]:
        every = (context.original_route for context in iter_route_contexts(app.routes))
        routes = [route for route in every if getattr(route, "include_in_schema", False)]
        key = (app.title, *map(id, routes))
        if key not in made:
            made[key] = (
                pickle.dumps(make(app)),
                routes,
            )  # kept, so that no other route gets one of their ids
        document: dict[str, Any] = pickle.loads(made[key][0])  # a tenth of what deepcopy takes
        return document

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openapi, "_document", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _cities_read_once() -> Iterator[None]:
    """The packs of the repository do not change in a run, and nobody changes what was read; copies may."""
    read = lru_cache(load_city)

    def once(folder: Path) -> City:
        return read(folder) if folder.parent == PACK.parent else load_city(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.app.load_city", once)
        yield


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running PostgreSQL in a temporary folder."""
    cluster = Cluster(tmp_path_factory.mktemp("pg"), free_port(), durable=False)
    cluster.initdb()
    cluster.start()
    yield cluster
    cluster.stop()
    cluster.wipe()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running NATS with JetStream in a temporary folder."""
    server = Broker(tmp_path_factory.mktemp("nats"), free_port(2), durable=False)
    server.prepare()
    server.start()
    yield server
    server.stop()
    server.wipe()


@pytest.fixture(scope="session")
def elsewhere() -> str:
    """SERVICES of a gateway that hears every service's events, and reaches none of them."""
    nowhere = "http://127.0.0.1:1"
    return json.dumps([{"name": s.name, "url": nowhere, "prefixes": list(s.prefixes)} for s in SERVICES])


class Databases:
    """Clones of migrated templates: `new("svc_laksa")` answers the runtime role's URL."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._templates: dict[str, str] = {}
        self._made: list[str] = []

    def new(self, package: str) -> str:
        """A database of its own with the package's tables, in some 50 ms."""
        name = f"t_{uuid4().hex[:12]}"
        template = self._template(package)
        self._cluster.sql(
            f'CREATE DATABASE "{name}" OWNER "{package}_owner" TEMPLATE "{template}" STRATEGY FILE_COPY'
        )  # page by page through the log, as otherwise, takes twice as long
        self._made.append(name)
        return self._cluster.url(name, package, package)

    def apart(self) -> "Databases":
        """Others from the same templates, which `drop_all` here leaves alone."""
        others = Databases(self._cluster)
        others._templates = self._templates
        return others

    def owner_url(self, url: str) -> str:
        """The owner's URL of a database made here: what a tampering administrator could use."""
        name = url.rpartition("/")[2]
        return self._cluster.url(name, f"{self._package(url)}_owner", self._package(url))

    def drop_all(self) -> None:
        """Drops what `new` made since the last call."""
        for name in self._made:
            self._cluster.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._made.clear()

    @staticmethod
    def _package(url: str) -> str:
        return url.split("//")[1].partition(":")[0]

    def _template(self, package: str) -> str:
        if package not in self._templates:
            owner, name = f"{package}_owner", f"template_{package}"
            self._cluster.ensure_role(owner, package)
            self._cluster.ensure_role(package, package)
            self._cluster.ensure_database(name, owner, package)
            owner_url = self._cluster.url(name, owner, package)
            with ThreadPoolExecutor(1) as pool:  # an event loop may be running in this thread
                pool.submit(migrate.upgrade, package, owner_url, package).result()
            self._templates[package] = name
        return self._templates[package]


@pytest.fixture(scope="session")
def _databases(postgres: Cluster) -> Databases:
    return Databases(postgres)


@pytest.fixture(scope="session")
def lasting_databases(_databases: Databases) -> Iterator[Databases]:
    """Databases for what several modules share: `databases` drops its own after each module."""
    lasting = _databases.apart()
    yield lasting
    lasting.drop_all()


@pytest.fixture(scope="module")
def databases(_databases: Databases) -> Iterator[Databases]:
    """Databases for one module, dropped after it."""
    yield _databases
    _databases.drop_all()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """The gateway's key pair."""
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def settings_for(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`settings_for(LaksaSettings, database_url, **more)`: all settings; no broker without `nats_url`."""
    secret = base64.b64encode(os.urandom(32)).decode()
    media = tmp_path_factory.mktemp("media")

    def make(kind: type[Settings], database_url: str, **more: Any) -> Settings:
        values = {
            "environment": "test",
            "database_url": database_url,
            "nats_url": "nats://127.0.0.1:1",
            "city_pack": PACK,
            "identity_jwks": keys.public,
            "identity_key": keys.private,
            "field_keys": json.dumps({"k1": secret}),
            "lookup_key": secret,
            "media_signing_key": secret,
            "media_url": f"file://{media}",
            "rate_file": media / f"rates-{uuid4().hex}",
        }
        return kind(**{**values, **more})

    return make
