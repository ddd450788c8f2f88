"""How often a real name, written as people write, finds its place: the names of OpenStreetMap with slips."""

import json
import random
from pathlib import Path

import pytest

from shared.city.areas import Plane
from shared.city.gazetteer import Gazetteer
from shared.city.pack import load_city

TANGERANG = Path(__file__).parents[2] / "deploy/cities/tangerang"
SEED, ROUNDS, NEAR_METRES = 20261123, 10, 150
SHORT = {
    "Kantor": "kntr",
    "Kelurahan": "kel.",
    "Kecamatan": "kec",
    "Pasar": "psr",
    "Rumah": "rmh",
    "Jalan": "jl",
}
BEFORE = ["", "depan ", "dpn ", "dekat ", "di belakang ", "seberang "]

Real = list[tuple[str, float, float]]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_city(TANGERANG).gazetteer


@pytest.fixture(scope="module")
def real(data: Path, gazetteer: Gazetteer) -> Real:
    """Name and point of the places of the file that the pack has too, by point."""
    features = json.loads((data / "pois-36.71-osm.geojson").read_text())["features"]
    named = {
        (feature["properties"]["name"], *reversed(feature["geometry"]["coordinates"])) for feature in features
    }
    known = [(place.lat, place.lon) for place in gazetteer.places if place.exact]
    return sorted(
        (name, lat, lon)
        for name, lat, lon in named
        if any(_metres(lat, lon, *point) < 15 for point in known) and not name.isupper()
    )


def test_a_real_name_with_slips_finds_its_place(gazetteer: Gazetteer, real: Real) -> None:
    chance = random.Random(SEED)
    first = third = asked = 0
    missed: list[str] = []
    for _ in range(ROUNDS):
        for name, lat, lon in real:
            text = chance.choice(BEFORE) + _slipped(name, chance)
            ranks = [
                rank
                for rank, found in enumerate(gazetteer.find(text, limit=3))
                if _metres(lat, lon, found.place.lat, found.place.lon) < NEAR_METRES
            ]
            asked, first, third = asked + 1, first + (ranks[:1] == [0]), third + bool(ranks)
            missed += [] if ranks else [f"{name!r} as {text!r}"]
    print(
        f"\nseed {SEED}: {len(real)} names, {asked} questions with slips: "
        f"hit rate @1 {first / asked:.1%}, @3 {third / asked:.1%}; missed e.g. {missed[:5]}"
    )
    assert first / asked > 0.8
    assert third / asked > 0.93


def test_a_real_name_without_slips_finds_its_place(gazetteer: Gazetteer, real: Real) -> None:
    hits = [
        any(_metres(lat, lon, f.place.lat, f.place.lon) < NEAR_METRES for f in gazetteer.find(name, limit=1))
        for name, lat, lon in real
    ]
    print(f"\n{len(hits)} names as they stand: hit rate @1 {sum(hits) / len(hits):.1%}")
    assert sum(hits) / len(hits) > 0.95


def test_every_point_of_the_pack_is_that_of_the_file(data: Path, gazetteer: Gazetteer) -> None:
    features = json.loads((data / "pois-36.71-osm.geojson").read_text())["features"]
    points = {
        tuple(round(degrees, 5) for degrees in reversed(feature["geometry"]["coordinates"])): feature[
            "properties"
        ]["kelurahan_code"]
        for feature in features
    }
    exact = [place for place in gazetteer.places if place.exact]
    assert len(exact) > 150
    for place in exact:
        assert place.village is not None
        assert points[(place.lat, place.lon)] == place.village.code, place.name


def _slipped(name: str, chance: random.Random) -> str:
    """The name with one slip of the finger in a word of four letters or more, and some short forms."""
    words = [SHORT[word] if word in SHORT and chance.random() < 0.3 else word for word in name.split()]
    long = [n for n, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    if long:
        at = chance.choice(long)
        words[at] = _slip(words[at], chance)
    return " ".join(words).lower() if chance.random() < 0.7 else " ".join(words)


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    return chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at] + word[at:],
            word[:at] + chance.choice("aeiounrt") + word[at + 1 :],
        ]
    )


def _metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    (x, y), (u, v) = Plane(lat).metres(lat, lon), Plane(lat).metres(other_lat, other_lon)
    return float(((x - u) ** 2 + (y - v) ** 2) ** 0.5)
