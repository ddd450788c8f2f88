"""One entry as its feed has it: raw texts, whatever the format."""

from dataclasses import dataclass
from typing import Literal

MOST_ENTRIES = 10_000
LONGEST_TEXT = 20_000
Fault = Literal["not_a_feed", "malformed", "dtd", "too_deep", "empty"]


class Unreadable(Exception):
    """A document nobody can take items from; `code` names a text `source_error.<code>`."""

    def __init__(self, code: Fault) -> None:
        super().__init__(code)
        self.code: Fault = code


@dataclass(slots=True)
class Entry:
    """What the feed says; `base` is what its links are relative to, if the feed says so."""

    guid: str = ""
    guid_is_link: bool = False
    link: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    date: str = ""
    base: str = ""


@dataclass(slots=True)
class Document:
    """A feed: its entries in their order, and its own home page."""

    entries: list[Entry]
    home: str = ""
