"""/docs/errors: every code that any service can answer, in both languages and in the city's own words."""

import re
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.layout import EVERY_SERVICE
from gateway.app import create_app
from gateway.documents import documents, rules
from gateway.edge.catalogue import Catalogue
from gateway.settings import GatewaySettings
from shared.city.texts import load_texts
from shared.clock import ManualClock
from shared.settings import ServiceAddress, Settings
from shared.testing import in_process
from tests.conftest import PACK, ROOT

HOSTILE = {
    "status": 400,
    "id": {"title": "<script>x", "detail": "{n} & \"'"},
    "en": {"title": "t", "detail": "d"},
}


def texts_of(name: str, package: str) -> set[str]:
    """The codes a package's own files and the shared ones define."""
    texts = load_texts([ROOT / "shared" / "shared", ROOT / name / package])
    found = (re.fullmatch(r"problem\.(\w+)\.title", key) for key in texts.names())
    return {match[1] for match in found if match}


def settings_class(package: str) -> type[Settings]:
    """The service's own settings; a frame has those of every process."""
    found = vars(import_module(f"{package}.settings")).values()
    own = [
        c
        for c in found
        if isinstance(c, type) and issubclass(c, Settings) and c.__module__ == f"{package}.settings"
    ]
    return own[0] if own else Settings


@pytest.fixture
def front(settings_for: Callable[..., Any], clock: ManualClock) -> Callable[..., FastAPI]:
    """The gateway in front of every service, none of which runs."""

    def make(**more: Any) -> FastAPI:
        addresses = [
            ServiceAddress(name=s.name, url="http://127.0.0.1:1", prefixes=s.prefixes)
            for s in EVERY_SERVICE
            if s.package != "gateway"
        ]
        url = "postgresql://nobody@127.0.0.1:1/none"
        return create_app(settings_for(GatewaySettings, url, services=addresses, **more), clock)

    return make


async def page(app: FastAPI) -> str:
    async with in_process(app) as client:
        return await text(client)


async def text(client: AsyncClient) -> str:
    answer = await client.get("/docs/errors")
    assert answer.status_code == 200
    return answer.text


async def test_every_code_that_any_service_s_texts_define_is_on_the_page(
    front: Callable[..., FastAPI], settings_for: Callable[..., Any], clock: ManualClock
) -> None:
    gateway = front()
    catalogue: Catalogue = gateway.state.runtime.part(Catalogue)
    wanted = set()
    for service in EVERY_SERVICE:
        wanted |= texts_of(service.name, service.package)
        if service.package != "gateway":
            settings = settings_for(settings_class(service.package), "postgresql://nobody@127.0.0.1:1/none")
            made = import_module(f"{service.package}.app").create_app(settings, clock)
            assert catalogue.offer(service.name, service.name, made.openapi()) is None
    shown = await page(gateway)
    ids = re.findall(r'<tr id="(\w+)"', shown)
    assert set(ids) == wanted
    assert len(ids) == len(set(ids)) > 80
    assert shown.count('<td lang="id">') == shown.count('<td lang="en">') >= len(ids)


async def test_the_type_of_a_problem_leads_to_its_place_on_the_page(front: Callable[..., FastAPI]) -> None:
    async with in_process(front()) as client:
        problem = (await client.get("/v1/nothing")).json()
        path, _, place = problem["type"].partition("#")
        assert path == "/docs/errors"
        assert f'<tr id="{place}">' in await text(client)
        assert f"<td>{problem['status']}</td>" in (await text(client)).split(f'id="{place}"')[1][:200]


async def test_a_city_s_own_words_stand_there_without_a_release(
    front: Callable[..., FastAPI], tmp_path: Path
) -> None:
    pack = tmp_path / "city"
    shutil.copytree(PACK, pack)
    for language, words in (
        ("id", "Alamat ini tidak ada di kota kami"),
        ("en", "Our city has no such address"),
    ):
        with (pack / "texts" / f"{language}.yaml").open("a") as file:
            file.write(f'\nproblem.not_found.title: "{words}"\n')
    shown = await page(front(city_pack=pack))
    assert "Alamat ini tidak ada di kota kami" in shown
    assert "Our city has no such address" in shown


def test_what_a_service_says_is_text_and_never_markup() -> None:
    shown = bytes(documents.errors_page({"gateway": {}, "svc-<b>": {"odd": HOSTILE}}).body).decode()
    assert "<script>x" not in shown
    assert "svc-<b>" not in shown
    assert "&lt;script&gt;x" in shown
    assert "… &amp; &quot;&#x27;" in shown


def test_another_wording_of_another_service_stands_below_the_first() -> None:
    other = {**HOSTILE, "en": {"title": "Another", "detail": "d"}}
    told = {"gateway": {"odd": HOSTILE}, "svc-a": {"odd": HOSTILE}, "svc-b": {"odd": other}}
    shown = bytes(documents.errors_page(told).body).decode()
    assert shown.count('id="odd"') == 1
    assert "gateway, svc-a" in shown
    assert "<b>Another</b>" in shown


@pytest.mark.parametrize(
    "told", ["words", ["odd"], {"odd": "words"}, {"odd": {"id": {"title": "t"}}}, {'"><b>': HOSTILE}]
)
def test_a_document_whose_problem_texts_cannot_be_shown_is_refused(told: Any) -> None:
    assert rules.why_refused({"paths": {}, "x-problems": told}, ["/v1/a"], []) == "x-problems is not valid"
    assert rules.why_refused({"paths": {}, "x-problems": {"odd": HOSTILE}}, ["/v1/a"], []) is None
