"""Uploads: a row and three whole files each, kept once it belongs to something."""

import json
from collections import Counter
from collections.abc import Iterator

from tests.chaos.checks.mismatch import Mismatch
from tests.chaos.facts import Facts
from tests.chaos.record import Record

_ROWS, _STORE = "gateway media", "media store"


def check_uploads(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Each acknowledged upload is one row; no photo of one person is stored twice, none is nobody's."""
    rows = {row["id"]: row for row in facts.gateway.media}
    uploads = {write.key: write for write in record.writes.values() if write.action == "upload"}
    for write in (w for w in uploads.values() if w.acknowledged):
        row = rows.get((write.answer or {})["media_id"])
        if row is None:
            yield Mismatch("lost", _ROWS, f"upload {write.key} of {write.who}")
        elif row["key"] != write.key:
            yield Mismatch("wrong", _ROWS, f"upload {write.key} was answered with that of {row['key']}")
    for name in ("key", "sent"):
        for (owner, value), count in Counter((row["owner"], row[name]) for row in rows.values()).items():
            if count > 1:
                yield Mismatch("doubled", _ROWS, f"{name} {value} of {owner}, {count} rows")
    for row in rows.values():
        if row["key"] not in uploads:
            yield Mismatch("orphan", _ROWS, f"{row['id']}: nobody sent it")


def check_files(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Behind each row its files, byte for byte; after the cleaner nothing else lies there."""
    for row in facts.gateway.media:
        wanted = {f"{name}.jpg": each["sha256"] for name, each in json.loads(row["variants"]).items()}
        there = facts.folders.get(row["folder"], {})
        for name, digest in wanted.items():
            if name not in there:
                yield Mismatch("lost", _STORE, f"{name} of {row['id']}")
            elif there[name] != digest:
                yield Mismatch("wrong", _STORE, f"{name} of {row['id']} is not what was stored")
    for folder in facts.folders.keys() - {row["folder"] for row in facts.gateway.media}:
        yield Mismatch("orphan", _STORE, f"{folder}: no row knows it")


def check_attached(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Kept is what a report uses, and nothing else."""
    used = {row["media_id"] for row in facts.laksa.files}
    rows = {row["id"]: row["attached_at"] for row in facts.gateway.media}
    for media in used - rows.keys():
        yield Mismatch("lost", _ROWS, f"{media}, which a report uses")
    for media, attached in rows.items():
        if media in used and attached is None:
            yield Mismatch("lost", _ROWS, f"that {media} is used by a report")
        elif media not in used and attached is not None:
            yield Mismatch("orphan", _ROWS, f"{media} is kept for a report that does not use it")


CHECKS = (check_uploads, check_files, check_attached)
