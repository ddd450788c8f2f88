"""What an entry says, whatever it is written in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from svc_news.articles.documents import Words, image_link
from svc_news.feeds.usecases import Feed
from svc_news.markup.rules import xml_safe


def urn(any_id: Any) -> str:
    """An id that follows from no title, slug, host or scheme."""
    return f"urn:uuid:{any_id}"


def html_of(feed: Feed, row: Any) -> str:
    """The first picture, the text, and what was corrected: whoever reads only the feed must see it too."""
    words = feed.words
    pictures = [_figure(row.id, image, words) for image in row.images[:1]]
    notes = [
        f"<p><strong>{as_html(words.text('feed.correction', date=words.date(each.at)))}</strong> "
        f"{as_html(words.of(each.note))}</p>"
        for each in feed.corrections.get(row.id, ())
    ]
    return "\n".join([*pictures, words.of(row.html), *notes])


def categories(row: Any, words: Words) -> list[tuple[str, str]]:
    """(term, label): its kind, its districts, its tags, and `demo` if it is made up."""
    labelled = [words.label("kind", row.kind), *(words.area(code) for code in row.districts)]
    return [(each.code, each.label) for each in labelled] + [(word, word) for word in words.keywords(row)]


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """A child with text that XML can hold."""
    child = SubElement(parent, name, {k: xml_safe(v) for k, v in attributes.items()})
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


def _figure(article_id: UUID, image: Mapping[str, Any], words: Words) -> str:
    """The picture at the address that stays, with what it shows in words and whose it is."""
    figure = Element("figure")
    source = words.absolute(image_link(article_id, image["media_id"]))
    add(figure, "img", src=source, alt=words.of(image["alt"]))
    add(figure, "figcaption", image["credit"])
    return tostring(figure, encoding="unicode", method="html")
