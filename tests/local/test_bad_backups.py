"""Backups that are not whole, and restores that fail: what is there stays there."""

import json
import re
import shutil
from pathlib import Path

import pytest

from deploy.local import lifecycle
from deploy.local.errors import StackError
from deploy.local.keeping import archive
from deploy.local.keeping.aside import kept_aside
from deploy.local.keeping.programs import for_libpq
from deploy.local.layout import Stack
from deploy.local.unprivileged import Account
from tests.local.conftest import ROOT, call, free_stack
from tests.local.unreal import damage, unreal_backup


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unreal_backup(tmp_path_factory.mktemp("archive"))


def test_a_whole_backup_opens_and_its_keys_come_back_as_private_files(whole: Path, tmp_path: Path) -> None:
    found = archive.opened(whole, None, ROOT)
    assert (found.city, found.revisions) == ("tangerang", {"laksa": ["laksa_0001"]})
    archive.spread_keys(tmp_path, found.keys)
    assert (tmp_path / "secrets.json").read_text() == '{"field_keys": {}}'
    assert (tmp_path / "keys" / "identity.jwk.json").stat().st_mode & 0o777 == 0o600


def test_an_address_is_put_into_the_words_of_libpq_without_its_password() -> None:
    said = for_libpq("postgresql+asyncpg://own%40er:p%40%2Fss@db.example:6543/laksa?ssl=require")
    assert said == ("postgresql://own%40er@db.example:6543/laksa?sslmode=require", "p@/ss")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("cut", "laksa.dump has 4,999 bytes, and had 5,000"),
        ("flipped", "laksa.dump is not what it was"),
        ("gone", "media.tar is missing"),
        ("no manifest", "no finished backup"),
        ("half a manifest", "manifest.json is damaged"),
        ("altered manifest", "was altered or damaged"),
        ("other format", "has format 2, this code reads 1"),
        ("no keys", "say where you keep them"),
        ("other keys", "belongs to another backup"),
    ],
)
def test_a_damaged_backup_is_refused_with_what_is_wrong(
    whole: Path, tmp_path: Path, how: str, words: str
) -> None:
    damage(whole, tmp_path / "b", how)
    with pytest.raises(StackError, match=re.escape(words)):
        archive.opened(tmp_path / "b", None, ROOT)


def test_a_backup_of_newer_code_is_refused(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "part", ignore=shutil.ignore_patterns("manifest.json"))
    keys = json.loads(archive.keys_file(whole).read_text())["files"]
    facts = {"city": "tangerang", "made_at": "2026", "databases": {"laksa": ["laksa_9999"]}}
    archive.finish(tmp_path / "part", tmp_path / "made", keys, facts)
    with pytest.raises(StackError, match="made by newer code: this one does not know laksa_9999"):
        archive.opened(tmp_path / "made", None, ROOT)


def test_a_folder_with_anything_in_it_is_not_an_empty_place(whole: Path, tmp_path: Path) -> None:
    stack = free_stack(tmp_path / "home")
    stack.folder.mkdir()
    (stack.folder / "letters").touch()
    done = call(stack, "restore", str(whole))
    assert done.returncode == 1
    assert f"There is data already: {stack.folder}" in done.stderr
    assert (stack.folder / "letters").exists()


def test_a_restore_that_fails_puts_back_what_was_there(whole: Path, tmp_path: Path) -> None:
    stack = town_with_letters(tmp_path)
    done = call(stack, "restore", str(whole), "--force")
    assert done.returncode == 1
    assert "pg_restore of laksa failed" in done.stderr
    assert f"What was here before is back in {stack.folder}" in done.stdout
    assert [p.name for p in stack.folder.iterdir() if p.name != "lock"] == ["letters"]
    assert not aside_of(stack).exists()


@pytest.mark.parametrize("got_to", ["nothing", "half", "the start"])
def test_a_restore_made_again_after_a_kill_keeps_what_was_there_first(tmp_path: Path, got_to: str) -> None:
    stack = town_with_letters(tmp_path)
    stack.folder.rename(aside_of(stack))
    if got_to != "nothing":
        stack.folder.mkdir()
    if got_to == "half":
        with pytest.raises(KeyError), lifecycle.half_done(stack, "make restore FROM=b FORCE=1"):
            raise KeyError
    done = call(stack, "up")
    assert done.returncode == 1
    assert f"mv {aside_of(stack)} {stack.folder}" in done.stderr
    with pytest.raises(KeyError), kept_aside(stack, all_of_it=True):
        assert not stack.folder.exists()
        raise KeyError
    assert (stack.folder / "letters").exists()


def test_what_an_earlier_restore_set_aside_is_never_overwritten(tmp_path: Path) -> None:
    stack = town_with_letters(tmp_path)
    (stack.folder / "stack.json").write_text("{}")
    shutil.copytree(stack.folder, aside_of(stack))
    with pytest.raises(StackError, match="What an earlier restore set aside"):  # noqa: SIM117
        with kept_aside(stack, all_of_it=True):
            pass
    assert (stack.folder / "letters").exists()
    assert (aside_of(stack) / "letters").exists()
    assert str(aside_of(stack)) in call(stack, "reset").stdout
    assert not aside_of(stack).exists()


def test_beside_servers_of_ones_own_a_failure_puts_nothing_back_and_tells_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = town_with_letters(tmp_path)
    with pytest.raises(KeyError), kept_aside(stack, all_of_it=False):
        stack.folder.mkdir()
        raise KeyError
    assert not (stack.folder / "letters").exists()
    assert f"mv {aside_of(stack)} {stack.folder}" in capsys.readouterr().out
    assert lifecycle.is_broken_off(stack)


def test_where_postgresql_lies_elsewhere_both_folders_go_and_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.postgres_place.elsewhere", lambda folder: tmp_path / "elsewhere")
    monkeypatch.setattr("deploy.local.postgres.account_for_servers", lambda: Account("nobody", 1, 1))
    stack = town_with_letters(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "data").touch()
    with pytest.raises(KeyError), kept_aside(stack, all_of_it=True):
        assert not (tmp_path / "elsewhere").exists()  # as an attempt killed before initdb leaves it
        raise KeyError
    assert (tmp_path / "elsewhere" / "data").exists()
    assert (stack.folder / "letters").exists()


def town_with_letters(tmp_path: Path) -> Stack:
    """A stack's folder with something in it."""
    stack = free_stack(tmp_path / "run")
    stack.folder.mkdir()
    (stack.folder / "letters").write_text("kept")
    return stack


def aside_of(stack: Stack) -> Path:
    return stack.folder.with_name("run.before-restore")


def test_a_half_restored_stack_refuses_to_start(tmp_path: Path) -> None:
    stack = free_stack(tmp_path / "run")
    stack.folder.mkdir()
    with pytest.raises(KeyError), lifecycle.half_done(stack, "make restore FROM=b FORCE=1"):
        raise KeyError
    done = call(stack, "up")
    assert done.returncode == 1
    assert "half restored. Do it again: make restore FROM=b FORCE=1" in done.stderr
