"""Fills a gateway's tables: accounts with sessions, requests, the personal feed, what search finds.

Nobody is named: phones are numbers in a row, and nothing is ever sent to one. What `rows` says is what the
table holds; the same number of residents asks and is told as often, however large the table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.settings import GatewaySettings
from gateway.vault import Vault
from shared.crypto import FieldCipher
from tests.bench.gateways import Gateway
from tests.gateway.search.filling import AT_ONCE, fill_search

ACCOUNTS, REQUESTS, FEED, DOCUMENTS = 1_062_235, 3_000_000, 10_000_000, 500_000
"""The residents of a city of two million who may have one, and what they do in some years."""
_FIRST_ID, _FIRST_PHONE = 0x01900000_0000_7000_8000_000000000000, 6_281_210_000_000
_TABLES = ("citizens", "sessions", "requests", "feed", "search_documents", "search_words")
_AT_ONCE = 20_000
_REQUESTS = """
INSERT INTO requests (kind, entity_id, citizen_id, version, number, title, state, state_label, next_step,
  due_at, link, closed, updated_at)
SELECT 'laksa_report', 'demo-' || g, '01900000-0000-7000-8000-' || lpad(to_hex(g % :people), 12, '0'), 3,
  'DEMO-' || g, '{"id": "demo: jalan berlubang", "en": "demo: a pothole"}', 'in_progress',
  '{"id": "Dikerjakan", "en": "In progress"}', '{"id": "Menunggu regu", "en": "Waits for a crew"}', NULL,
  '/v1/laksa/reports/demo', g % 3 = 0, now() - g % 1000 * interval '1 hour'
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS g
"""
_FEED = """
INSERT INTO feed (citizen_id, event, payload, created_at)
SELECT '01900000-0000-7000-8000-' || lpad(to_hex(g % :people), 12, '0'), 'request_updated',
  '{"kind": "laksa_report", "state": "in_progress", "title": {"id": "demo", "en": "demo"}}',
  now() - interval '1 hour'
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS g
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows each table gets."""

    accounts: int
    requests: int
    feed: int
    documents: int

    @classmethod
    def scaled(cls, share: float) -> "Sizes":
        """The loaded city, or a share of it."""
        return cls(*(max(int(full * share), 1) for full in (ACCOUNTS, REQUESTS, FEED, DOCUMENTS)))

    @classmethod
    def all_of(cls, rows: int) -> "Sizes":
        """As many rows in each."""
        return cls(rows, rows, rows, rows)

    @property
    def asking(self) -> int:
        """How many residents have requests: some three each."""
        return max(self.requests * ACCOUNTS // REQUESTS, 1)

    @property
    def told(self) -> int:
        """How many residents were told something: some nine times each."""
        return max(self.feed * ACCOUNTS // FEED, 1)


def person(number: int) -> UUID:
    """The resident of that number."""
    return UUID(int=_FIRST_ID + number)


def phone(number: int) -> str:
    """Her phone (E.164)."""
    return f"+{_FIRST_PHONE + number}"


async def fill(ours: Gateway, sizes: Sizes, say: Callable[[str], None]) -> None:
    """Loads everything, with a line of progress a table, and has PostgreSQL look at it."""
    await _accounts(ours, sizes.accounts)
    say(f"loaded  {sizes.accounts:,} accounts")
    engine = create_async_engine(ours.owner.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect() as connection:
        apart = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for name, statement, rows, people in (
            ("requests", _REQUESTS, sizes.requests, sizes.asking),
            ("rows of the feed", _FEED, sizes.feed, sizes.told),
        ):
            for first, last in _spans(rows):
                given = {"first": first, "last": last, "people": people}
                await apart.execute(text(statement), given)
                if last % 1_000_000 == 0 or last == rows:
                    say(f"loaded  {last:,} of {rows:,} {name}")
        for first in range(1, sizes.documents + 1, 10 * AT_ONCE):
            last = min(first + 10 * AT_ONCE - 1, sizes.documents)
            await fill_search(apart, first, last, datetime.now(UTC))
            say(f"loaded  {last:,} of {sizes.documents:,} documents")
        for table in _TABLES:
            await apart.execute(text(f"VACUUM ANALYZE {table}"))
    await engine.dispose()


def _spans(rows: int) -> Iterator[tuple[int, int]]:
    for first in range(1, rows + 1, 5 * _AT_ONCE):
        yield first, min(first + 5 * _AT_ONCE - 1, rows)


async def _accounts(ours: Gateway, count: int) -> None:
    """By COPY, sealed and hashed as the gateway does it; each with a session that began yesterday."""
    settings = GatewaySettings(**{name.lower(): value for name, value in ours.settings.items()})
    vault = Vault.of(settings, FieldCipher(settings.field_key_ring()))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    ends = yesterday + timedelta(days=60)
    connection = await asyncpg.connect(ours.owner)
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count))
        citizens = (_citizen(vault, number, yesterday) for number in numbers)
        columns = ["id", "phone", "phone_hash", "phone_hash_key", "created_at"]
        await connection.copy_records_to_table("citizens", records=citizens, columns=columns)
        sessions = (
            (person(n), "citizen", person(n), "bench", b"demo", yesterday, yesterday, ends) for n in numbers
        )
        columns = ["id", "person_kind", "person_id", "client", "newest", "created_at", "last_seen_at"]
        await connection.copy_records_to_table("sessions", records=sessions, columns=[*columns, "expires_at"])
    await connection.close()


def _citizen(vault: Vault, number: int, at: datetime) -> tuple[UUID, bytes, bytes, str, datetime]:
    its, written = person(number), phone(number)
    sealed = vault.seal(written, f"citizens.phone.{its}")
    return its, sealed, vault.hash("phone", written), vault.lookup.current, at
