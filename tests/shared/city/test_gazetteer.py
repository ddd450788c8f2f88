"""A place is found by what people call it: short forms, slips, its area beside it; nonsense finds nothing."""

import random
import statistics
import string
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.city.areas import District, Village
from shared.city.gazetteer import Gazetteer, Place, Words
from shared.city.pack import load_city
from tests.shared.city.conftest import TANGERANG, Spoil

FIRST = [
    ("depan Pasar Anyar", "Pasar Anyar Tangerang"),
    ("Pasar Anyar", "Pasar Anyar Tangerang"),
    ("dpn psr anyar", "Pasar Anyar Tangerang"),
    ("seberang Ps. Anyar, lt. 2", "Pasar Anyar Tangerang"),
    ("pasar anyer", "Pasar Anyar Tangerang"),
    ("PASAR  ÀNYAR!!", "Pasar Anyar Tangerang"),
    ("depan warung bu siti, dekat pasar anyar, banyak sampah", "Pasar Anyar Tangerang"),
    ("Pasar Anyar Sukaasih", "Pasar Anyar Tangerang"),
    ("Pasar Anyar, Kel. Sukaasih, Kec. Tangerang, Kota Tangerang", "Pasar Anyar Tangerang"),
    ("RSUD kab", "RSUD Kabupaten Tangerang"),
    ("belakang RS An Nisa", "RS An-Nisa"),
    ("rumah sakit sari asih ciledug", "RS Sari Asih Ciledug"),
    ("jl daan mogot km 20", "Jalan Daan Mogot"),
    ("Jln. Hasim Ashari", "Jalan KH Hasyim Ashari"),
    ("SMAN 10", "SMA Negeri 10 Kota Tangerang"),
    ("simpang tanah tingi", "Simpang Tanah Tinggi"),
    ("kel mekarsari", "Kantor Kelurahan Mekarsari"),
    ("kantor kel. cipondoh", "Kantor Kelurahan Cipondoh"),
    ("kantor kec. cipondoh", "Kantor Kecamatan Cipondoh"),
    ("sampah menumpuk di karang anyar", "Karang Anyar"),
]
NOTHING = [
    "",
    "   ",
    "di depan",
    "pasar",
    "jalan",
    "kantor kelurahan",
    "jalan berlubang besar sekali",
    "lampu jalan mati",
    "sampah menumpuk",
    "laporan lama tidak dijawab",
    "halo selamat pagi",
    "lorem ipsum dolor sit amet",
    "qwerty asdf zxcv",
    "aaaaaaaa",
    "12345",
    "-6.17, 106.63",
    "'; DROP TABLE reports; --",
    "😀😀😀",
]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_city(TANGERANG).gazetteer


def _names(gazetteer: Gazetteer, text: str) -> list[str]:
    return [found.place.name for found in gazetteer.find(text)]


@pytest.mark.parametrize(("text", "name"), FIRST)
def test_what_people_write_finds_the_place(gazetteer: Gazetteer, text: str, name: str) -> None:
    assert _names(gazetteer, text)[:1] == [name]


@pytest.mark.parametrize("text", NOTHING)
def test_what_names_no_place_finds_nothing(gazetteer: Gazetteer, text: str) -> None:
    assert gazetteer.find(text) == []


def test_the_area_beside_a_name_tells_two_places_of_one_name_apart(gazetteer: Gazetteer) -> None:
    for village, other in (("Cikokol", "Babakan"), ("Babakan", "Cikokol")):
        first, second, *_ = gazetteer.find(f"Jl. Veteran {village}")
        assert (first.place.name, first.place.village and first.place.village.name) == (
            "Jalan Veteran",
            village,
        )
        assert (second.place.name, second.place.village and second.place.village.name) == (
            "Jalan Veteran",
            other,
        )
        assert first.score == 1 > second.score


def test_an_ambiguous_name_has_several_candidates_with_like_scores(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("RS Sari Asih", limit=4)
    assert all("Sari Asih" in each.place.name for each in found)
    assert len(found) == 4
    assert found[0].score - found[-1].score < 0.05
    assert [found.score for found in gazetteer.find("Jalan Daan Mogot", limit=5)] == [1.0] * 5


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("cipondoh", ["district", "village"]),
        ("kec. cipondoh", ["district", "village"]),
        ("kel cipondoh", ["village"]),
    ],
)
def test_areas_are_found_by_their_level(gazetteer: Gazetteer, text: str, kinds: list[str]) -> None:
    whole = [found.place.kind for found in gazetteer.find(text) if found.score == 1]
    assert whole == kinds


def test_every_place_is_found_by_its_own_name_and_by_every_alias(gazetteer: Gazetteer) -> None:
    for place in gazetteer.places:
        for name in (place.name, *place.aliases):
            area = (place.village or place.district).name
            found = gazetteer.find(f"{name}, {area}", limit=10)
            assert place in [each.place for each in found if each.score > 0.8], (name, area)


def test_a_place_without_a_point_lies_in_the_middle_of_its_area_and_says_so(gazetteer: Gazetteer) -> None:
    (road,) = [found.place for found in gazetteer.find("Jalan Bouraq", limit=1)]
    assert road.village is not None
    assert not road.exact
    assert (road.lat, road.lon) == pytest.approx((road.village.lat, road.village.lon))
    market = gazetteer.find("pasar anyar")[0].place
    assert (market.exact, market.lat, market.lon) == (True, -6.17568, 106.63553)


