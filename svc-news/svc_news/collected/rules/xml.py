"""RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0: read as a stream, so that a hostile tree is never built."""

import re
from collections.abc import Iterator, Mapping
from html.entities import html5
from urllib.parse import urljoin
from xml.parsers import expat

from svc_news.collected.rules.entry import LONGEST_TEXT, MOST_ENTRIES, Document, Entry, Unreadable

_DEEPEST, _LONGEST_BASE = 100, 2_000
_ROOTS = frozenset({"rss", "RDF", "feed"})
_ENTRIES = frozenset({"item", "entry"})
_XML = "http://www.w3.org/XML/1998/namespace"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DUBLIN = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
#: What prefixes mean in a document that forgot to say so.
_PREFIXES = {
    "xml": _XML,
    "rdf": _RDF,
    "dc": _DUBLIN,
    "content": _CONTENT,
    "atom": "http://www.w3.org/2005/Atom",
}
_INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup", "u"}
)
_ATOM = frozenset({"http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"})
_OWN = frozenset({"", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/", *_ATOM})
#: Which element fills which field; of several the first in this order that says something.
_DATES = ("pubDate", "published", "issued", "created", "date", "updated", "modified")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,500}\?>")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_REFERENCE = re.compile(r"&(#\d{1,7};|#x[0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)?")
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def read_xml(text: str) -> Document:
    """The feed; Unreadable if it is none, brings a DTD (and with it entities), or is nested without end.

    One that breaks the rules of XML as feeds often do (`&nbsp;`, a bare `&`, a prefix nobody declared) is
    mended and read again.
    """
    text = _UNREADABLE.sub("", _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"), count=1))
    try:
        return _Reader().read(text, " ")
    except expat.ExpatError:
        mended = "".join(_mended(text))
    try:
        return _Reader().read(mended, None)
    except expat.ExpatError as error:
        raise Unreadable("malformed") from error


def _mended(text: str) -> Iterator[str]:
    """The text piece by piece, references mended outside of CDATA; one walk, whatever was left open."""
    at = 0
    while (start := text.find(_CDATA, at)) >= 0 and (end := text.find(_CDATA_END, start)) >= 0:
        yield _REFERENCE.sub(_reference, text[at:start])
        at = end + len(_CDATA_END)
        yield text[start:at]
    yield _REFERENCE.sub(_reference, text[at:])


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    if name.startswith("#") or name in _OF_XML:
        return found[0]
    return html5.get(name, f"&amp;{name}")


class _Reader:
    """Keeps the entry and the field it is in, and nothing of what it has passed."""

    def __init__(self) -> None:
        self.document = Document([])
        self._bases: list[str] = []
        self._names: list[str] = []
        self._entry: Entry | None = None
        self._fields: dict[str, str] = {}
        self._field = ""
        self._field_depth = self._entry_depth = 0
        self._words: list[str] = []
        self._length = 0

    def read(self, text: str, separator: str | None) -> Document:
        """ExpatError if it is no XML. Without a separator of namespaces, prefixes are taken as they are."""
        parser = expat.ParserCreate("utf-8", namespace_separator=separator)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(text.encode(), True)
        return self.document

    def _doctype(self, *_: object) -> None:
        raise Unreadable("dtd")

    def _start(self, full: str, attributes: Mapping[str, str]) -> None:
        space, name = _named(full)
        if not self._names and name not in _ROOTS:
            raise Unreadable("not_a_feed")
        if len(self._names) >= _DEEPEST:
            raise Unreadable("too_deep")
        given = attributes.get(f"{_XML} base") or attributes.get("xml:base", "")
        base = self._bases[-1] if self._bases else ""
        self._bases.append(_inside(base, given) if given else base)
        self._names.append(name)
        if self._field:
            self._words.append("" if name in _INLINE else " ")
        elif self._entry is not None:
            self._begin_field(space, name, attributes)
        elif name in _ENTRIES and space in _OWN and len(self._names) <= 3:
            self._begin_entry(attributes)
        elif name == "link" and space in _OWN and len(self._names) <= 3 and not self.document.home:
            self._begin_home(attributes)

    def _begin_entry(self, attributes: Mapping[str, str]) -> None:
        about = attributes.get(f"{_RDF} about") or attributes.get("rdf:about", "")
        self._entry = Entry(guid=about, base=self._bases[-1])
        self._entry_depth, self._fields = len(self._names), {}

    def _begin_home(self, attributes: Mapping[str, str]) -> None:
        if "href" not in attributes:
            self._open("home")
        elif attributes.get("rel", "alternate") == "alternate":
            self.document.home = _joined(self._bases[-1], attributes["href"])

    def _begin_field(self, space: str, name: str, attributes: Mapping[str, str]) -> None:
        entry = self._entry
        if entry is None or len(self._names) != self._entry_depth + 1:
            return
        if name == "link" and "href" in attributes:
            if attributes.get("rel", "alternate") == "alternate" and not entry.link:
                entry.link = _joined(self._bases[-1], attributes["href"])
            return
        if name == "guid":
            entry.guid_is_link = attributes.get("isPermaLink", "true").strip().lower() == "true"
        if space in _OWN or (space, name) in ((_DUBLIN, "date"), (_CONTENT, "encoded")):
            self._open(name)
            self._src(entry, name, attributes)

    def _src(self, entry: Entry, name: str, attributes: Mapping[str, str]) -> None:
        """Atom's content may lie elsewhere: that is what to link to, if nothing better is said."""
        if name == "content" and "src" in attributes:
            self._fields.setdefault("src", _joined(self._bases[-1], attributes["src"]))

    def _open(self, name: str) -> None:
        self._field, self._field_depth, self._words, self._length = name, len(self._names), [], 0

    def _characters(self, text: str) -> None:
        if self._field and self._length < LONGEST_TEXT:
            self._words.append(text[: LONGEST_TEXT - self._length])
            self._length += len(text)

    def _end(self, full: str) -> None:
        if self._field:
            if len(self._names) == self._field_depth:
                self._close("".join(self._words).strip())
            elif _named(full)[1] not in _INLINE:
                self._words.append(" ")
        elif self._entry is not None and len(self._names) == self._entry_depth:
            self._finish(self._entry)
        self._names.pop()
        self._bases.pop()

    def _close(self, text: str) -> None:
        name, self._field = self._field, ""
        if name == "home":
            self.document.home = _joined(self._bases[-1], text) if text else ""
        elif text:
            self._fields.setdefault(name, _joined(self._bases[-1], text) if name == "link" else text)

    def _finish(self, entry: Entry) -> None:
        self._entry, said = None, self._fields
        entry.guid = said.get("guid") or said.get("id") or entry.guid
        entry.link = entry.link or said.get("link", "") or said.get("src", "")
        entry.title = said.get("title", "")
        entry.summary = said.get("description") or said.get("summary", "")
        entry.content = said.get("encoded") or said.get("content", "")
        entry.date = next((said[name] for name in _DATES if said.get(name)), "")
        if len(self.document.entries) < MOST_ENTRIES:
            self.document.entries.append(entry)


def _named(full: str) -> tuple[str, str]:
    """(namespace, local name) of what expat calls `uri name`, `prefix:name` or `name`."""
    if " " in full or ":" not in full:
        space, _, name = full.rpartition(" ")
        return space, name
    prefix, _, name = full.partition(":")
    return _PREFIXES.get(prefix, prefix), name


def _inside(base: str, given: str) -> str:
    """The base within a base; one so long that no link behind it could be kept is passed over."""
    found = _joined(base, given) if len(given) <= _LONGEST_BASE else base
    return found if len(found) <= _LONGEST_BASE else base


def _joined(base: str, link: str) -> str:
    """The link beside its base; what cannot be joined stays as it is, and is judged later."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return link
