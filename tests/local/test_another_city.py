"""Another city needs no code: the stack on the pack `contoh`, a regency with desa and six working days."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local import city
from deploy.local.errors import StackError
from deploy.local.layout import Stack, stack_from
from deploy.local.records import still_running
from shared.city.pack import load_city
from tests.local.conftest import ROOT, call, command, environment_of, free_stack

CONTOH = load_city(ROOT / "deploy" / "cities" / "contoh")


def _run(stack: Stack, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    settings = environment_of(stack) | more
    return subprocess.run(words, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=180)


@pytest.fixture(scope="module")
def contoh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Gateway and LAKSA of Kabupaten Contoh, started as `make up CITY=contoh` does."""
    stack = free_stack(tmp_path_factory.mktemp("contoh") / "run")
    done = _run(stack, *command("up"), CITY="contoh", ONLY="laksa")
    assert done.returncode == 0, done.stdout + done.stderr
    yield stack
    call(stack, "reset")


@pytest.fixture(scope="module")
def demo(contoh: Stack) -> dict[str, Any]:
    """demo.json of the stack."""
    found: dict[str, Any] = json.loads((contoh.folder / "demo.json").read_text())
    return found


def _get(demo: dict[str, Any], path: str) -> Any:
    answer = httpx.get(demo["gateway"] + path, headers={"X-Api-Key": demo["api_keys"]["web"]}, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_report_goes_from_phone_to_done_in_another_regency(contoh: Stack, demo: dict[str, Any]) -> None:
    walked = _run(contoh, sys.executable, "-m", "deploy.local.demo")
    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert "my requests" in walked.stdout.lower()
    (report,) = _get(demo, "/v1/laksa/reports")["items"]
    assert (report["state"]["code"], report["agency"]["code"]) == ("done", "dinas-pu")
    assert report["area"] == {
        "village": {"code": "99.01.05.2003", "label": "Cendana"},
        "district": {"code": "99.01.05", "label": "Demo Kayu"},
        "approximate": False,
    }


def test_its_times_and_deadlines_are_those_of_its_zone_and_its_six_working_days(demo: dict[str, Any]) -> None:
    (report,) = _get(demo, "/v1/laksa/reports")["items"]
    received = datetime.fromisoformat(report["received_at"])
    due = datetime.fromisoformat(report["deadline"]["due_at"])
    assert report["received_at"].endswith("+09:00")
    assert report["deadline"]["due_at"].endswith("+09:00")
    assert due == CONTOH.calendar.add_working_days(received, 10)
    tangerang = load_city(ROOT / "deploy" / "cities" / "tangerang")
    assert due < tangerang.calendar.add_working_days(received, 10)


def test_its_places_and_its_words_are_its_own(demo: dict[str, Any]) -> None:
    headers = {"X-Api-Key": demo["api_keys"]["web"]}
    asked = httpx.post(
        demo["gateway"] + "/v1/laksa/places/locate", json={"text": "desa sukamaju"}, headers=headers
    )
    first, second = asked.json()["items"]
    assert [place["kind"]["label"] for place in (first, second)] == ["desa", "desa"]
    assert {place["district"]["label"] for place in (first, second)} == {"Demo Bunga", "Demo Kembang"}
    assert len(_get(demo, "/v1/laksa/agencies")["items"]) == 19
    assert {group["code"] for group in _get(demo, "/v1/laksa/categories")["groups"]} == {
        "prasarana",
        "lingkungan",
        "layanan",
        "perlindungan",
    }


def test_one_installation_serves_one_city(contoh: Stack) -> None:
    refused = _run(contoh, *command("up"), CITY="tangerang")
    assert refused.returncode == 1
    assert "is of the city contoh, and one installation serves one city" in refused.stderr
    assert "make up CITY=tangerang RUN_FOLDER=.run-tangerang" in refused.stderr
    assert still_running(contoh.folder)
    assert city.settled(stack_from({"RUN_FOLDER": str(contoh.folder)}, ROOT)).city == "contoh"


def test_a_city_without_a_pack_or_with_a_broken_one_is_refused_before_anything_starts(tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    with pytest.raises(StackError, match=r"no city pack at .*nirgends.*contoh, tangerang"):
        city.settled(stack_from({"RUN_FOLDER": folder, "CITY": "nirgends"}, ROOT))
    (tmp_path / "city.yaml").write_text("code: A B\n", encoding="utf-8")
    with pytest.raises(StackError, match=r"(?s)cannot be used:\n.*city\.yaml:1: code: String should"):
        city.settled(stack_from({"RUN_FOLDER": folder, "CITY_PACK": str(tmp_path)}, ROOT))
    assert not os.path.exists(folder)
