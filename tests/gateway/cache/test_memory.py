"""The memory of answers has a bound, and pages nobody reads twice push out no others."""

from datetime import UTC, datetime
from typing import Any

from gateway.edge.cache.entries import Entry, entry
from gateway.edge.cache.store import Store

NOW = datetime(2026, 2, 2, tzinfo=UTC)
TYPE = [(b"content-type", b"application/json"), (b"etag", b'"1.a"')]


def made(name: str, size: int = 1_000, tag: str = "t") -> Entry:
    return entry((name, (), "id", ()), "news", frozenset({tag}), TYPE, b"x" * size, 0.0, NOW)


def names(store: Store) -> set[str]:
    return {key[0] for key in store._entries}


def sound(store: Store) -> None:
    """What is counted is what is there."""
    held = [*store._entries.values()]
    assert store.bytes == sum(e.size for e in held)
    assert store._small_bytes == sum(e.size for e in store._small.values())
    assert {**store._small, **store._main} == store._entries
    assert {id(e) for e in store.near.values()} <= {id(e) for e in held}


def test_a_scan_never_exceeds_the_bound_and_leaves_what_is_read_often() -> None:
    store = Store(200_000)
    for number in range(10):
        store.put(made(f"often-{number}"))
    for number in range(5_000):
        for often in range(10):
            found = store.get((f"often-{often}", (), "id", ()))
            assert found is not None
            found.seen = True
        store.put(made(f"once-{number}"))
        assert store.bytes <= store.limit
    assert {f"often-{n}" for n in range(10)} <= names(store)
    assert store.evicted > 4_900
    sound(store)


def test_what_comes_back_soon_after_it_left_is_kept_longer() -> None:
    store = Store(100_000)
    store.put(made("again"))
    for number in range(40):
        store.put(made(f"once-{number}"))
    assert "again" not in names(store)
    store.put(made("again"))
    for number in range(40, 80):
        store.put(made(f"once-{number}"))
    assert "again" in names(store)
    sound(store)


def test_codings_and_ways_are_counted_and_bounded() -> None:
    store, one = Store(1_000_000), made("one")
    store.put(one)
    for number in range(100):
        store.know((b"/one", b"q=%d" % number, "id", None), one)
    assert len(store.near) == 8
    before = one.size
    one.make(1, b"y" * 500)
    store.grew(one, one.size - before)
    sound(store)
    store.put(one)  # as a 304 confirms it
    assert len(store.near) == 8
    sound(store)
    store.put(made("one"))
    assert store.near == {}
    sound(store)


def test_a_purge_marks_each_entry_once() -> None:
    store = Store(1_000_000)
    for number in range(10):
        fresh = made(str(number), tag="even" if number % 2 == 0 else "odd")
        fresh.fresh_until = 10.0
        store.put(fresh)
    assert (store.purge(["even", "none"]), store.purge(["even"]), store.purge_all()) == (5, 0, 5)
    assert len(store) == 10
    assert store.drop({"other"}) == 0
    assert store.drop({"news"}) == 10
    assert (len(store), store.bytes) == (0, 0)


async def test_no_reader_can_fill_more_than_the_bound(town: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(town.kept.store, "limit", 300_000)
    before = town.metric("city_cache_evicted")
    town.desk.text = "Jalan ditutup. " * 1_000
    for number in range(40):
        assert (await town.get(f"/pages/{number}")).status_code == 200
    assert 0 < town.metric("city_cache_bytes") <= 300_000
    gone = town.metric("city_cache_evicted") - before
    assert gone > 20
    assert town.metric("city_cache_entries") + gone == 40
    sound(town.kept.store)
