"""A large city: many reports of every kind, written by the database itself, as one real report grown."""

from collections.abc import Callable

import asyncpg

BATCH = 50_000
#: Columns of a report that differ from the one it is a copy of; `n` counts from 1.
SPREAD = {
    "id": "uuidv7(-(n * interval '1 minute'))",
    "code": "'x' || n",
    "citizen_id": "'c-' || n % 50000",
    "category": "categories[1 + (n * 7919::bigint % cardinality(categories))::int]",
    "privacy": "CASE WHEN n % 97 = 0 THEN 'police'"
    " WHEN n % 31 = 0 THEN 'confidential' ELSE 'name_hidden' END",
    "listed": "n % 97 <> 0 AND n % 31 <> 0",
    "state": "CASE WHEN n % 20 > 1 THEN (array['done','done','done','rejected'])[1 + n % 4]"
    " ELSE (array['received','assigned','in_work','finished','question'])[1 + n / 20 % 5] END",
    "closed_at": "CASE WHEN n % 20 > 1 THEN received_at - n * interval '1 minute' + interval '3 days' END",
    "waits_for": "CASE WHEN n % 20 <= 1 THEN"
    " (array['agency','agency','agency','laksa_verifier','agency'])[1 + n / 20 % 5] END",
    "agency": "(array['dpupr','dishub','dlh','polres'])[1 + least(3, n % 11 / 3)]",
    "district": "'36.71.' || lpad((1 + n % 13)::text, 2, '0')",
    "village": "'36.71.' || lpad((1 + n % 13)::text, 2, '0') || '.' || (1001 + n % 8)",
    "lat": "-6.25 + ((n * 104729::bigint) % 10007) * 0.000015",
    "lon": "106.55 + ((n * 130363::bigint) % 10009) * 0.00002",
    "received_at": "received_at - n * interval '1 minute'",
    "updated_at": "updated_at - n * interval '1 minute'",
    "deadline_at": "deadline_at - n * interval '1 minute'",
    "cover": "NULL",
    "sealed_point": "NULL",
}


async def fill(
    url: str, made: str, categories: list[str], count: int, told: Callable[[int], None] = lambda _: None
) -> None:
    """Adds `count` copies of the report `made`, a minute apart into the past, with its steps and texts.

    `url`: the owner's. 50,000 at a time; `told` hears how many there are. Vacuumed and analysed at the end.
    """
    connection = await asyncpg.connect(url)
    try:
        statement = _copies([row[0] for row in await connection.fetch(_COLUMNS)])
        for first in range(1, count + 1, BATCH):
            last = min(first + BATCH - 1, count)
            await connection.execute(statement, made, categories, first, last)
            told(last)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _copies(columns: list[str]) -> str:
    values = ", ".join(SPREAD.get(column, column) for column in columns)
    return f"""
        WITH spread AS (SELECT $2::text[] AS categories), fresh AS (
            INSERT INTO reports ({", ".join(columns)})
            SELECT {values} FROM reports, spread, generate_series($3::int, $4::int) AS n WHERE id = $1
            RETURNING id, received_at
        ), steps AS (
            INSERT INTO report_steps (report_id, version, at, action, from_state, state, role, agency)
            SELECT fresh.id, version, fresh.received_at, action, from_state, state, role, agency
            FROM fresh, report_steps WHERE report_id = $1
        )
        INSERT INTO report_texts (report_id, version, kind, plain, salt)
        SELECT fresh.id, version, kind, plain, salt FROM fresh, report_texts WHERE report_id = $1
    """


_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = 'reports'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum
"""
