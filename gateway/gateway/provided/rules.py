"""Texts and links of somebody else made harmless; how old a section may be; how often a provider is asked."""

import html
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from pydantic_core import PydanticCustomError
from yarl import URL

from gateway.declarations.usecases import State
from gateway.fetching.rules import Refused, destination, leads_to

FRESH = timedelta(minutes=5)
KEPT = timedelta(hours=24)
EVERY = timedelta(seconds=60)
DOWN_AFTER = 2
"""Failures in a row: one alone says nothing of a provider."""
LANGUAGES = ("id", "en")
FIRST_RETRY = timedelta(seconds=5)
FIRST_ORDER = 100
"""Of a provider's section of home; those of the city's own services stand before it."""
_PASSES = 5
_SPACE = re.compile(r"\s+")
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
#: Letters and signs that are drawn as nothing: fillers, joiners, the empty braille cell.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
_MOST_MARKS = 4
_PILE = re.compile(
    r"(?:[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]){5,}"
)
_PATH = re.compile(r"/([A-Za-z0-9._~!$&'()*+,;=:@%?#-][A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*)?")


def plain(text: str) -> str:
    """One line of plain text: no tag, nothing that cannot be seen or turns its neighbours around, NFC.

    Of marks piled upon one letter four are left, so that a line stays out of its neighbours.

    Again until nothing changes: what is read as an entity, or stands around something invisible, may become
    a tag by that.
    """
    for _ in range(_PASSES):
        before, text = text, _visible(html.unescape(nh3.clean(text, tags=set())))
        if text == before:
            return text
    return _visible(text.replace("<", "").replace("&", ""))


def _visible(text: str) -> str:
    spaced = _SPACE.sub(" ", text)
    seen = "".join(c for c in spaced if unicodedata.category(c) not in _INVISIBLE and c not in _BLANK)
    low = _PILE.sub(lambda pile: pile.group()[:_MOST_MARKS], unicodedata.normalize("NFC", seen))
    return _SPACE.sub(" ", low).strip()


def link(text: str) -> str:
    """A path of this API's apps (`/…`), or https to a name of the public internet. ValueError otherwise."""
    if len(text) <= 500 and _PATH.fullmatch(text) and "/../" not in text:
        return text
    fragment = text.partition("#")[2]
    url = destination(text)
    return str(url.with_fragment(fragment) if fragment else url)


def agreed(said: str, hosts: Sequence[str]) -> bool:
    """Whether a link is a path of ours, or leads to a host that was agreed, or below one."""
    return said.startswith("/") or leads_to(URL(said), hosts)


def safe_link(text: str) -> str:
    """`link`, where pydantic asks: one kind of error for whatever is wrong."""
    try:
        return link(text)
    except Refused as error:
        raise PydanticCustomError("provider_link", "no link people may be sent to") from error


def state_of(as_of: datetime | None, now: datetime) -> State:
    """What is five minutes old is shown as stale, what is a day old not at all."""
    if as_of is None or now - as_of > KEPT:
        return "unavailable"
    return "ok" if now - as_of <= FRESH else "stale"


def pause(failures: int, luck: float) -> timedelta:
    """Until it is asked again: a minute, after a failure 5 s, doubled each time. `luck` (0 to 1) spreads."""
    wanted = EVERY if failures == 0 else min(FIRST_RETRY * 2 ** min(failures - 1, 10), EVERY)
    return wanted * (0.9 + luck / 10)


def rendered(
    items: Sequence[Mapping[str, Any]], language: str, zone: ZoneInfo, hosts: Sequence[str]
) -> bytes:
    """The items in one language as a JSON array, times in the city's zone; no link to another host."""
    return json.dumps([_item(each, language, zone, hosts) for each in items], ensure_ascii=False).encode()


def _item(item: Mapping[str, Any], language: str, zone: ZoneInfo, hosts: Sequence[str]) -> dict[str, Any]:
    texts = {name: item.get(name) for name in ("title", "summary")}
    at, leads = item.get("at"), item.get("link")
    return {
        "id": item["id"],
        **{name: text and (text.get(language) or text["id"]) for name, text in texts.items()},
        "link": leads if leads and agreed(leads, hosts) else None,
        "at": at and datetime.fromisoformat(at).astimezone(zone).isoformat(),
    }
