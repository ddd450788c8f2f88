"""The bulkhead of one service: how many requests may be under way, and who waits for a place."""

import asyncio
from collections import deque


class Places:
    """A semaphore that can be taken without waiting, first come, first served."""

    def __init__(self, most: int) -> None:
        self.left = most
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Takes a place if one is free."""
        if not self.left:
            return False
        self.left -= 1
        return True

    async def wait(self, seconds: float) -> None:
        """Takes a place as soon as one is free; TimeoutError after `seconds`."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():  # given at the moment of giving up
                self.release()
            raise

    def release(self) -> None:
        """Gives a place to whoever waits longest, or back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.left += 1
