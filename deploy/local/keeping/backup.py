"""`make backup`: databases, media and keys, copied while everything runs."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from deploy.local import lifecycle
from deploy.local.environment import read_environment
from deploy.local.errors import StackError
from deploy.local.keeping import archive, media
from deploy.local.keeping.cut import Cut, consistent_cut
from deploy.local.keeping.programs import Programs
from deploy.local.layout import Stack
from deploy.local.progress import Progress, say


def backup(stack: Stack, to: Path) -> int:
    """Writes a folder below `to` and, beside it, the file with the keys; half a backup leaves nothing."""
    stack, progress = stack.as_started(), Progress()
    to = to.resolve()
    if to.is_relative_to(stack.folder):
        raise StackError(f"{to} lies in the stack's own folder, which make reset deletes; choose another TO")
    read_environment(stack.folder, "gateway")  # says what to do when nothing was ever started here
    to.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=to))
    try:
        folder, size = asyncio.run(_backup(stack, to, part, progress))
    except OSError as error:
        raise StackError(f"the backup was not finished, and is gone: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    say(f"\nThe backup is whole: {_bytes(size)} in {progress.seconds:.1f} s\n\n  {folder}")
    say(f"  {archive.keys_file(folder)}\n")
    say("KEEP THE KEYS APART: whoever has both reads everything; without the keys nobody does, you neither.")
    say("The audits' head, to write down elsewhere: make ledger-verify NAME=gateway")
    say(f"It comes back with: make restore FROM={folder}")
    return 0


async def _backup(stack: Stack, to: Path, part: Path, progress: Progress) -> tuple[Path, int]:
    async with AsyncExitStack() as held:
        with progress.step("cut") as tell, lifecycle.alone(stack):  # no key is changed meanwhile
            keys = archive.collect_keys(stack.folder)
            cut = await held.enter_async_context(consistent_cut(_owners(stack)))
            tell(f"{len(cut.snapshots)} databases at one moment; events waited {cut.seconds * 1_000:.0f} ms")
        await _dump(stack, cut, part, progress)
    # After the databases: a file is stored before the row that knows it, so that none is missing.
    with progress.step("media") as tell:
        url = read_environment(stack.folder, "gateway")["MEDIA_URL"]
        count = await asyncio.to_thread(media.pack, url, part / archive.MEDIA, tell)
        tell(f"{count:,} files, {_bytes((part / archive.MEDIA).stat().st_size)}")
    folder = to / f"{stack.city}-{cut.made_at:%Y%m%dT%H%M%SZ}"
    with progress.step("digests"):
        size = archive.finish(part, folder, keys, _facts(stack, cut))
    return folder, size


async def _dump(stack: Stack, cut: Cut, part: Path, progress: Progress) -> None:
    programs, urls = Programs(stack), _owners(stack)
    for name, snapshot in cut.snapshots.items():
        with progress.step(name) as tell:
            file = part / f"{name}.dump"
            await asyncio.to_thread(programs.dump, urls[name], snapshot, file)
            tell(_bytes(file.stat().st_size))


def _owners(stack: Stack) -> dict[str, str]:
    """The owners' addresses by service, the gateway's last."""
    names = sorted({p.service.short for p in stack.processes()}, key=lambda name: (name == "gateway", name))
    return {n: read_environment(stack.folder, f"{n}.owner")["DATABASE_OWNER_URL"] for n in names}


def _facts(stack: Stack, cut: Cut) -> Mapping[str, Any]:
    made_at = cut.made_at.isoformat(timespec="milliseconds")
    return {"city": stack.city, "made_at": made_at, "databases": dict(cut.revisions)}


def _bytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{size / 1_000:,.0f} kB"
