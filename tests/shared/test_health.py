"""Ready means: the database answers and no migration is missing; a newer database is no fault of old code."""

from contextlib import AsyncExitStack
from pathlib import Path

from fastapi import FastAPI

from shared.health import OpsApp, Revisions


def revision(folder: Path, name: str, before: str | None = None, needs: str | None = None) -> None:
    down, depends = (f'"{x}"' if x else "None" for x in (before, needs))
    text = f'revision = "{name}"\ndown_revision = {down}\ndepends_on = {depends}\n'
    (folder / f"{name}.py").write_text(text)


def test_a_missing_migration_is_noticed_and_a_newer_one_is_not_held_against_old_code(tmp_path: Path) -> None:
    revision(tmp_path, "plumbing_0001")
    revision(tmp_path, "laksa_0001", needs="plumbing_0001")
    revision(tmp_path, "laksa_0002", before="laksa_0001")
    known = Revisions(tmp_path)
    assert known.behind(set())
    assert known.behind({"laksa_0001"})
    assert not known.behind({"laksa_0002"})
    assert not known.behind({"laksa_0003"})


def test_two_branches_that_do_not_depend_on_each_other_are_both_needed(tmp_path: Path) -> None:
    revision(tmp_path, "plumbing_0001")
    revision(tmp_path, "gateway_0001")
    known = Revisions(tmp_path)
    assert known.behind({"plumbing_0001"})
    assert not known.behind({"plumbing_0001", "gateway_0001"})


async def test_a_service_whose_connections_are_all_in_use_is_ready_all_the_same(
    app: FastAPI, tmp_path: Path
) -> None:
    runtime = app.state.runtime
    async with AsyncExitStack() as busy:
        for _ in range(10):
            await busy.enter_async_context(runtime.database.connection())
        answer = await OpsApp(runtime, tmp_path).ready()
    assert answer.status_code == 200, answer.body
