"""However two sides differ and are paged, the read model ends as its owner says, newer rows kept."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.rebuilds.rules import Held, ahead, gone, known_until

SIDE = st.dictionaries(st.text("0123456789abcdef", min_size=1, max_size=2), st.integers(1, 3), max_size=20)


def page(side: dict[str, int], after: str, size: int) -> list[tuple[str, int]]:
    return sorted((key, version) for key, version in side.items() if key > after)[:size]


@given(owned=SIDE, held=SIDE, size=st.integers(1, 5))
def test_paged_merging_ends_as_the_owner_says(owned: dict[str, int], held: dict[str, int], size: int) -> None:
    wanted = {key: max(version, held.get(key, 0)) for key, version in owned.items()}
    newer = sum(held.get(key, 0) > version for key, version in owned.items())
    after: str | None = ""
    seen = 0
    while after is not None:
        rows = [Held("k", key, version) for key, version in page(held, after, size)]
        items = page(owned, after, size)
        until = known_until(rows, len(rows) == size, items[-1][0] if len(items) == size else None)
        known = {key: version for key, version in items if until is None or key <= until}
        seen += ahead(rows, known)
        for row in gone(rows, known, until):
            del held[row.id]
        held |= {key: max(version, held.get(key, 0)) for key, version in known.items()}
        assert until is None or until > after
        after = until
    assert held == wanted
    assert seen == newer
