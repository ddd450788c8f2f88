"""`make restore`: a backup put back on an empty place, the stack started, its read models made whole."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import nats
from nats.js.errors import NotFoundError
from sqlalchemy.engine import make_url

from deploy.local import city, demo_data, lifecycle, migrations
from deploy.local.environment import database_url, process_environment, read_environment, write_environments
from deploy.local.errors import StackError
from deploy.local.keeping import archive, media
from deploy.local.keeping.archive import Archive
from deploy.local.keeping.aside import kept_aside, tell_the_way_back
from deploy.local.keeping.cut import connected
from deploy.local.keeping.programs import Programs
from deploy.local.keeping.replay import wait_until_sent
from deploy.local.layout import EVERY_SERVICE, POSTGRES_OFFSET, Stack
from deploy.local.ports import refuse_taken_ports
from deploy.local.postgres import Cluster
from deploy.local.private_files import private_folder
from deploy.local.progress import Progress, say
from deploy.local.registry import Service
from deploy.local.secret_store import load_secrets
from shared import migrate
from shared.events.bus import DEAD, stream_of

#: Everything the outbox still holds goes out again: the broker is empty, and subscribers know what they had.
_EVERYTHING_AGAIN = "UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL; ANALYZE"
_DROP_ALL = """DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP TABLE IF EXISTS public.%I CASCADE', name);
  END LOOP; END $$"""


def restore(stack: Stack, source: Path, keys: Path | None, *, force: bool) -> int:
    """Checks the whole backup before it touches anything; replaces data only with `force`.

    What was there is deleted when the new runs and verifies. A failure before it runs puts it back; if
    it runs and is not whole, both are kept, and the way back is told.
    """
    progress = Progress()
    with progress.step("checking") as tell:
        backup = archive.opened(source.resolve(), keys, stack.root)
        stack = _of_its_city(stack, backup)
        tell(f"{backup.city}, {backup.made_at}: every digest fits")
    asyncio.run(_refuse_occupied(stack, backup, force))
    own = stack.embeds_nats() and not _given(stack, backup)
    with lifecycle.stopping_on_signals(), kept_aside(stack, all_of_it=own) as delete_the_old:
        private_folder(stack.folder, 0o711 if os.geteuid() == 0 else 0o700)
        with lifecycle.alone(stack), lifecycle.half_done(stack, f"make restore FROM={source} FORCE=1"):
            _put_back(stack, backup, progress)
        demo = lifecycle.start(stack, progress)
    whole = False
    try:
        whole = _make_whole(stack, progress)
    finally:
        if whole:
            delete_the_old()
        tell_the_way_back(stack)
    say(f"\nRestored to {backup.made_at} in {progress.seconds:.1f} s; what came later is not in it:")
    say("whoever was erased since must be erased again.\n")
    say(demo_data.table(demo or demo_data.read_demo(stack.folder)))
    return 0 if whole else 1


def _of_its_city(stack: Stack, backup: Archive) -> Stack:
    given = {"CITY": backup.city, **stack.given}
    settled = city.settled(replace(stack, given=given))
    if settled.city != backup.city:
        raise StackError(f"the backup is of the city {backup.city}, not of {settled.city}")
    return settled


async def _refuse_occupied(stack: Stack, backup: Archive, force: bool) -> None:
    """StackError if something would be overwritten and nobody said so."""
    places = {stack.folder, _cluster(stack).place}
    occupied = [str(place) for place in sorted(places) if place.exists() and any(place.iterdir())]
    for short in _given(stack, backup):
        async with AsyncExitStack() as held:
            connection = await connected(held, stack.given[f"DATABASE_URL_{short.upper()}"])
            if await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"):
                occupied.append(f"the database of {short}")
    if occupied and not force:
        raise StackError(
            f"There is data already: {', '.join(occupied)}. Restoring replaces it: if so, add FORCE=1."
        )


def _given(stack: Stack, backup: Archive) -> list[str]:
    return [short for short in backup.revisions if f"DATABASE_URL_{short.upper()}" in stack.given]


def _put_back(stack: Stack, backup: Archive, progress: Progress) -> None:
    archive.spread_keys(stack.folder, backup.keys)
    stack.remember()
    write_environments(stack)
    with progress.step("media") as tell:
        url = read_environment(stack.folder, "gateway")["MEDIA_URL"]
        tell(f"{media.unpack(backup.folder / archive.MEDIA, url, tell):,} files")
    with _database_server(stack, progress):
        for service in [s for s in EVERY_SERVICE if s.short in backup.revisions]:
            with progress.step(service.short):
                _put_database(stack, service, backup)
    if not stack.embeds_nats():
        asyncio.run(_forget_streams(stack.given["NATS_URL"]))


@contextmanager
def _database_server(stack: Stack, progress: Progress) -> Iterator[None]:
    """The embedded PostgreSQL with empty databases, for as long as they are filled."""
    if not stack.embeds_postgres():
        yield
        return
    refuse_taken_ports(stack)
    cluster = _cluster(stack)
    try:
        with progress.step("postgres"):
            cluster.start()
            migrations.ensure_databases(stack, cluster)
        yield
    finally:
        cluster.stop()


def _cluster(stack: Stack) -> Cluster:
    return Cluster(stack.folder / "postgres", stack.port(POSTGRES_OFFSET))


def _put_database(stack: Stack, service: Service, backup: Archive) -> None:
    known = load_secrets(stack.folder)
    owner = database_url(stack, service, known, owner=True)
    if f"DATABASE_URL_{service.short.upper()}" in stack.given:
        asyncio.run(_sql(owner, _DROP_ALL))
    Programs(stack).load(owner, backup.dump(service.short))
    asyncio.run(_sql(owner, _EVERYTHING_AGAIN))
    migrate.grant(owner, make_url(database_url(stack, service, known)).username or "")


async def _sql(url: str, script: str) -> None:
    async with AsyncExitStack() as held:
        await (await connected(held, url)).execute(script)


async def _forget_streams(url: str) -> None:
    """Events of a time that is undone must reach nobody; services make the streams anew."""
    connection = await nats.connect(url, connect_timeout=5, allow_reconnect=False)
    try:
        for name in {DEAD, *(stream_of(service.name) for service in EVERY_SERVICE)}:
            try:
                await connection.jetstream().delete_stream(name)
            except NotFoundError:
                continue
    finally:
        await connection.close()


def _make_whole(stack: Stack, progress: Progress) -> bool:
    """Events first, so that people are told; then the read models, then the chains against their seals."""
    shorts = list(dict.fromkeys(p.service.short for p in stack.processes()))
    progress.note("events of the outboxes, once more")
    sent = wait_until_sent(stack.folder, shorts, progress)
    steps = [sent, _run(stack, "gateway", "rebuild"), _run(stack, "gateway", "verify-audits")]
    return all([*steps, "laksa" not in shorts or _run(stack, "laksa", "ledger-verify")])


def _run(stack: Stack, short: str, command: str) -> bool:
    package = next(service.package for service in EVERY_SERVICE if service.short == short)
    say(f"\n{package} {command}")
    done = subprocess.run(
        [sys.executable, "-m", package, command], cwd=stack.root, stdin=subprocess.DEVNULL,
        env=process_environment(stack.folder, short),
    )  # fmt: skip
    return done.returncode == 0
