"""The rate limits' state, shared by all workers of a machine: one memory-mapped file, with its locks."""

import fcntl
import hashlib
import mmap
import os
import struct
from functools import lru_cache
from pathlib import Path

from gateway.edge.gcra import Decision, Policy, decide
from gateway.edge.slot_locks import SlotLocks

_MAGIC = b"GCRA-v1\x00"
_HEAD = 4_096
_LOCKS_AT, _LOCKS = 64, 63
_SLOTS = 131_072
_WAYS = 8
_ENTRY = struct.Struct("<Qd")
_SLOT = struct.Struct("<" + "Qd" * _WAYS)
_SIZE = _HEAD + _SLOTS * _SLOT.size


class RateFile:
    """Theoretical arrival times by key, exact over processes.

    A keyed hash (its secret is in the file's head, so that nobody can aim) of the key chooses one slot and a
    fingerprint of 64 bits. A slot holds eight keys, each beside its own fingerprint, so that keys of one slot
    never share a state; the fingerprint says in which of the eight places a key is looked for first. A key
    whose time has passed is as good as new and gives its place away without loss. Only when eight keys of one
    slot are all in use at once, the one closest to being free is forgotten: with 100,000 callers inside their
    window that happens to one in a million.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._secret, self._map, self._locks = _prepare(self._file)
        except BaseException:
            os.close(self._file)
            raise
        self._place = lru_cache(16_384)(self._find_place)

    def take(self, key: bytes, policy: Policy, now: float) -> Decision:
        """Admits or refuses one request of this key; `now` in seconds on the machine's stopwatch."""
        start, mark, lock = self._place(key)
        self._locks.acquire(lock)
        try:
            return self._decide(start, mark, policy, now)
        finally:
            self._locks.release(lock)

    def _find_place(self, key: bytes) -> tuple[int, int, int]:
        digest = hashlib.blake2b(key, digest_size=16, key=self._secret).digest()
        place, mark = struct.unpack("<QQ", digest)
        return _HEAD + place % _SLOTS * _SLOT.size, mark or 1, place % _SLOTS % _LOCKS

    def close(self) -> None:
        """Unmaps the file; its state stays for the other workers."""
        self._locks.close()
        self._map.close()
        os.close(self._file)

    def _decide(self, start: int, mark: int, policy: Policy, now: float) -> Decision:
        place = start + mark % _WAYS * _ENTRY.size
        found, before = _ENTRY.unpack_from(self._map, place)
        if found != mark:
            place, before = self._elsewhere(start, mark, place if before <= now else None)
        arrival, decision = decide(policy, before, now)
        if decision.admitted:
            _ENTRY.pack_into(self._map, place, mark, arrival)
        return decision

    def _elsewhere(self, start: int, mark: int, own: int | None) -> tuple[int, float]:
        """Where a key is that is not in its own place, and its time; for a new one `own`, if that is free."""
        state = _SLOT.unpack_from(self._map, start)
        marks = state[::2]
        if mark in marks:
            way = marks.index(mark)
            return start + way * _ENTRY.size, state[2 * way + 1]
        way = min(range(_WAYS), key=state[1::2].__getitem__)
        return start + way * _ENTRY.size if own is None else own, 0.0


def _prepare(file: int) -> tuple[bytes, mmap.mmap, SlotLocks]:
    """Gives a new file its size (all of it, so that a full disk shows here) and its secret; makes the locks
    anew if no other process has it open: they may be those of a machine that was switched off."""
    fcntl.lockf(file, fcntl.LOCK_EX, _HEAD, 0)
    try:
        head = os.pread(file, len(_MAGIC) + 32, 0)
        if not head:
            os.posix_fallocate(file, 0, _SIZE)
            head = _MAGIC + os.urandom(32)
            os.pwrite(file, head, 0)
        if head[: len(_MAGIC)] != _MAGIC or os.fstat(file).st_size != _SIZE:
            raise ValueError("RATE_FILE is not a rate limit file of this version; delete it")
        memory = mmap.mmap(file, _SIZE)
        locks = SlotLocks(memory, _LOCKS_AT, _LOCKS, anew=_alone(file))
        fcntl.flock(file, fcntl.LOCK_SH)  # until it is closed: tells the next one that somebody is here
        return head[len(_MAGIC) :], memory, locks
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN, _HEAD, 0)


def _alone(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
