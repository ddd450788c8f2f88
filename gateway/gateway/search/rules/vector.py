"""What PostgreSQL indexes of a document, stated once for table and migration."""

#: Every text twice: as it is written (`simple`, for beginnings of words and corrected slips) and by its
#: stems (Snowball's Indonesian and English). Titles weigh A, summaries B.
_PARTS = (
    ("simple", "title_id", "A"),
    ("indonesian", "title_id", "A"),
    ("simple", "title_en", "A"),
    ("english", "title_en", "A"),
    ("simple", "summary_id", "B"),
    ("indonesian", "summary_id", "B"),
    ("simple", "summary_en", "B"),
    ("english", "summary_en", "B"),
)
VECTOR = " || ".join(
    f"setweight(to_tsvector('{config}'::regconfig, plain ->> '{key}'), '{weight}'::\"char\")"
    for config, key, weight in _PARTS
)
CONFIGS = ("simple", "indonesian", "english")
