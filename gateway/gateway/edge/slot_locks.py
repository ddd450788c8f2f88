"""Locks in memory that several processes share: without a system call, and none outlives whoever held it."""

import ctypes
import errno
import mmap
from collections.abc import Callable

#: A pthread_mutex_t is 40 to 48 bytes on the platforms of Linux; a cache line each keeps them apart.
BYTES = 64
_SHARED = _ROBUST = 1
_ATTRIBUTE_BYTES = 64


class SlotLocks:
    """`count` robust mutexes (POSIX.1-2008) in `memory` from `offset` on.

    A holder that was killed is noticed by the kernel, and the next one takes the lock over. Only what a
    machine left behind when it stopped is not: hence `anew` for whoever opens the memory alone.
    """

    def __init__(self, memory: mmap.mmap, offset: int, count: int, *, anew: bool) -> None:
        self._anchor: ctypes.Array[ctypes.c_char] | None = (ctypes.c_char * (BYTES * count)).from_buffer(
            memory, offset
        )
        library, first = ctypes.PyDLL(None), ctypes.addressof(self._anchor)
        self._lock, self._unlock = _function(library, "lock"), _function(library, "unlock")
        self._consistent = _function(library, "consistent")
        self._places = [ctypes.c_void_p(first + number * BYTES) for number in range(count)]
        if anew:
            self._make(library)

    def acquire(self, number: int) -> None:
        """Waits its turn; OSError if the memory holds no lock."""
        place = self._places[number]
        code = self._lock(place)
        if code:
            _refuse_unless(code == errno.EOWNERDEAD, code)
            code = self._consistent(place)
            _refuse_unless(code == 0, code)

    def release(self, number: int) -> None:
        """The next one may."""
        self._unlock(self._places[number])

    def close(self) -> None:
        """Lets go of the memory."""
        self._places.clear()
        self._anchor = None

    def _make(self, library: ctypes.PyDLL) -> None:
        attribute = ctypes.create_string_buffer(_ATTRIBUTE_BYTES)
        library.pthread_mutexattr_init(attribute)
        code = library.pthread_mutexattr_setpshared(attribute, _SHARED)
        code = code or library.pthread_mutexattr_setrobust(attribute, _ROBUST)
        for place in self._places:
            code = code or library.pthread_mutex_init(place, attribute)
        library.pthread_mutexattr_destroy(attribute)
        _refuse_unless(code == 0, code)


def _function(library: ctypes.PyDLL, name: str) -> Callable[[ctypes.c_void_p], int]:
    found = library[f"pthread_mutex_{name}"]
    found.argtypes, found.restype = [ctypes.c_void_p], ctypes.c_int
    return found


def _refuse_unless(good: bool, code: int) -> None:
    if not good:
        raise OSError(code, "the rate limits' locks cannot be used")
