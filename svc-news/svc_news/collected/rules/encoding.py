"""Which characters the bytes of a feed mean: what they say of themselves is often wrong."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
#: Names of Python's codecs that a web page can be in; the others (idna, zlib …) are no encodings of texts.
_OF_TEXTS = re.compile(
    r"^(utf-(8|16|32)(-[lb]e)?|iso8859-\d+|cp125\d|koi8-[ru]|gb\w+|big5|shift_jis|euc_\w+)$"
)
_WESTERN = {"iso8859-1": "cp1252", "ascii": "cp1252"}  # as browsers do (WHATWG Encoding Standard)


def decode(body: bytes, charset: str | None) -> str:
    """The text, of whatever bytes; `charset` is what HTTP says.

    A byte order mark decides. Then UTF-8, if the bytes are: no other text is by chance. Then what the
    document declares, what HTTP says, and last windows-1252, which reads everything.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if (wide := _wide(body)) is not None:
        return body.decode(wide, "replace")
    found = _DECLARED.match(body[:300])
    stated = [found[1].decode("ascii")] if found else []
    for name in ("utf-8", *filter(None, map(_known, [*stated, charset or ""]))):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode("cp1252", "replace")


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of the first characters is zero (XML 1.0, appendix F)."""
    if len(body) < 4 or len(body) % 2:
        body = body[:-1] if len(body) > 4 else b""
    head = body[:8]
    if head[:1] in (b"<", b"{") and head[1::2] and not any(head[1::2]):
        return "utf-16-le"
    if head[1:2] in (b"<", b"{") and not any(head[::2]):
        return "utf-16-be"
    return None


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    found = _WESTERN.get(found, found)
    return found if _OF_TEXTS.match(found) else None
