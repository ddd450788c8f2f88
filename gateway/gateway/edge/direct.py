"""A read that is passed on without a task: most services answer before one would be worth its making."""

from collections.abc import Callable

from gateway.edge.patience import Ticks
from gateway.edge.reply import Reply

_SECONDS = 0.05


class Direct:
    """Waits for one reply. Within 50 ms and 256 KiB it comes whole: then `whole` answers the client with it.

    Otherwise (it is late, large, broken, or the client reads slowly) `adopt` goes on in a task.
    """

    __slots__ = ("_adopt", "_reply", "_ticks", "_whole", "due")

    def __init__(
        self, reply: Reply, ticks: Ticks, whole: Callable[[], bool], adopt: Callable[[], None]
    ) -> None:
        self._reply, self._ticks, self._whole, self._adopt = reply, ticks, whole, adopt
        self.due = ticks.loop.time() + _SECONDS
        reply.then = self._happened
        ticks.watch(self)

    def ring(self) -> None:
        """It takes long: a task goes on."""
        self._leave()
        self._adopt()

    def _happened(self) -> None:
        self._leave()
        if not (self._reply.is_whole and self._whole()):
            self._adopt()

    def _leave(self) -> None:
        self._reply.then = None
        self._ticks.ignore(self)
