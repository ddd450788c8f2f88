"""Labels, dates and addresses of articles in one language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.city import Texts
from shared.media import signed_path
from shared.runtime import Runtime
from shared.schemas import Labelled
from svc_news.articles.rules import Origin
from svc_news.settings import NewsSettings

FEED_TYPES = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that is said of articles, in one language."""

    run: Runtime
    language: str

    def text(self, key: str, **params: str | int) -> str:
        """The text with its {names} filled in."""
        return self.run.texts.get(key, self.language).format(**params)

    def label(self, kind: str, code: str) -> Labelled:
        """A code with its text `<kind>.<code>`."""
        return Labelled(code=code, label=self.text(f"{kind}.{code}"))

    def area(self, code: str) -> Labelled:
        """A district or village; the code alone if the pack no longer has it."""
        known = self.run.city.areas.find(code)
        return Labelled(code=code, label=known.name if known else code)

    @property
    def city(self) -> str:
        """Who publishes."""
        return self.run.city.name.text(self.language)

    def of(self, texts: Mapping[str, Any]) -> str:
        """A stored text in this language, or in Indonesian where it has no other."""
        return str(texts.get(self.language) or texts["id"])

    def headline(self, article: Any) -> str:
        """The title where nothing beside it says that an event was cancelled: the title does."""
        title = self.of(article.title)
        return self.text("agenda.cancelled", title=title) if article.cancelled_at else title

    def keywords(self, article: Any) -> list[str]:
        """Its tags, and `demo` where it is made up: feeds, calendars and JSON-LD have no `source`."""
        return list(dict.fromkeys([*article.tags, *([Origin.DEMO] if article.source == Origin.DEMO else [])]))

    def spoken(self, texts: Mapping[str, Any]) -> str:
        """The language `of` answers in."""
        return self.language if texts.get(self.language) else "id"

    def local(self, moment: datetime) -> datetime:
        """The moment with the city's offset."""
        return moment.astimezone(self.run.city.zone)

    def date(self, moment: datetime) -> str:
        """A day as people here write it."""
        return self.local(moment).strftime(self.text("date.format"))

    def absolute(self, path: str) -> str:
        """The path below PUBLIC_URL."""
        return self.run.settings.public_url.rstrip("/") + path

    def page(self, article: Any) -> str:
        """Where a person reads it: on the city's website if the setting says where that is."""
        template: str = self.run.part(NewsSettings).article_page
        return template.replace("{slug}", article.slug) if template else self.absolute(link(article.slug))

    def preview(self, media_id: str) -> str:
        """Where staff see a picture of what is not public yet, for the next hour."""
        run = self.run
        return signed_path(UUID(media_id), "small", run.settings.media_keys, run.clock.now())

    def feeds(self, kind: str, districts: Sequence[str]) -> list[tuple[str, str, str]]:
        """(media type, title, address) of each feed an article of this kind and these districts stands in."""
        scopes = [("news", self.text("feed.all", city=self.city))]
        scopes.append((f"news/kinds/{kind}", self.feed_title(kind=kind)))
        scopes += [(f"news/{code}", self.feed_title(district=code)) for code in districts]
        return [
            (media_type, title, self.absolute(f"/feeds/{scope}.{form}"))
            for scope, title in scopes
            for form, media_type in FEED_TYPES.items()
        ]

    def feed_title(self, kind: str | None = None, district: str | None = None) -> str:
        """What a feed is called."""
        if kind is not None:
            return self.text("feed.kind", city=self.city, kind=self.label("kind", kind).label)
        if district is not None:
            return self.text("feed.district", city=self.city, district=self.area(district).label)
        return self.text("feed.all", city=self.city)


def in_both(texts: Mapping[str, Any]) -> Texts:
    """The stored text in both languages: Indonesian where nobody translated it."""
    return {"id": texts["id"], "en": texts.get("en") or texts["id"]}


def link(ref: UUID | str) -> str:
    """Where an article is read, by its slug or its id."""
    return f"/v1/news/articles/{ref}"


def image_link(article_id: UUID, media_id: str) -> str:
    """Where a picture of an article is, for as long as the article is public."""
    return f"/v1/news/articles/{article_id}/images/{media_id}"
