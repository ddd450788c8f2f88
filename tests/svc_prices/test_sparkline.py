"""The sparkline: small, well formed, honest about gaps, readable without seeing it."""

import random
import re
from datetime import date, timedelta
from xml.etree import ElementTree

from svc_prices.indicators.documents import HEIGHT, WIDTH, Point, sparkline

SVG = "{http://www.w3.org/2000/svg}"
START = date(2023, 2, 2)


def days(prices: list[int | None]) -> list[Point]:
    return [(START + timedelta(days=n), price) for n, price in enumerate(prices)]


def lines(content: bytes) -> list[list[tuple[int, int]]]:
    """The places each unbroken line goes through."""
    path = ElementTree.fromstring(content).find(f"{SVG}path")
    assert path is not None
    found = []
    for part in path.attrib["d"].split("M")[1:]:
        start, _, steps = part.partition("l")
        numbers = [int(n) for n in re.findall(r"-?\d+", start.removesuffix("h0"))]
        places = [(numbers[0], numbers[1])]
        moves = [int(n) for n in re.findall(r"-?\d+", steps)]
        for right, down in zip(moves[::2], moves[1::2], strict=True):
            places.append((places[-1][0] + right, places[-1][1] + down))
        found.append(places)
    return found


def test_it_has_a_text_alternative_and_needs_neither_script_nor_style() -> None:
    content = sparkline(days([1, 2, 3]), "Cabai <merah> & rawit", "Naik\x00 \x1b[31m 5 %")
    root = ElementTree.fromstring(content)
    assert root.attrib["viewBox"] == f"0 0 {WIDTH} {HEIGHT}"
    assert root.attrib["role"] == "img"
    assert root[0].tag == f"{SVG}title"
    assert root.findtext(f"{SVG}title") == "Cabai <merah> & rawit"
    assert root.findtext(f"{SVG}desc") == "Naik [31m 5 %"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "title",
        "desc",
        "path",
        "circle",
    }
    assert b"style" not in content
    assert b"class" not in content


def test_three_years_of_days_stay_below_four_kilobytes_and_keep_their_extremes() -> None:
    chance = random.Random(7)
    for prices in (
        [chance.randrange(1_000, 200_000) for _ in range(1_096)],
        [1_000 + 199_000 * (n % 2) for n in range(1_096)],
        [None if n % 9 < 4 else chance.randrange(1_000, 200_000) for n in range(1_096)],
    ):
        content = sparkline(days(list(prices)), "Cabai rawit merah, Kota Tangerang", "x" * 200)
        assert len(content) < 4_096, len(content)
        heights = [y for line in lines(content) for _, y in line]
        assert (min(heights), max(heights)) == (4, HEIGHT - 4)


def test_the_line_is_broken_where_nothing_was_published_and_a_lone_price_is_a_dot() -> None:
    gone: list[int | None] = [None] * 4
    drawn = lines(sparkline(days([10, 20, None, 20, *gone, 15, *gone, 10, 10]), "t", "d"))
    assert [len(line) for line in drawn] == [3, 1, 2]
    assert lines(sparkline(days([None, 10, None]), "t", "d")) == [[(4, 32)]]


def test_without_any_price_there_is_a_picture_of_nothing_that_says_so() -> None:
    root = ElementTree.fromstring(sparkline(days([None, None]), "t", "Belum ada harga"))
    assert root.findtext(f"{SVG}desc") == "Belum ada harga"
    assert root.find(f"{SVG}path") is None
