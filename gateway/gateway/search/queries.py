"""Reads of this slice: the vocabulary, a page of hits, the types there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, REGCONFIG
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger, Float, Text

from gateway.search.models import SearchDocument
from gateway.search.rules.keys import EARTH_M, slices
from gateway.search.rules.pages import KEPT, WINDOW, Position
from gateway.search.rules.slips import Known
from gateway.search.rules.vector import CONFIGS

D = SearchDocument
_STEMS = {"id": "indonesian", "en": "english"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. `groups`: for each word those that may stand for it; `keys`: all must be there.

    `squares`: one of them must, none: anywhere; a point is (lat, lon) in degrees.
    """

    groups: Sequence[Sequence[str]]
    phrase: str
    language: str
    keys: Sequence[str]
    squares: Sequence[str]
    point: tuple[float, float] | None
    radius_m: float | None


_VOCABULARY = text("""
SELECT w.word,
  EXISTS (SELECT FROM search_words v WHERE v.word = w.word) AS held,
  ARRAY(SELECT v.word FROM search_words v
        WHERE w.open AND v.word > w.word AND v.word < w.word || '~' ORDER BY v.word LIMIT 200) AS begun,
  ARRAY(SELECT v.word FROM search_words v
        WHERE w.slip AND v.word % w.word AND NOT EXISTS (SELECT FROM search_words k WHERE k.word = w.word)
        ORDER BY similarity(v.word, w.word) DESC, v.word LIMIT 20) AS near,
  each_anew.mode
FROM unnest(CAST(:words AS text[]), CAST(:open AS boolean[]), CAST(:slip AS boolean[]))
  WITH ORDINALITY AS w(word, open, slip, at),
  (SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS mode) AS each_anew
ORDER BY w.at
""")


async def vocabulary(session: AsyncSession, words: Sequence[str], is_open: bool) -> list[Known]:
    """What is known of each word; the last is completed if it is open, those of letters may be slips.

    From here on PostgreSQL plans each statement of the transaction for its own values: a plan for any words
    does not know that some are in every document.
    """
    given = {
        "words": list(words),
        "open": [is_open and n == len(words) for n in range(1, len(words) + 1)],
        "slip": [word.isalpha() and len(word) > 3 for word in words],
    }
    rows = await session.execute(_VOCABULARY, given)
    return [Known(row.word, row.held, row.begun, row.near) for row in rows]


