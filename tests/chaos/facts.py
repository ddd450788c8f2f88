"""What the city says after a kill test: its rows, its files, its streams, its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.chain.verify import Verdict

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """One message of a stream; `message_id` is its Nats-Msg-Id, the rest its envelope's."""

    stream: str
    sequence: int
    message_id: str
    event_id: str
    type: str
    entity: str
    version: int


@dataclass
class LaksaFacts:
    """The database of svc-laksa, and what it says of its own ledger."""

    reports: list[Row]
    steps: list[Row]
    files: list[Row]
    texts: list[Row]
    entries: list[Row]
    chained: list[Row]
    keys: list[Row]
    due: list[Row]
    outbox: list[Row]
    verdict: Verdict


@dataclass
class GatewayFacts:
    """The database of the gateway."""

    media: list[Row]
    requests: list[Row]
    feed: list[Row]
    inbox: list[Row]
    seals: list[Row]
    sessions: list[Row]
    outbox: list[Row]


@dataclass
class Facts:
    """Everything. `folders`: folder -> file -> SHA-256; `shown`: citizen -> her `/v1/me/requests`;
    `timelines`: report -> its entries; `unread`: consumer -> messages it has not taken in yet."""

    laksa: LaksaFacts
    gateway: GatewayFacts
    messages: list[Message]
    unread: dict[str, int]
    folders: dict[str, dict[str, str]]
    swept: set[str] = field(default_factory=set)
    shown: dict[str, list[Row]] = field(default_factory=dict)
    timelines: dict[str, Sequence[Row]] = field(default_factory=dict)
