"""Verifying a chain: recompute every link, and name the first place that does not hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.chain.links import START, canonical, link
from shared.tables import chain, entries, unchained

_PAGE = 5_000


@dataclass(frozen=True, slots=True, order=True)
class Seal:
    """What the gateway was told earlier: the hash the chain had at `seq`."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` says what is wrong and where; None means the chain is whole."""

    links: int
    waiting: int
    head: bytes
    broken: str | None = None


async def verify(session: AsyncSession, seals: Iterable[Seal] = ()) -> Verdict:
    """Reads the whole chain in pages; finds edits, deletions, reorderings and, by the seals, a cut tail."""
    wanted: dict[int, set[bytes]] = {}
    for seal in seals:  # the gateway keeps every seal it was told, also two of one link that disagree
        wanted.setdefault(seal.seq, set()).add(seal.hash)
    previous, seq, agreed, broken = START, 0, 0, None
    while broken is None:
        rows = (await session.execute(_page(seq))).all()
        if not rows:
            break
        for row in rows:
            broken = _fault(row, seq, previous, wanted, agreed)
            if broken is not None:
                break
            seq, previous = row.seq, row.hash
            agreed = seq if seq in wanted else agreed
    cut = max(wanted, default=0) > seq
    if broken is None and cut:
        broken = f"link {seq + 1}: missing; the chain was sealed up to {max(wanted)} and ends at {seq}"
    waiting = await session.scalar(select(func.count()).select_from(unchained)) or 0
    return Verdict(seq, waiting, previous, broken or await _repeated(session) or await _orphan(session))


def _fault(row: Any, seq: int, previous: bytes, seals: dict[int, set[bytes]], agreed: int) -> str | None:
    if row.seq != seq + 1:
        return f"link {seq + 1}: missing; the next one is {row.seq}"
    if row.id is None:
        return f"link {row.seq}: its entry {row.entry_id} is missing"
    expected = link(previous, canonical(str(row.id), str(row.entity_id), row.entity_version, row.facts))
    if expected != row.hash:
        return f"link {row.seq}: entry {row.id} was altered or moved"
    if row.seq in seals and seals[row.seq] != {row.hash}:
        return (
            f"link {row.seq}: differs from the seal the gateway keeps; the chain was rewritten after link "
            f"{agreed}, or that seal was altered"
        )
    return None


async def _repeated(session: AsyncSession) -> str | None:
    """What the tables' unique indexes forbid, should somebody have dropped them: a thing told twice."""
    twice = select(func.max(chain.c.seq), chain.c.entry_id).group_by(chain.c.entry_id)
    row = (
        await session.execute(twice.having(func.count() > 1).order_by(func.max(chain.c.seq)).limit(1))
    ).first()
    if row is not None:
        return f"link {row[0]}: its entry {row[1]} is chained twice"
    same = (entries.c.entity_id, entries.c.entity_version)
    row = (await session.execute(select(*same).group_by(*same).having(func.count() > 1).limit(1))).first()
    return None if row is None else f"entity {row[0]}: version {row[1]} is told by two entries"


async def _orphan(session: AsyncSession) -> str | None:
    """An entry that is neither chained nor waiting: its link, or its place in the queue, was removed."""
    stray = (
        select(entries.c.id)
        .outerjoin(chain, chain.c.entry_id == entries.c.id)
        .outerjoin(unchained, unchained.c.entry_id == entries.c.id)
        .where(chain.c.seq.is_(None), unchained.c.entry_id.is_(None))
        .limit(1)
    )
    found = await session.scalar(stray)
    return None if found is None else f"entry {found}: neither chained nor waiting"


def _page(after: int) -> Select[Any]:
    return (
        select(chain.c.seq, chain.c.entry_id, chain.c.hash, entries)
        .outerjoin(entries, entries.c.id == chain.c.entry_id)
        .where(chain.c.seq > after)
        .order_by(chain.c.seq)
        .limit(_PAGE)
    )
