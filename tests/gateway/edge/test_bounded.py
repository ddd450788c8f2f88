"""What a worker remembers for a while takes no more room than is in use."""

from gateway.edge.bounded import Bounded


def test_what_has_ended_goes_when_something_new_comes_asked_for_or_not() -> None:
    memory: Bounded[str, int] = Bounded()
    for number in range(1_000):
        assert memory.get(f"k{number}", now=number) is None
        memory.put(f"k{number}", number, until=number + 40)
    assert len(memory) == 40
    assert (memory.get("k960", now=999), memory.get("k959", now=999)) == (960, None)


def test_a_full_memory_forgets_the_oldest_and_what_was_put_again_is_new() -> None:
    memory: Bounded[str, int] = Bounded(limit=3)
    for key in "abcad":
        memory.put(key, 1, until=float("inf"))
    assert [memory.get(key, now=0) for key in "abcd"] == [1, None, 1, 1]
    assert len(memory) == 3
