"""Which answers of an operation may be kept and what they differ by, as its document and they say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self
from urllib.parse import parse_qsl

from shared.routes import XCity

#: Whoever sends one of these is answered by the service itself.
_ALTERING = frozenset({b"if-match", b"if-range", b"if-unmodified-since", b"range", b"x-follow-token"})
#: What an answer may say it varies by, beside language and coding -> the most bytes of a value.
VARYING = {b"accept": 128, b"x-app-platform": 16, b"x-app-version": 32}
_KNOWN = frozenset({b"accept-language", b"accept-encoding", b"if-none-match", b"if-modified-since", *VARYING})
_ALWAYS = frozenset({b"accept-language", b"accept-encoding"})
_PLATFORMS = frozenset({b"android", b"ios", b"web"})
_MOST_BYTES, _MOST_FIELDS = 2_048, 50
Headers = Mapping[bytes, bytes]
Key = tuple[str, tuple[tuple[str, str], ...], str, tuple[bytes, ...]]


@dataclass(slots=True, eq=False)
class Keeping:
    """Of one operation. `varies` is learned from its answers; `tags` are what purges them.

    `kept` is False where equal reads are merged and nothing is remembered.
    """

    tags: frozenset[str]
    queries: frozenset[str]
    altering: frozenset[bytes]
    kept: bool = True
    varies: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, city: XCity, parameters: Iterable[Any]) -> Self:
        """From a public read's `x-city` and the parameters it declares."""
        stated = [p for p in parameters if isinstance(p, Mapping) and isinstance(p.get("name"), str)]
        heeded = {p["name"].lower().encode() for p in stated if p.get("in") == "header"} - _KNOWN
        signed = set() if set(city.audience) == {"public"} else {b"authorization"}
        return cls(
            tags=frozenset(city.tags),
            queries=frozenset(p["name"] for p in stated if p.get("in") == "query"),
            altering=_ALTERING | heeded | signed,
            kept=bool(city.tags),
        )

    def key(self, path: str, query: bytes, language: str, headers: Headers) -> Key | None:
        """Where the answer is kept; None for what may not be: the operation does not know such a parameter.

        Such a request is asked of the service as it came. So junk in a query fills no memory, and whoever
        refuses unknown parameters can go on doing so.
        """
        if len(path) + len(query) > _MOST_BYTES:
            return None
        pairs = _pairs(query)
        if pairs is None or not all(name in self.queries for name, _ in pairs):
            return None
        if any(len(headers.get(name, b"")) > VARYING[name] for name in self.varies):
            return None
        return path, pairs, language, tuple(_value(headers, name) for name in self.varies)

    def learn(self, vary: bytes) -> bool:
        """Takes in what an answer says it varies by; False if it is kept for nobody."""
        named = {name.strip().lower() for name in vary.split(b",") if name.strip()} - _ALWAYS
        if not named <= VARYING.keys():
            return False
        if not named <= set(self.varies):
            self.varies = tuple(sorted(named.union(self.varies)))
        return True


def shown_to_service(headers: Headers) -> list[tuple[bytes, bytes]]:
    """What of a reader's headers an answer for everybody may depend on."""
    sent = [n for n, most in VARYING.items() if len(headers.get(n, b"")) <= most]
    return [(name, value) for name in sent if (value := _value(headers, name))]


def _value(headers: Headers, name: bytes) -> bytes:
    value = headers.get(name, b"").strip()
    if name != b"x-app-platform":
        return value
    platform = value.lower()
    return platform if platform in _PLATFORMS else b""


@lru_cache(1_024)
def _pairs(query: bytes) -> tuple[tuple[str, str], ...] | None:
    """What a query says, by name; None if it says too much. A read needs it several times."""
    if not query:
        return ()
    try:
        pairs = parse_qsl(query.decode("latin-1"), True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    return tuple(sorted(pairs, key=_by_name))


def _by_name(pair: tuple[str, str]) -> str:
    return pair[0]
