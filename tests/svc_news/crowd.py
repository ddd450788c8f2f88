"""A city that has told much: many articles of every kind, written by the database itself, as one grown."""

from typing import Any

import asyncpg

BATCH = 25_000
#: Columns of an article that differ from the one it is a copy of; `n` counts from 1.
SPREAD = {
    "id": "uuidv7(-(n * interval '10 minutes'))",
    "kind": "(array['news','news','news','announcement','agenda','news','announcement'])[1 + n % 7]",
    "state": "CASE WHEN n % 50 = 0 THEN 'draft' WHEN n % 51 = 0 THEN 'withdrawn'"
    " WHEN n % 53 = 0 THEN 'corrected' ELSE 'published' END",
    "listed": "n % 50 <> 0 AND n % 51 <> 0",
    "slug": "'demo-artikel-' || n",
    "title": """jsonb_build_object('id', 'Demo: artikel ke-' || n)""",
    "districts": "CASE WHEN n % 3 = 0 THEN '{}' ELSE array['36.71.' || lpad((1 + n % 13)::text, 2, '0')] END",
    "tags": "CASE WHEN n % 97 = 0 THEN array['jarang']"
    " ELSE array['tag-' || n % 20, 'tag-' || (n / 7) % 20] END",
    "event": "CASE WHEN n % 7 = 4 THEN event END",
    "starts_at": "CASE WHEN n % 7 = 4 THEN starts_at + interval '60 days' - n * interval '9 minutes' END",
    "ends_at": "CASE WHEN n % 7 = 4 THEN ends_at + interval '60 days' - n * interval '9 minutes' END",
    "over_at": "CASE WHEN n % 7 = 4 THEN over_at + interval '60 days' - n * interval '9 minutes' END",
    "created_by": "'s-' || n % 40",
    "created_at": "created_at - n * interval '10 minutes'",
    "changed_at": "changed_at - n * interval '10 minutes'",
    "published_at": "published_at - n * interval '10 minutes'",
    "updated_at": "updated_at - n * interval '10 minutes'",
}


async def fill(url: str, made: str, count: int) -> None:
    """Adds `count` copies of the event `made`, ten minutes apart into the past, with listings and slugs.

    `url`: the owner's. A few of one kind (hoax_clarification) and one tag stand among the oldest.
    """
    connection = await asyncpg.connect(url)
    try:
        columns = [row[0] for row in await connection.fetch(_COLUMNS)]
        for first in range(1, count + 1, BATCH):
            await connection.execute(_copies(columns), made, first, min(first + BATCH - 1, count))
        await connection.execute(_LISTINGS)
        await connection.execute(_SLUGS)
        await connection.execute(_CORRECTIONS)
        await connection.execute(_VACUUM)
    finally:
        await connection.close()


def _copies(columns: list[str]) -> str:
    values: dict[str, Any] = {column: SPREAD.get(column, column) for column in columns}
    return f"""
        INSERT INTO articles ({", ".join(columns)})
        SELECT {", ".join(values.values())}
        FROM articles, generate_series($2::int, $3::int) AS n WHERE id = $1
    """


_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = 'articles'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_LISTINGS = """
    INSERT INTO article_listings (article_id, facet, kind, published_at)
    SELECT DISTINCT id, district || '|' || tag, kind, published_at
    FROM articles, unnest(districts || ''::text) AS district, unnest(tags || ''::text) AS tag
    WHERE listed ON CONFLICT DO NOTHING
"""
_VACUUM = "VACUUM ANALYZE articles, article_listings, article_slugs, article_corrections"
_SLUGS = "INSERT INTO article_slugs (slug, article_id) SELECT slug, id FROM articles ON CONFLICT DO NOTHING"
_CORRECTIONS = """
    INSERT INTO article_corrections (article_id, version, at, note)
    SELECT id, version, changed_at, '{"id": "Demo: koreksi"}' FROM articles WHERE state = 'corrected'
"""
