"""What an entry says, whatever it is written in."""

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from svc_news.articles.documents import Words
from svc_news.feeds.usecases import Feed
from svc_news.markup.rules import xml_safe


def urn(any_id: Any) -> str:
    """An id that follows from no title, slug, host or scheme."""
    return f"urn:uuid:{any_id}"


def page_of(row: Any, words: Words) -> str:
    """Where a person reads it."""
    return words.page(row)


def html_of(feed: Feed, row: Any) -> str:
    """The text, below it what was corrected: whoever reads only the feed must see it too."""
    words = feed.words
    notes = [
        f"<p><strong>{as_html(words.text('feed.correction', date=words.date(each.at)))}</strong> "
        f"{as_html(words.of(each.note))}</p>"
        for each in feed.corrections.get(row.id, ())
    ]
    return "\n".join([words.of(row.html), *notes])


def categories(row: Any, words: Words) -> list[tuple[str, str]]:
    """(term, label): its kind, its districts, its tags."""
    kind = words.label("kind", row.kind)
    areas = [words.area(code) for code in row.districts]
    labelled = [kind, *areas]
    return [(each.code, each.label) for each in labelled] + [(tag, tag) for tag in row.tags]


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """A child with text that XML can hold."""
    child = SubElement(parent, name, {k.rstrip("_"): xml_safe(v) for k, v in attributes.items()})
    child.text = xml_safe(text) if text is not None else None
    return child


def written(root: Element) -> bytes:
    """UTF-8 with its declaration."""
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def as_html(text: str) -> str:
    """Plain text as HTML that shows it."""
    holder = Element("p")
    holder.text = text
    return tostring(holder, encoding="unicode").removeprefix("<p>").removesuffix("</p>")
