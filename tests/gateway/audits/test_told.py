"""What a line says of a change: what was, what is, and long words by their digest."""

from datetime import datetime
from hashlib import sha256

from gateway.audits import usecases as audits


def test_something_new_is_told_whole_and_something_gone_as_it_was() -> None:
    state = {"link": "/v1/emergency/calls", "platforms": ("web",), "rate_per_second": 2.5}
    told = {"link": "/v1/emergency/calls", "platforms": ["web"], "rate_per_second": "2.5"}
    assert audits.difference(None, state) == {"after": told}
    assert audits.difference(state, None) == {"before": told}


def test_of_a_change_is_told_what_differs_before_and_after() -> None:
    before = {"link": None, "reason": {"id": "Rusak", "en": "Broken"}, "state": "off"}
    after = {"link": "https://lain.example/", "reason": {}, "state": "off"}
    assert audits.difference(before, after) == {
        "before": {"link": None, "reason": {"id": "Rusak", "en": "Broken"}},
        "after": {"link": "https://lain.example/", "reason": {}},
    }


def test_one_moment_is_the_same_however_its_zone_is_written() -> None:
    here, there = (datetime.fromisoformat(f"2026-02-02T{at}") for at in ("09:00:00+07:00", "02:00:00+00:00"))
    assert audits.difference({"at": here}, {"at": there}) == {"before": {}, "after": {}}
    assert audits.difference(None, {"at": here}) == {"after": {"at": "2026-02-02T02:00:00+00:00"}}


def test_of_words_that_are_not_public_stand_digest_and_length() -> None:
    words = "Narahubung: loket 3 é"
    assert audits.digest(words) == {"sha256": sha256(words.encode()).hexdigest(), "characters": 21}
    assert audits.digest(None) is None
