"""Plain text of what feeds call a title or a description: no markup, nothing unseen, never too long."""

import html
import re
import unicodedata
from html.parser import HTMLParser

LONGEST_TITLE, LONGEST_EXCERPT = 300, 300
_LONGEST_SOURCE = 8_000
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\uffff\ud800-\udfff]"
)
_BLOCKS = frozenset(
    {"p", "br", "div", "li", "ul", "ol", "td", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr"}
)
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "svg", "title"})
#: A comment to browsers (WHATWG: "incorrectly opened"), an AssertionError to html.parser.
_SECTION = re.compile(r"<!\[[^>]*>?")
_ESCAPED = re.compile(r"&lt;/?[a-z][a-z0-9]*[\s/&>]|&lt;!--", re.IGNORECASE)


def plain(source: str, longest: int) -> str:
    """The text without tags, scripts and unseen characters, in one line; cut at a word, with an ellipsis."""
    source = source[:_LONGEST_SOURCE]
    if _ESCAPED.search(source):  # escaped once too often: that is how the feed's author sees it, too
        source = html.unescape(source)
    stripper = _Stripper()
    stripper.feed(_without_open_end(_SECTION.sub(" ", source)))
    stripper.close()
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", "".join(stripper.words)))
    return cut(" ".join(text.split()), longest)


def _without_open_end(source: str) -> str:
    """A `<` behind the last `>` begins no tag: html.parser looks for the end of each, to the very end of
    the text, and takes half a second for a thousand of them."""
    tags, last, words = source.rpartition(">")
    return tags + last + words.replace("<", "&lt;")


def cut(text: str, longest: int) -> str:
    """At most so many characters, cut at a word where there is one; then the last is an ellipsis."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    if not text[longest - 1].isspace():
        whole, _, rest = head.rpartition(" ")
        head = whole if whole and len(rest) < longest // 3 else head
    return f"{head.rstrip(' ,;:.–—-')}…"


class _Stripper(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent is None and tag in _SILENT:
            self._silent = tag
        elif tag in _BLOCKS:
            self.words.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = None
        elif tag in _BLOCKS:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if self._silent is None:
            self.words.append(data)
