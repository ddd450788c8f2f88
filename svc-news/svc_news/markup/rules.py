"""Markdown to sanitised HTML, and text that XML 1.0 can hold."""

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel", "geo"}
_LOWER = {"h1": "h2", "h5": "h4", "h6": "h4"}
_MOST_CELLS = 5_000
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@cache
def _markdown() -> MarkdownIt:
    """CommonMark with tables; HTML is text, and pictures are articles' own, never somebody else's address."""
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    made.block.ruler.at("table", _bounded_table, {"alt": ["paragraph", "reference"]})
    return made


def _bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Tables until the text has `_MOST_CELLS`; what is beyond is read as plain lines.

    A short line is filled up with empty cells: of 40,000 characters two million would be made, in a minute.
    """
    header = state.src[state.bMarks[start] : state.eMarks[start]]
    columns, made = header.count("|") + 1, state.env.setdefault("cells", 0)
    last = min(end, start + (_MOST_CELLS - made) // columns)
    if not table(state, start, last, silent):
        return False
    state.env["cells"] += 0 if silent else columns * (state.line - start)
    return True


def to_html(markdown: str) -> str:
    """HTML of an allowed few tags; links absolute with a known scheme, headings h2 to h4: h1 is the title."""
    parser = _markdown()
    tokens = parser.parse(markdown)
    for token in tokens:
        token.tag = _LOWER.get(token.tag, token.tag)
    html = parser.renderer.render(tokens, parser.options, {})
    return xml_safe(
        nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, url_relative="deny")
    ).strip()


def xml_safe(text: str) -> str:
    """Without what XML 1.0 (2.2) does not allow, and without C1 controls, which readers stumble over."""
    return _NOT_XML.sub("", text)
