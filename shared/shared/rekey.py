"""Field keys in the database: which ones rows were written with; writing rows anew with the current one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import log
from shared.crypto import FieldCipher, LookUp, Sealed, UnreadableField
from shared.db import Database
from shared.tables import field_keys

_log = log.get(__name__)
_ROWS, _PASSES, _PAUSE_SECONDS, _TELL_EVERY = 500, 10, 0.2, 40


async def know_keys(database: Database, cipher: FieldCipher) -> None:
    """Notes the current key as one that rows are written with; `troubles` if a noted one is not in the ring.

    A key of the same name that is another key is told too: rows of both could never be told apart again.
    """
    async with database.transaction() as session:
        noted = (await session.execute(sa.select(field_keys).order_by(field_keys.c.name))).all()
        cipher.troubles = [trouble for row in noted for trouble in _troubles(cipher, row)]
        for trouble in cipher.troubles:
            _log.error("field_key_missing", reason=trouble)
        if cipher.current not in {row.name for row in noted} and not cipher.troubles:
            proof = cipher.encrypt(b"", _proof(cipher.current))
            new = insert(field_keys).values(name=cipher.current, proof=proof)
            await session.execute(new.on_conflict_do_nothing())


async def rekey(
    database: Database,
    metadata: sa.MetaData,
    cipher: FieldCipher,
    lookup: LookUp,
    tell: Callable[[str], None],
) -> int:
    """Writes what lies under older keys anew, beside the requests; killed, it goes on where it is run again.

    Answers how many rows still lie under older keys: 0 proves that nobody needs those any more. That holds
    once every running process writes with the current key.
    """
    await know_keys(database, cipher)
    if cipher.troubles:
        raise UnreadableField("; ".join(cipher.troubles))
    left = 0
    for table in metadata.sorted_tables:
        columns = {c.name: c.info["sealed"] for c in table.c if "sealed" in c.info}
        if columns:
            left += await _Renewal(database, table, columns, cipher, lookup, tell).run()
    if not left:
        async with database.transaction() as session:
            await session.execute(sa.delete(field_keys).where(field_keys.c.name != cipher.current))
    return left


@dataclass(slots=True)
class _Renewal:
    """One table, 500 rows a transaction in the order of its key.

    A row somebody works on is left for the next pass: nobody waits for a lock whose holder waits in turn.
    """

    database: Database
    table: sa.Table
    columns: dict[str, Sealed]
    cipher: FieldCipher
    lookup: LookUp
    tell: Callable[[str], None]
    done: int = 0
    unreadable: set[str] = field(default_factory=set)

    async def run(self) -> int:
        """Answers how many rows remain under older keys."""
        for _ in range(_PASSES):
            left = await self._pass()
            if left <= len(self.unreadable):
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        self.tell(f"{self.table.name}: {self.done:,} rows written anew, {left:,} under older keys")
        return left

    async def _pass(self) -> int:
        left = passed = 0
        async for within in self._ranges():
            async with self.database.transaction() as session:
                await self._renew(session, within)
                remaining = sa.select(sa.func.count()).select_from(self.table).where(within, self._old())
                left += await session.scalar(remaining) or 0
            passed += 1
            if passed % _TELL_EVERY == 0:
                self.tell(f"{self.table.name}: {passed * _ROWS:,} rows passed, {self.done:,} written anew")
        return left

    async def _ranges(self) -> AsyncIterator[sa.ColumnElement[bool]]:
        """Conditions that each hold for the next 500 rows, the last one for all beyond."""
        keys = list(self.table.primary_key.columns)
        beyond: sa.ColumnElement[bool] = sa.true()
        while True:
            last = sa.select(*keys).where(beyond).order_by(*keys).offset(_ROWS - 1).limit(1)
            async with self.database.transaction() as session:
                bound = (await session.execute(last)).one_or_none()
            if bound is None:
                yield beyond
                return
            until = sa.tuple_(*(sa.literal(value, key.type) for value, key in zip(bound, keys, strict=True)))
            yield sa.and_(beyond, sa.tuple_(*keys) <= until)
            beyond = sa.tuple_(*keys) > until

    async def _renew(self, session: AsyncSession, within: sa.ColumnElement[bool]) -> None:
        wanted = (
            sa.select(self.table).where(within, self._old()).with_for_update(skip_locked=True, key_share=True)
        )
        anew = [values for row in await session.execute(wanted) if (values := self._anew(row))]
        if anew:
            keys = self.table.primary_key.columns
            await session.execute(
                sa.update(self.table).where(*(k == sa.bindparam(f"of_{k.name}") for k in keys)), anew
            )
            self.done += len(anew)

    def _old(self) -> sa.ColumnElement[bool]:
        """Whether a row has a field, or a look-up hash, under another key than the current one."""
        table, head = self.table.c, self.cipher.head
        start = [sa.func.substring(table[name], 1, len(head), type_=sa.LargeBinary) for name in self.columns]
        hashes = [
            table[name].is_not(None) & (table[f"{how.found_by}_key"] != self.lookup.current)
            for name, how in self.columns.items()
            if how.found_by
        ]
        return sa.or_(*(each != head for each in start), *hashes)

    def _anew(self, row: sa.Row[Any]) -> dict[str, Any]:
        """The row's fields under the current keys, and its key as `of_…`; nothing if one does not open."""
        parts = {key.name: row._mapping[key.name] for key in self.table.primary_key.columns}
        values: dict[str, Any] = {f"of_{name}": value for name, value in parts.items()}
        for name, how in self.columns.items():
            where = f"{self.table.name}.{name}.{how.joint.join(map(str, parts.values()))}"
            data = row._mapping[name]
            try:
                plain = None if data is None else self.cipher.decrypt(data, where)
            except UnreadableField as error:
                self.unreadable.add(where)
                self.tell(str(error))
                return {}
            values[name] = None if plain is None else self.cipher.encrypt(plain, where)
            if how.found_by and plain is not None:
                values[how.found_by] = self.lookup.hashes(how.kind, plain.decode())[0]
                values[f"{how.found_by}_key"] = self.lookup.current
        return values


def _troubles(cipher: FieldCipher, row: sa.Row[Any]) -> list[str]:
    try:
        cipher.decrypt(row.proof, _proof(row.name))
    except UnreadableField:
        return [f"field key {row.name}: rows were written with it, and it is not in FIELD_KEYS as it was"]
    return []


def _proof(name: str) -> str:
    return f"field_keys.proof.{name}"
