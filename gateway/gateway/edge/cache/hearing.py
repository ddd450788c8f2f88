"""What is heard of changes: every publisher's purges and withdrawals, by each worker for itself."""

from gateway.edge.cache.kept import KeptAnswers
from shared.contracts.city import DocumentWithdrawnV1, TagsPurgedV1
from shared.events.event import Envelope
from shared.events.fanout import Fanout
from shared.runtime import Runtime
from shared.settings import service_names


class Ear:
    """Hears one publisher. After a gap, and every 5 s without a broker, nothing counts as fresh."""

    def __init__(self, run: Runtime, publisher: str) -> None:
        self._bus, self._kept, self._begun = run.bus, run.part(KeptAnswers), False
        self.subject = f"{publisher}.>"
        self.fanout = Fanout(run.bus, self.subject, self._hear, self._missed)

    @property
    def listens(self) -> bool:
        """Whether whatever this publisher says arrives here."""
        return self._begun and self._bus.connected.is_set()

    async def _hear(self, event: Envelope) -> None:
        """Most events say nothing about answers."""
        if event.name == TagsPurgedV1.name:
            self._kept.purge(TagsPurgedV1.model_validate(event.data).tags)
        elif event.name == DocumentWithdrawnV1.name:
            self._kept.withdraw(event.publisher)

    async def _missed(self) -> None:
        """Nobody knows what was not heard until now."""
        self._begun = self._bus.connected.is_set()
        self._kept.purge_all()


async def hear_changes(run: Runtime) -> None:
    """Begins to listen, beside the requests of each worker, until it stops."""
    names = (run.name, *service_names(run.settings))
    ears = [Ear(run, name.removeprefix("svc-")) for name in names]
    listening = run.metrics.gauge("city_cache_listening", "Publishers whose changes are heard")
    listening.set_function(lambda: sum(ear.listens for ear in ears))
    for ear in ears:
        run.spawn(ear.fanout.run(), f"cache-{ear.subject}")
