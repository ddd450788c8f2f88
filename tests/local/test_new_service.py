"""`make new-service`: what it writes passes every check, runs, and answers through the gateway."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.errors import StackError
from deploy.local.new_service import write_service
from deploy.local.registry import MOST_SERVICES, find_services
from tests.local.conftest import ROOT, environment_of, free_stack

PATH = "/v1/parks/announcements"


def copy_of_the_repository(to: Path) -> Path:
    """Every file that git knows or would know."""
    listed = ["git", "ls-files", "-co", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True).stdout.splitlines():
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    subprocess.run(["git", "init", "--quiet"], cwd=to, check=True)  # the shape test asks git for the sources
    return to


def run(root: Path, *words: str, **environment: str) -> str:
    """A Python command in the copy, on the copy's own packages; what it printed."""
    packages = [root, root / "svc-parks", *(file.parent for file in root.glob("*/pyproject.toml"))]
    paths = {"PYTHONPATH": os.pathsep.join(map(str, packages)), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=root, env=os.environ | environment | paths,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, f"{words}\n{done.stdout[-6_000:]}\n{done.stderr[-2_000:]}"
    return done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "usage: make new-service NAME=parks"),
        ("Parks", "lower-case letters"),
        ("9parks", "a letter first"),
        ("city-parks", "lower-case letters"),
        ("p" * 21, "2 to 20"),
        ("gateway", "means something else"),
        ("dead", "means something else"),
        ("class", "means something else"),
        ("pgbouncer", "means something else"),
        ("news", "there is a svc-news already"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_and_nothing_is_written(name: str, said: str) -> None:
    before = sorted(ROOT.glob("svc-*"))
    with pytest.raises(StackError, match=said):
        write_service(ROOT, name)
    assert sorted(ROOT.glob("svc-*")) == before


def test_a_service_that_does_not_fit_beside_the_others_is_refused(tmp_path: Path) -> None:
    def service(name: str, text: str) -> None:
        (tmp_path / f"svc-{name}").mkdir(exist_ok=True)
        (tmp_path / f"svc-{name}" / "pyproject.toml").write_text(f"[tool.city]\n{text}")

    service("one", 'offset = 1\nprefixes = ["/v1/one"]')
    assert [(s.name, s.ops_offset) for s in find_services(tmp_path)] == [("svc-one", 21)]
    for text, said in (
        ('offset = 1\nprefixes = ["/v1/two"]', "both want offset 1"),
        ('offset = 2\nprefixes = ["/v1/one"]', "both want the paths below /v1/one"),
        ("offset = 10\nprefixes = []", "offset must be 1 to 9"),
        ('offset = 2\nprefixes = "/v1/two"', "prefixes must be a list"),
    ):
        service("two", text)
        with pytest.raises(StackError, match=said):
            find_services(tmp_path)
    for number in range(1, MOST_SERVICES + 1):
        service(f"n{number}", f"offset = {number}\nprefixes = []")
    shutil.rmtree(tmp_path / "svc-one")
    shutil.rmtree(tmp_path / "svc-two")
    with pytest.raises(StackError, match="has ports for 9 services"):
        write_service(tmp_path, "parks")


def test_what_is_written_passes_the_checks_and_its_own_tests(tmp_path: Path) -> None:
    root = copy_of_the_repository(tmp_path)
    printed = run(root, "deploy.local.new_service", "parks")
    assert "svc-parks is written" in printed
    written = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    left = [name for name in written if "xample" in (root / name).read_text() + name]
    assert left == []
    python = [name for name in written if name.endswith(".py")]
    run(root, "ruff", "check", "--no-cache", *python)
    run(root, "ruff", "format", "--no-cache", "--check", *python)
    tests = ["tests/test_shape.py", "tests/contracts/test_samples.py", "tests/svc_parks"]
    # what of the whole repository is checked elsewhere would fail here a second time
    whole = "not shared_stays_small and not over_its_size"
    passed = run(root, "pytest", "-q", "-p", "no:cacheprovider", "-k", whole, *tests)
    assert "failed" not in passed


@pytest.fixture
def small_town(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str], str]]:
    """A copy with one service, whose stack runs; its environment and the gateway's address."""
    root = copy_of_the_repository(tmp_path / "copy")
    for folder in [f for f in root.glob("svc-*") if f.name != "svc-news"]:
        shutil.rmtree(folder)
    stack = free_stack(tmp_path / "run")
    environment = environment_of(stack)
    try:
        run(root, "deploy.local", "up", **environment)
        yield root, environment, stack.gateway_url
    finally:
        run(root, "deploy.local", "reset", **environment)


def test_a_new_service_joins_a_running_stack_and_answers_through_the_gateway(
    small_town: tuple[Path, dict[str, str], str],
) -> None:
    root, environment, gateway = small_town
    folder = Path(environment["RUN_FOLDER"])
    before = (folder / "pids" / "news").read_text()
    began = time.monotonic()
    run(root, "deploy.local.new_service", "parks")
    assert "Joined: parks" in run(root, "deploy.local", "up", **environment)
    demo = json.loads((folder / "demo.json").read_text())
    key = {"X-Api-Key": demo["api_keys"]["web"]}
    while (answer := httpx.get(gateway + PATH, headers=key)).status_code != 200:
        assert time.monotonic() - began < 120, answer.text
        time.sleep(0.1)
    print(f"\n  first answer {time.monotonic() - began:.1f} s after the command")
    assert answer.json() == {"items": [], "next": None}
    assert (folder / "pids" / "news").read_text() == before, "the others run on"
    assert len(demo["metrics"]) == 3
    assert run(root, "deploy.local", "status", **environment).count("ready") == 5
    assert "already up" in run(root, "deploy.local", "up", **environment)
