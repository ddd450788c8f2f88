"""argon2id beside the event loop: a few threads, a short queue, and 503 instead of a pile-up."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from shared.errors import Unavailable

_THREADS, _WAITING = 2, 16
_SALT, _DIGEST = "A" * 22, "A" * 43  # a hash that no password has, for the time its check takes


class Passwords:
    """Hashes and checks passwords; by default 32 MiB and 3 passes each (OWASP's least: 19 MiB and 2)."""

    def __init__(self, memory_kib: int = 32_768, passes: int = 3) -> None:
        hasher = Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._argon2 = PasswordHash((hasher,))
        self._threads = ThreadPoolExecutor(_THREADS, "argon2")
        self._places = _THREADS + _WAITING
        self._nobodys = f"$argon2id$v=19$m={memory_kib},t={passes},p=1${_SALT}${_DIGEST}"

    def hash(self, password: str) -> str:
        """What is kept of a password; blocks for the time of one check."""
        return self._argon2.hash(password)

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether the password is the kept one; without one it takes the same time and says no.

        Unavailable if 18 checks are under way already.
        """
        if not self._places:
            raise Unavailable(retry_after=1)
        self._places -= 1
        try:
            good = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._argon2.verify, password, kept or self._nobodys
            )
        finally:
            self._places += 1
        return good and kept is not None

    async def close(self) -> None:
        """Lets the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
