"""Prices in words, and the sparkline as SVG: one small picture, readable without seeing it."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from xml.sax.saxutils import escape

Point = tuple[date, int | None]
WIDTH, HEIGHT = 320, 64
_EDGE = 4
_COLUMNS = 104
_BRIDGED_DAYS = 3
_LINE, _DOT = "#1f6f8b", "#b4442f"


def rupiah(amount: float | None, language: str) -> str:
    """Rp12.500 in Indonesian, Rp12,500 in English; nothing for none."""
    if amount is None:
        return ""
    text = f"{amount:,.0f}"
    return f"Rp{text.replace(',', '.') if language == 'id' else text}"


def percent(share: float, language: str) -> str:
    """Of a share: 0.0125 is 1,25 in Indonesian, 1.25 in English."""
    text = f"{100 * share:.2f}"
    return text.replace(".", ",") if language == "id" else text


def sparkline(points: Sequence[Point], title: str, description: str) -> bytes:
    """Prices (whole rupiah) by day, oldest first, as an SVG below 4 kB however many there are.

    A day without a price is None or missing; the line is broken where more than three days lie between two
    prices. Of more points than the picture has columns, each column keeps its first, lowest, highest and
    last. `title` and `description` are its text alternative, in the language of whoever reads.
    """
    known = [(day, price) for day, price in points if price is not None]
    body = _drawn(known) if known else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">'
        f"<title>{_text(title)}</title><desc>{_text(description)}</desc>{body}</svg>"
    ).encode()


def _text(said: str) -> str:
    """What XML can hold: no control characters, no surrogates."""
    return escape("".join(c for c in said if c.isprintable()))


def _drawn(known: Sequence[tuple[date, int]]) -> str:
    lines = [_placed(line, known) for line in _unbroken(known)]
    path = "".join(_path(line) for line in lines)
    x, y = lines[-1][-1]
    return (
        f'<path d="{path}" fill="none" stroke="{_LINE}" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
        f'<circle cx="{x}" cy="{y}" r="3" fill="{_DOT}"/>'
    )


def _unbroken(known: Sequence[tuple[date, int]]) -> Iterator[list[tuple[date, int]]]:
    """The stretches in which prices follow each other closely enough."""
    line = [known[0]]
    for before, point in pairwise(known):
        if (point[0] - before[0]).days > _BRIDGED_DAYS:
            yield line
            line = []
        line.append(point)
    yield line


def _placed(line: Sequence[tuple[date, int]], known: Sequence[tuple[date, int]]) -> list[tuple[int, int]]:
    """Where the points of a line stand in the picture, thinned to what its columns can show."""
    first, days = known[0][0], max((known[-1][0] - known[0][0]).days, 1)
    prices = [price for _, price in known]
    lowest, apart = min(prices), max(prices) - min(prices)
    columns: dict[int, list[tuple[int, int]]] = {}
    for day, price in line:
        part = (day - first).days / days
        x = round(_EDGE + part * (WIDTH - 2 * _EDGE))
        up = (price - lowest) / apart if apart else 0.5
        place = (x, round(HEIGHT - _EDGE - up * (HEIGHT - 2 * _EDGE)))
        columns.setdefault(int(part * _COLUMNS), []).append(place)
    return [place for column in columns.values() for place in _kept(column)]


def _kept(column: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    if len(column) <= 4:
        return list(column)
    lowest = max(column, key=lambda place: place[1])
    highest = min(column, key=lambda place: place[1])
    return sorted({column[0], lowest, highest, column[-1]}, key=column.index)


def _path(line: Sequence[tuple[int, int]]) -> str:
    """Absolute start, relative steps: half the bytes. A price that stands alone is a dot."""
    (x, y), steps = line[0], []
    for before, place in pairwise(line):
        down = place[1] - before[1]
        steps.append(f"{place[0] - before[0]}{'' if down < 0 else ' '}{down}")
    return f"M{x} {y}" + ("l" + " ".join(steps) if steps else "h0")
