"""What an engine answers in one shape, whichever it is, and the ways it may not."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

MOST_POSITIONS, MOST_TURNS = 50_000, 1_000
_LONGEST_NAME = 200


class Part(BaseModel):
    """Part of an engine's answer: finite numbers, other members ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing to do. `kind` names its text `turn.<kind>`; the road is the one that follows."""

    kind: str
    road: str
    lat: float
    lon: float
    distance_m: float
    duration_s: float
    exit: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A way along roads: metres, seconds, positions as (longitude, latitude)."""

    engine: str
    distance_m: float
    duration_s: float
    line: Sequence[tuple[float, float]]
    turns: Sequence[Turn]


class Unserved(Exception):
    """The engine has no data for this mode, or there is no engine."""


class NoRoute(Exception):
    """The engine answered that no road leads there."""


class EngineFailed(Exception):
    """No answer in time, or none that can be used."""


def found(
    engine: str, distance_m: float, duration_s: float, line: list[tuple[float, float]], turns: list[Turn]
) -> Found:
    """The answer, if it is one; EngineFailed for what is too long or no way at all."""
    good = all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in line)
    if not 2 <= len(line) <= MOST_POSITIONS or len(turns) > MOST_TURNS or not good:
        raise EngineFailed("no usable line")
    if min(distance_m, duration_s) < 0:
        raise EngineFailed("a negative length")
    return Found(engine, distance_m, duration_s, line, turns)


def plain(name: str) -> str:
    """A road's name without control characters, 200 letters at most."""
    return "".join(letter for letter in name if letter.isprintable()).strip()[:_LONGEST_NAME]
