"""What is remembered of what everybody was told, and how hints are gathered."""

from gateway.streams.everybody.rules import KEPT_MS, Bulletin, Gathering, Word, spread_ms

START = 1_770_000_000_000


def test_the_newest_word_about_each_thing_is_remembered_for_a_day() -> None:
    bulletin = Bulletin(START)
    first = bulletin.number(START)
    for minute, about in enumerate(("a", "b", "a")):
        bulletin.note(about, Word(bulletin.number(START + 60_000 * (minute + 1)), about, {}))
    assert [word.event for word in bulletin.after(str(first), START) or ()] == ["b", "a"]
    late = START + KEPT_MS + 130_000
    bulletin.note("c", Word(bulletin.number(late), "c", {}))
    assert bulletin.after(str(first), late) is None
    assert [word.event for word in bulletin.after(str(START + 130_000), late) or ()] == ["a", "c"]


def test_memory_is_bounded_and_what_is_forgotten_is_said_to_be_lost() -> None:
    bulletin = Bulletin(START)
    place = str(bulletin.number(START))
    for number in range(3_000):
        bulletin.note(f"tag:{number}", Word(bulletin.number(START), "changed", {}))
    assert bulletin.after(place, START) is None
    assert len(bulletin.after(str(START + 3_000), START) or ()) <= 2_000


def test_numbers_rise_within_a_millisecond_and_when_the_clock_goes_back() -> None:
    bulletin = Bulletin(START)
    numbers = [bulletin.number(at) for at in (START, START, START - 50, START + 10, START + 5)]
    assert numbers == sorted(set(numbers))


def test_hints_wait_until_every_worker_has_heard_and_go_out_together_once_a_second() -> None:
    gathering = Gathering()
    gathering.hear(["a", "b"], 10.0)
    assert gathering.take(10.1) == []
    gathering.hear(["a"], 10.2)
    assert gathering.take(10.4) == ["a", "b"]
    gathering.hear(["c"], 10.5)
    assert gathering.take(11.3) == []
    assert gathering.take(11.4) == ["c"]
    assert gathering.take(99) == []


def test_a_thousand_readers_a_second_are_asked_to_come() -> None:
    assert [spread_ms(streams) for streams in (0, 1, 2_500, 50_000)] == [0, 1, 2_500, 10_000]
