"""Alerts, their runbooks, and what `make monitoring` writes."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import monitoring
from deploy.local.errors import StackError
from deploy.local.layout import Stack, stack_from
from tests.conftest import ROOT

FOLDER, BOOKS = ROOT / "deploy" / "monitoring", ROOT / "deploy" / "runbooks"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not here: install prometheus, or name it in PROMTOOL"
)
PARTS = [
    "What it means for residents",
    "How to look",
    "What to do",
    "How to know that it is over",
]


def alerts() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in sorted((FOLDER / "rules").glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule]


def pages() -> list[Path]:
    return sorted(path for path in BOOKS.glob("*.md") if path.name != "README.md")


def promtool(*arguments: str, cwd: Path = FOLDER) -> str:
    """What it printed; it must be content."""
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *arguments], cwd=cwd, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_promtool_accepts_the_rules_and_every_alert_fires_when_it_should_and_only_then() -> None:
    promtool("check", "rules", *(str(path) for path in sorted((FOLDER / "rules").glob("*.yml"))))
    promtool("test", "rules", "tests/rules.yml")


def test_every_alert_is_tried_firing_and_quiet() -> None:
    *firing, quiet = yaml.safe_load((FOLDER / "tests" / "rules.yml").read_text())["tests"]
    named = {rule["alert"] for rule in alerts()}
    tried = {t["alertname"] for test in firing for t in test["alert_rule_test"] if t["exp_alerts"]}
    assert named == tried == {test["alertname"] for test in quiet["alert_rule_test"]}
    assert all(test["exp_alerts"] == [] for test in quiet["alert_rule_test"])


def test_every_alert_has_severity_summary_and_a_runbook_of_its_own() -> None:
    named = [rule["alert"] for rule in alerts()]
    assert len(named) == len(set(named)) > 15
    books = [rule["annotations"]["runbook"] for rule in alerts()]
    assert [book for book in books if not (ROOT / book).is_file()] == []
    assert len(set(books)) == len(books)
    assert {rule["labels"]["severity"] for rule in alerts()} <= {"page", "ticket", "note"}
    assert all(rule["annotations"]["summary"].endswith(".") for rule in alerts())


def test_every_runbook_is_reached_from_the_list_and_has_its_four_parts() -> None:
    listed = re.findall(r"\(([a-z-]+)\.md\)", (BOOKS / "README.md").read_text())
    assert sorted(listed) == [path.stem for path in pages()]
    for path in pages():
        parts = re.findall(r"^## (.+)$", path.read_text(), re.M)
        assert parts == PARTS, path.name
    for rule in alerts():
        assert f"| {rule['alert']} | {rule['labels']['severity']} |" in (BOOKS / "README.md").read_text()


def test_every_command_and_link_of_the_runbooks_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    for path in [*pages(), BOOKS / "README.md", FOLDER / "README.md"]:
        text = path.read_text()
        code = " ".join(
            re.findall(r"`([^`]+)`|```\n(.*?)```", text, re.S)
            and re.findall(r"`[^`]+`|```.*?```", text, re.S)
        )
        named = set(re.findall(r"\bmake ([a-z][a-z-]+)", code))
        assert named - targets == set(), path.name
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack that was started once, with three gateway workers and one service."""
    made = stack_from({"RUN_FOLDER": str(tmp_path), "GATEWAY_WORKERS": "3", "ONLY": "laksa"}, ROOT)
    made.remember()
    return made


def test_make_monitoring_writes_every_process_of_the_stack_as_a_target(stack: Stack, tmp_path: Path) -> None:
    later = stack_from({"RUN_FOLDER": str(tmp_path)}, ROOT)
    assert monitoring.write(later) == 0
    targets = json.loads((tmp_path / "monitoring" / "targets" / "city.json").read_text())
    assert {t["labels"]["process"]: t["targets"] for t in targets} == {
        "gateway": ["127.0.0.1:8010"],
        "gateway-1": ["127.0.0.1:8011"],
        "gateway-2": ["127.0.0.1:8012"],
        "laksa": ["127.0.0.1:8021"],
    }
    if PROMTOOL is not None:
        promtool("check", "config", "prometheus.yml", cwd=tmp_path / "monitoring")


def test_make_monitoring_says_so_where_nothing_was_ever_started(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="make up"):
        monitoring.write(stack_from({"RUN_FOLDER": str(tmp_path)}, ROOT))