async def page(
    session: AsyncSession, asked: Asked, position: Position, *, now: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` hits, best first, each with `score`, `distance_m`, `matched` words of its texts.

    Of a word that very many documents have, only the newest matches are ranked: WINDOW of them, drawn from
    stretches of time of which the next is looked at only if those before held too few. `drawn` says how many
    there were, one more than WINDOW if others lie beyond; `edge_at` and `edge_no` are the window's end.
    """
    wanted, every = _queries(asked)
    drawn = _drawn(asked, wanted, position, now)
    rank = func.row_number().over(order_by=(drawn.c.published_at.desc(), drawn.c.no.desc()))
    window = select(drawn, rank.label("rank")).cte("window")
    edge = select(window.c.published_at, window.c.no).where(window.c.rank == WINDOW).subquery()
    distance = _distance(asked.point)
    score = cast(1_000_000 * _score(asked, wanted, distance, position.as_of), BigInteger)
    hits = select(D, score.label("score"), cast(distance, BigInteger).label("distance_m"))
    hits = hits.join(window, window.c.no == D.no)
    if position.end is None and position.after is None:
        hits = hits.where(window.c.rank <= WINDOW)
    ranked = hits.subquery()
    shown = select(
        ranked,
        select(func.count()).select_from(window).scalar_subquery().label("drawn"),
        select(edge.c.published_at).scalar_subquery().label("edge_at"),
        select(edge.c.no).scalar_subquery().label("edge_no"),
        _matched(ranked, every, asked.language).label("matched"),
    )
    if position.after is not None:
        shown = shown.where(tuple_(ranked.c.score, ranked.c.no) < position.after)
    shown = shown.order_by(ranked.c.score.desc(), ranked.c.no.desc()).limit(limit)
    return (await session.execute(shown)).all()


def _drawn(asked: Asked, wanted: ColumnElement[Any], position: Position, now: datetime) -> Any:
    """(no, published_at) of the newest matches of the window."""
    most = WINDOW + 1 if position.after is None else 2 * WINDOW
    newest = position.start[0] if position.start else position.as_of
    filters = [
        D.gone_at.is_(None),
        D.vector.op("@@")(wanted),
        or_(D.expires_at.is_(None), D.expires_at > now),
    ]
    filters += _inside(asked)
    filters += [D.published_at <= newest]
    if position.start is not None:
        filters += [tuple_(D.published_at, D.no) < position.start]
    if position.end is not None:
        filters += [tuple_(D.published_at, D.no) >= position.end]
    parts = []
    for stretch in slices(newest):
        if position.end is not None and stretch.before is not None and stretch.before <= position.end[0]:
            break
        here: list[ColumnElement[bool]] = [D.keys.op("&&")(_texts(stretch.keys))] if stretch.keys else []
        here += [D.published_at >= stretch.since] if stretch.since else []
        here += [D.published_at < stretch.before] if stretch.before else []
        part = select(D.no, D.published_at).where(and_(*filters, *here))
        parts.append(part.order_by(D.published_at.desc(), D.no.desc()).limit(most).subquery())
    every = union_all(*(select(part.c.no, part.c.published_at) for part in parts)).limit(most)
    return every.subquery()


def _inside(asked: Asked) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.keys:
        conditions.append(D.keys.op("@>")(_texts(asked.keys)))
    if asked.squares and asked.radius_m is not None:
        conditions.append(D.keys.op("&&")(_texts(asked.squares)))
        conditions.append(_distance(asked.point) <= asked.radius_m)
    return conditions


def _texts(values: Sequence[str]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(Text))


def _queries(asked: Asked) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The search for all words, and the one for any of them (what is highlighted)."""
    groups = []
    for words in asked.groups:
        either = " or ".join(
            f'"{word}"' for word in words
        )  # letters and digits: no operator can be among them
        forms = [func.websearch_to_tsquery(cast(config, REGCONFIG), either) for config in CONFIGS]
        groups.append(forms[0].op("||")(forms[1]).op("||")(forms[2]).self_group())
    every, any_of = groups[0], groups[0]
    for group in groups[1:]:
        every, any_of = every.op("&&")(group), any_of.op("||")(group)
    return every, any_of


def _score(
    asked: Asked, wanted: ColumnElement[Any], distance: ColumnElement[Any], as_of: datetime
) -> ColumnElement[Any]:
    """How well it fits: the words (0 to 1), a title that begins with them, newer, to come, near."""
    age_days = func.extract("epoch", literal(as_of) - D.published_at) / 86_400
    begins = or_(
        func.starts_with(D.plain["title_id"].astext, asked.phrase),
        func.starts_with(D.plain["title_en"].astext, asked.phrase),
    )
    over = func.coalesce(D.ends_at, D.starts_at) < as_of
    score = func.ts_rank(_weights(), D.vector, wanted) + case((begins, 0.3), else_=0.0)
    score += 0.2 * func.exp(-func.least(age_days, 3_650) / 180)
    score += case((over, -0.4), (D.starts_at.is_not(None), 0.2), else_=0.0)
    if asked.point is not None:
        score += func.coalesce(0.5 / (1 + distance / 500), 0.0)
    return score


def _weights() -> ColumnElement[Any]:
    """Of D, C, B, A: summaries are B, titles A."""
    return cast([0.1, 0.1, 0.3, 1.0], ARRAY(Float(24)))


def _distance(point: tuple[float, float] | None) -> ColumnElement[Any]:
    """Metres along the great circle (haversine); NULL for what has no point."""
    if point is None:
        return literal(None, Float)
    lat, lon = (literal(each, Float) for each in point)
    half = func.pow(func.sind((D.lat - lat) / 2), 2) + func.cosd(lat) * func.cosd(D.lat) * func.pow(
        func.sind((D.lon - lon) / 2), 2
    )
    metres = 2 * EARTH_M * func.asin(func.sqrt(func.least(half, 1.0)))
    return case((D.lat.is_(None), None), else_=metres)  # LEAST takes no notice of NULL


def _matched(ranked: Any, any_of: ColumnElement[Any], language: str) -> ColumnElement[Any]:
    """The words of a hit's texts that fit a word of the question, by itself or by its stem."""
    plain = ranked.c.plain
    said = plain["title_id"].astext + " " + plain["title_en"].astext
    said = said + " " + plain["summary_id"].astext + " " + plain["summary_en"].astext
    word = func.unnest(func.string_to_array(said, " ")).column_valued("word")
    forms: ColumnElement[Any] = func.to_tsvector(cast("simple", REGCONFIG), word)
    forms = forms.op("||")(func.to_tsvector(cast(_STEMS[language], REGCONFIG), word))
    found = select(word).where(forms.op("@@")(any_of)).distinct()
    return func.array(found.scalar_subquery())


async def types(session: AsyncSession, now: datetime) -> list[tuple[str, str, int]]:
    """(type, kind, how many) of what is published and has not expired, by type.

    All are counted from the index alone, and those that expired and wait to be forgotten from another.
    """
    counted = select(D.type, D.kind, func.count().label("many")).where(D.url != text("''"))
    by_type = counted.group_by(D.type, D.kind).order_by(D.type, D.kind)
    over = counted.where(D.forget_at <= now + KEPT, D.expires_at <= now).group_by(D.type, D.kind)
    expired = {(row.type, row.kind): row.many for row in await session.execute(over)}
    left = [
        (row.type, row.kind, row.many - expired.get((row.type, row.kind), 0))
        for row in await session.execute(by_type)
    ]
    return [each for each in left if each[2] > 0]


async def kinds_of(session: AsyncSession, publisher: str) -> Sequence[str]:
    """The kinds of document that one publisher has told of: they begin with its name."""
    its = D.kind.startswith(f"{publisher}_", autoescape=True)
    return (await session.scalars(select(D.kind).where(its).distinct())).all()


async def after(
    session: AsyncSession, kinds: Sequence[str], doc_id: str, limit: int
) -> Sequence[tuple[str, str, int]]:
    """(kind, id, version) of published documents with a greater id, in the order of their ids."""
    found: list[tuple[str, str, int]] = []
    for kind in kinds:  # one, or a few
        rows = select(D.kind, D.id, D.version).where(D.kind == kind, D.id > doc_id, D.gone_at.is_(None))
        held = await session.execute(rows.order_by(D.id).limit(limit))
        found += [(row.kind, row.id, row.version) for row in held]
    return sorted(found, key=lambda row: row[1])[:limit]
