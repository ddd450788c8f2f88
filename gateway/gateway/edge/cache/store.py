"""The memory of answers: bounded in bytes, and a scan of pages nobody reads twice pushes out no others.

S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: "FIFO queues are all you need for cache eviction", SOSP 2023): what
is new waits in a small queue of a tenth; read again there it moves to the main one, where it is passed over
once for every time that it was read; of what left the small queue unread the key is remembered for a while.
"""

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable

from gateway.edge.cache.entries import Entry
from gateway.edge.cache.keeping import Key

_SMALL_SHARE = 0.1
_GHOSTS = 4_096
_NEAR_OF_ONE = 8
_NEAR_BYTES = 300
Near = tuple[bytes, bytes, str, bytes | None]


class Store:
    """Entries by key, and by the very bytes of a request (`near`); `limit` in bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes, self.evicted = limit, 0, 0
        self.near: dict[Near, Entry] = {}
        self._entries: dict[Key, Entry] = {}
        self._small: OrderedDict[Key, Entry] = OrderedDict()
        self._main: OrderedDict[Key, Entry] = OrderedDict()
        self._small_bytes = 0
        self._ghosts: set[int] = set()
        self._left: deque[int] = deque()
        self._fresh: dict[str, set[Entry]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Entry | None:
        """The entry, fresh or not."""
        return self._entries.get(key)

    def put(self, entry: Entry) -> None:
        """Keeps an entry in place of the one before; one that is kept already is only trusted again."""
        before = self._entries.get(entry.key)
        if before is entry:
            self.trust(entry)
            return
        if before is not None:
            self.remove(before)
        entry.main = (before is not None and before.main) or hash(entry.key) in self._ghosts
        (self._main if entry.main else self._small)[entry.key] = entry
        self._entries[entry.key] = entry
        self._weigh(entry, entry.size)
        self.trust(entry)
        self._make_room()

    def trust(self, entry: Entry) -> None:
        """The entry is fresh now: its tags may purge it."""
        for tag in entry.tags:
            self._fresh.setdefault(tag, set()).add(entry)

    def grew(self, entry: Entry, size: int) -> None:
        """Another coding was made, or another way leads to it."""
        if self._entries.get(entry.key) is entry:
            self._weigh(entry, size)
            self._make_room()

    def know(self, near: Near, entry: Entry) -> None:
        """The same bytes of a request lead here at once; the oldest of eight ways is forgotten."""
        if near in self.near or self._entries.get(entry.key) is not entry:
            return
        size = _size(near)
        if len(entry.near) >= _NEAR_OF_ONE:
            oldest = entry.near.pop(0)
            del self.near[oldest]
            size -= _size(oldest)
        entry.near.append(near)
        self.near[near] = entry
        entry.size += size
        self.grew(entry, size)

    def purge(self, tags: Iterable[str]) -> int:
        """No entry with one of these tags is fresh any more; answers how many were."""
        stale: set[Entry] = set().union(*(self._fresh.pop(tag, ()) for tag in tags))
        for entry in stale:
            entry.purge()
        return len(stale)

    def purge_all(self) -> int:
        """Nothing is fresh any more."""
        return self.purge([*self._fresh])

    def drop(self, owners: Collection[str]) -> int:
        """Forgets all that these owners said; answers how much."""
        gone = [entry for entry in self._entries.values() if entry.owner in owners]
        for entry in gone:
            self.remove(entry)
        return len(gone)

    def remove(self, entry: Entry) -> None:
        """Forgets one entry and every way to it."""
        if self._entries.get(entry.key) is not entry:
            return
        del self._entries[entry.key]
        (self._main if entry.main else self._small).pop(entry.key, None)
        self._weigh(entry, -entry.size)
        for near in entry.near:
            self.near.pop(near, None)
        entry.near.clear()
        for tag in entry.tags:
            of_tag = self._fresh.get(tag)
            if of_tag is not None:
                of_tag.discard(entry)
                if not of_tag:
                    del self._fresh[tag]

    def _weigh(self, entry: Entry, size: int) -> None:
        self.bytes += size
        if not entry.main:
            self._small_bytes += size

    def _make_room(self) -> None:
        while self.bytes > self.limit and self._entries:
            if self._small and (self._small_bytes > self.limit * _SMALL_SHARE or not self._main):
                self._leave_small()
            else:
                self._leave_main()

    def _leave_small(self) -> None:
        entry = next(iter(self._small.values()))
        if entry.seen:
            del self._small[entry.key]
            self._small_bytes -= entry.size
            entry.seen, entry.main = False, True
            self._main[entry.key] = entry
            return
        self.remove(entry)
        self._remember(hash(entry.key))
        self.evicted += 1

    def _leave_main(self) -> None:
        entry = next(iter(self._main.values()))
        if entry.seen:
            entry.seen = False
            self._main.move_to_end(entry.key)
            return
        self.remove(entry)
        self.evicted += 1

    def _remember(self, ghost: int) -> None:
        if ghost in self._ghosts:
            return
        if len(self._left) >= _GHOSTS:
            self._ghosts.discard(self._left.popleft())
        self._left.append(ghost)
        self._ghosts.add(ghost)


def _size(near: Near) -> int:
    raw_path, query, _, platform = near
    return len(raw_path) + len(query) + len(platform or b"") + _NEAR_BYTES
