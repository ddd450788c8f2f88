"""Made-up documents by the hundred thousand, and what is asked of them. Nobody is named."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

AT_ONCE = 10_000  # rows a statement
NEWEST = datetime(2026, 2, 2, 2, tzinfo=UTC)  # as the tests' clock
NEAR = {"lat": -6.17, "lon": 106.64}
QUESTIONS: dict[str, dict[str, Any]] = {
    "exact words": {"q": "jalan berlubang "},
    "rare word": {"q": "kelelawar "},
    "frequent word": {"q": "jalan "},
    "word in 2 %": {"q": "berlubang "},
    "slip": {"q": "jln berlubng "},
    "prefix": {"q": "berlub"},
    "short prefix": {"q": "jal"},
    "nothing": {"q": "xylofonqz"},
    "near": {"q": "jalan ", **NEAR},
    "within 1 km": {"q": "jalan ", **NEAR, "radius_m": 1_000},
    "within 20 km": {"q": "berlubang ", **NEAR, "radius_m": 20_000},
    "type": {"q": "jalan ", "type": "place"},
    "rare word of a type": {"q": "kelelawar ", "type": "market"},
    "area": {"q": "berlubang ", "area": "36.71.03"},
}
#: Deterministic, from the row's number: 60 % say jalan, 2 % berlubang, 1 in 5,000 kelelawar, over 1,000 days.
FILL = """
INSERT INTO search_documents (kind, id, publisher, type, version, title, summary, lat, lon,
  url, published_at, keys, plain, area)
SELECT 'x_' || type, g::text, 'x', type, 1, jsonb_build_object('id', title),
  jsonb_build_object('id', summary), lat, lon, '/x', at, ARRAY['t:' || type, 'a:36', 'a:36.71', 'a:' || area,
    's0:' || floor(lat / 0.005) || ':' || floor(lon / 0.005),
    's1:' || floor(lat / 0.04) || ':' || floor(lon / 0.04),
    's2:' || floor(lat / 0.32) || ':' || floor(lon / 0.32),
    'd0:' || day, 'd1:' || day / 8, 'd2:' || day / 64, 'd3:' || day / 512],
  jsonb_build_object('title_id', lower(title), 'title_en', '', 'summary_id', lower(summary),
  'summary_en', ''), area
FROM (
  SELECT g, (ARRAY['report', 'article', 'place', 'market'])[1 + g %% 4] AS type,
    CASE WHEN g * 7 %% 10 < 6 THEN 'Jalan ' ELSE 'Pasar ' END
      || CASE WHEN g %% 50 = 3 THEN 'berlubang ' ELSE '' END
      || CASE WHEN g %% 5000 = 1777 THEN 'kelelawar ' ELSE '' END
      || 'demo ' || (ARRAY['sukasari', 'cipondoh', 'neglasari', 'karawaci', 'benda'])[1 + g * 3 %% 5]
      AS title,
    'Demo nomor ' || g || ' kata' || translate((g * 7919 %% 30000)::text, '0123456789', 'abcdefghij')
      AS summary,
    -6.10 - (g * 7907 %% 10007) / 50000.0 AS lat, 106.55 + (g * 6007 %% 10009) / 50000.0 AS lon,
    '36.71.' || lpad((1 + g * 11 %% 13)::text, 2, '0') AS area, at,
    floor(extract(epoch FROM at) / 86400)::int AS day
  FROM (SELECT g, timestamptz '%(newest)s'
        - (g * 7727 %% 1000003) / 1000003.0 * interval '1000 days' AS at
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS g) AS numbered
) AS made
"""
WORDS = """
INSERT INTO search_words (word, checked_at)
SELECT DISTINCT word, timestamptz '2026-02-02' FROM search_documents,
  unnest(string_to_array((plain ->> 'title_id') || ' ' || (plain ->> 'summary_id'), ' ')) AS word
WHERE word ~ '^[a-z]{3,30}$' AND no BETWEEN %(first)s AND %(last)s ON CONFLICT DO NOTHING
"""


async def fill_search(connection: AsyncConnection, first: int, last: int, newest: datetime = NEWEST) -> None:
    """The documents of these numbers, and their words; `connection` commits by itself.

    They are of the thousand days before `newest`: before the moment at which the city is asked.
    """
    for start in range(first, last + 1, AT_ONCE):
        some = {"first": start, "last": min(start + AT_ONCE - 1, last), "newest": newest.isoformat()}
        await connection.exec_driver_sql(FILL % some)
        await connection.exec_driver_sql(WORDS % some)
