"""From what was sent to what stands in an article: checked, sanitised, placed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.auth import Caller
from shared.city.areas import District, Village
from shared.errors import FieldError, Unprocessable
from shared.media import accept
from shared.runtime import Runtime
from svc_news.articles.rules import is_id
from svc_news.articles.usecases import Article, Kind
from svc_news.markup.rules import to_html, xml_safe
from svc_news.newsroom.rules import Held, Misfit, held
from svc_news.newsroom.schemas import ArticleIn, EventIn, ImageIn


def write(
    run: Runtime, article: Article, sent: ArticleIn, *, caller: Caller, now: datetime, within: str = ""
) -> None:
    """Makes the article say what was sent; 422 with every field that does not fit, named from `within`."""
    wrong = list(_misfits(run, article, sent, now))
    when = None
    try:
        when = _held(run, sent.event)
    except Misfit as misfit:
        wrong.append(FieldError(f"event.{misfit.field}", misfit.code))
    images = _images(run, article, sent.images, wrong, caller, now)
    if wrong:
        raise Unprocessable(errors=[FieldError(within + each.field, each.code) for each in wrong])
    article.kind, article.byline, article.expires_at = sent.kind, sent.byline, sent.expires_at
    article.wanted_slug = sent.slug
    article.title, article.summary = said(sent.title), said(sent.summary)
    article.body = said(sent.body)
    article.html = {language: to_html(text) for language, text in article.body.items()}
    article.images, article.tags = images, list(dict.fromkeys(sent.tags))
    article.claim = _claim(sent)
    article.event, area = _event(run, sent.event)
    article.starts_at, article.ends_at, article.over_at = _moments(when)
    article.districts = list(dict.fromkeys([*sent.districts, *_district(run, area)]))


def _misfits(run: Runtime, article: Article, sent: ArticleIn, now: datetime) -> Iterator[FieldError]:
    for name, kind in (("claim", Kind.HOAX), ("event", Kind.AGENDA)):
        if (getattr(sent, name) is not None) != (sent.kind is kind):
            yield FieldError(name, "missing" if sent.kind is kind else "not_of_this_kind")
    if sent.slug is not None and is_id(sent.slug):
        yield FieldError("slug", "looks_like_an_id")
    for number, code in enumerate(sent.districts):
        if not isinstance(run.city.areas.find(code), District):
            yield FieldError(f"districts.{number}", "unknown")
    if sent.event and sent.event.area and sent.event.area not in run.city.areas.codes:
        yield FieldError("event.area", "unknown")
    if sent.expires_at not in (None, article.expires_at) and sent.expires_at <= now:
        yield FieldError("expires_at", "in_the_past")
    if sent.source not in (None, article.source):
        yield FieldError("source", "fixed")


def _held(run: Runtime, event: EventIn | None) -> Held | None:
    if event is None:
        return None
    return held(event.starts_at, event.ends_at, event.starts_on, event.ends_on, run.city.zone)


def _moments(when: Held | None) -> tuple[datetime | None, datetime | None, datetime | None]:
    return (when.starts_at, when.ends_at, when.over_at) if when else (None, None, None)


def _images(
    run: Runtime,
    article: Article,
    sent: tuple[ImageIn, ...],
    wrong: list[FieldError],
    caller: Caller,
    now: datetime,
) -> list[dict[str, Any]]:
    """New ones by the caller's receipts (422 `media_receipt_bad`), others by an id the article has."""
    held_ones = {image["media_id"]: image for image in article.images or ()}
    found: dict[str, dict[str, Any]] = {}
    for number, each in enumerate(sent):
        facts: Mapping[str, Any] | None = held_ones.get(str(each.media_id))
        if each.receipt is not None:
            receipt = accept(each.receipt, run.keys, caller.scope, now)
            facts = {"media_id": str(receipt.media_id), "type": receipt.type, "size": receipt.size}
        if facts is None:
            wrong.append(FieldError(f"images.{number}", "unknown" if each.media_id else "missing"))
            continue
        found[facts["media_id"]] = {**facts, "alt": said(each.alt), "credit": each.credit}
    return list(found.values())


def _claim(sent: ArticleIn) -> dict[str, Any] | None:
    if sent.claim is None:
        return None
    claim = sent.claim.model_dump(mode="json")
    return claim | {"claim": said(sent.claim.claim)}


def _event(run: Runtime, sent: EventIn | None) -> tuple[dict[str, Any] | None, str | None]:
    """What is kept of an event beside its times, and the code of its area: stated, or of its point."""
    if sent is None:
        return None, None
    area = sent.area
    if area is None and sent.point is not None:
        located = run.city.areas.locate(sent.point.lat, sent.point.lon)
        area = located.village.code if located.inside else None
    days = sent.starts_on is not None
    last = sent.ends_on or sent.starts_on
    return {
        "starts_on": str(sent.starts_on) if days else None,
        "ends_on": str(last) if days else None,
        "place": sent.place,
        "lat": sent.point.lat if sent.point else None,
        "lon": sent.point.lon if sent.point else None,
        "area": area,
        "organiser": sent.organiser,
        "price": sent.price,
    }, area


def _district(run: Runtime, area: str | None) -> list[str]:
    """An event stands among what its district reads."""
    found = run.city.areas.find(area) if area else None
    if isinstance(found, Village):
        return [found.district.code]
    return [found.code] if found else []


def said(texts: Any) -> dict[str, str]:
    """The languages that were given; what no feed can hold goes, or is U+FFFD where nothing else is."""
    given = {language: text for language, text in texts.model_dump().items() if text}
    return {language: xml_safe(text).strip() or "\ufffd" for language, text in given.items()}
