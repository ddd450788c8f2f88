"""Events the gateway publishes."""

from typing import ClassVar

from shared.events.event import Event


class SessionRevokedV1(Event):
    """A signed-in session has ended; every worker forgets its tokens."""

    name: ClassVar[str] = "session_revoked.v1"

    sid: str


class ClientChangedV1(Event):
    """A front-end key was added, changed or disabled; every worker reads the registry again."""

    name: ClassVar[str] = "client_changed.v1"

    client: str


class ProviderChangedV1(Event):
    """A provider, or what it declares or shows, has changed; every worker reads it again."""

    name: ClassVar[str] = "provider_changed.v1"

    provider: str


class CitizenErasedV1(Event):
    """An account was erased: every service erases what it holds; the event's subject is the erasure's id."""

    name: ClassVar[str] = "citizen_erased.v1"

    citizen_id: str