@settings(deadline=None)  # the first question builds the index
@given(st.text(max_size=300))
def test_any_text_gets_an_answer_and_always_the_same(text: str) -> None:
    gazetteer = _big()
    first = gazetteer.find(text)
    assert first == gazetteer.find(text)
    assert all(0.4 <= each.score <= 1 for each in first)
    assert [each.score for each in first] == sorted((each.score for each in first), reverse=True)


def test_scores_are_those_of_pg_trgm_where_kind_and_area_play_no_part() -> None:
    """The documentation's own example: 'word' and 'two words' have 0.363636 and 0.571429 (strict)."""
    assert [each.score for each in _of("word").find("two words")] == [round((4 / 11 + 4 / 7) / 2, 3)]
    assert _of("two words").find("word") == []
    assert _of("melati").find("melati")[0].score == 1


def test_a_question_to_five_thousand_places_takes_less_than_two_milliseconds() -> None:
    """In processor time, beside a piece of work that takes 10 ms where nothing else runs."""
    gazetteer = _big()
    texts = [
        f"depan {place.name} dekat jalan besar" for place in random.Random(7).sample(gazetteer.places, 40)
    ]
    texts += [
        "x " * 100,
        "jalan " + " ".join(string.ascii_lowercase),
        "ba be bi bo bu ka ke ki ko ku sa se si so su",
    ]
    gazetteer.find("warm")
    spent, yardstick = [], []
    for text in texts:
        yardstick.append(_seconds(lambda: sum(number % 7 for number in range(150_000))))
        spent.append(min(_seconds(lambda text=text: gazetteer.find(text)) for _ in range(3)))
    slowness = max(1, statistics.median(yardstick) / 0.010)
    mean = statistics.mean(spent)
    print(f"5,000 places: mean {mean * 1e3:.2f} ms, worst {max(spent) * 1e3:.2f} ms, machine x{slowness:.1f}")
    assert mean < 0.002 * slowness


def test_a_broken_row_names_file_and_line(spoil: Spoil) -> None:
    line, problems = spoil("gazetteer.csv", ",hospital,", ",clinic,")
    assert problems[0].startswith(f'gazetteer.csv:{line}: row "')
    assert ": kind: Input should be 'road'" in problems[0]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("-6.17568,106.63553,36.71.01.1002", "-6.17568,,36.71.01.1002", "lat and lon belong together"),
        ("-6.17568,106.63553,36.71.01.1002", ",,", "needs lat and lon, or the area it lies in"),
        ("-6.17568,106.63553,36.71.01.1002", "106.63553,-6.17568,", "lat: Input should be less"),
        ("-6.17568,106.63553,36.71.01.1002", "-7.17568,106.63553,", "lies outside bounding_box of city.yaml"),
        ("-6.17568,106.63553,36.71.01.1002", "-6.17568,106.63553,36.99", 'area: "36.99" is not in areas.csv'),
        ("OSM way/534646782", "", "source: Field required"),
        ("Jalan Mukti,", "Jalan Murni,", "stands here twice"),
        ("name,kind,lat", "name,sort,lat", 'column "kind" is unknown or missing'),
    ],
)
def test_what_is_wrong_with_a_row_is_said(spoil: Spoil, old: str, new: str, why: str) -> None:
    line, problems = spoil("gazetteer.csv", old, new)
    assert [
        problem for problem in problems if problem.startswith(f"gazetteer.csv:{line}: ") and why in problem
    ]


def test_a_pack_without_a_gazetteer_still_finds_its_areas_and_may_bring_words_of_its_own(pack: Path) -> None:
    (pack / "gazetteer.csv").unlink()
    (pack / "address-words.yaml").write_text(
        "expand: {klrhn: kelurahan}\nkinds: [lorong]\n", encoding="utf-8"
    )
    gazetteer = load_city(pack).gazetteer
    assert len(gazetteer.places) == 13 + 104
    assert _names(gazetteer, "klrhn cikokol") == ["Cikokol"]
    assert gazetteer.find("lorong") == []


def _of(*names: str) -> Gazetteer:
    district = District("1", "Utara")
    places = [Place(name, "landmark", 0, 0, True, district, None) for name in names]
    return Gazetteer(places, Words(), "Kota Demo")


def _big() -> Gazetteer:
    """5,000 places with names of Indonesian sound, the same at every call."""
    if not _made:
        chance = random.Random(20261123)
        district = District("1", "Utara")
        village = Village("1.1", "Sukamaju", district, 0, 0, 1)
        kinds = ["Jalan", "Gang", "Pasar", "Kampung", "Toko", ""]

        def word() -> str:
            return "".join(
                chance.choice("bcdgjklmnprstw") + chance.choice("aeiou") for _ in range(chance.randint(2, 4))
            )

        names = {" ".join([chance.choice(kinds), word(), word()]).strip().title() for _ in range(5_100)}
        places = [
            Place(name, "road", 0, 0, True, district, village, around="Sukamaju Utara Kota Demo")
            for name in sorted(names)[:5_000]
        ]
        words = Words(
            kinds=frozenset(kind.lower() for kind in kinds if kind), silent=frozenset({"depan", "dekat"})
        )
        _made.append(Gazetteer(places, words, "Kota Demo"))
    return _made[0]


_made: list[Gazetteer] = []


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
