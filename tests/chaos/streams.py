"""Reading the streams from their first message to their last, and how far their readers are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.events.event import Envelope
from tests.chaos.facts import Message

STREAMS = ("LAKSA", "GATEWAY", "DEAD")


@asynccontextmanager
async def jetstream(url: str) -> AsyncIterator[JetStreamContext]:
    """JetStream over a connection of its own."""
    connection = await nats.connect(url)
    try:
        yield connection.jetstream(timeout=5)
    finally:
        await connection.close()


async def messages(streams: JetStreamContext) -> list[Message]:
    """Everything on the streams of svc-laksa and the gateway, and every dead letter."""
    found: list[Message] = []
    for name in STREAMS:
        state = (await streams.stream_info(name)).state
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)
        subscription = await streams.pull_subscribe("", stream=name, config=config)
        left = state.messages
        while left:
            # no more than there are: nats-py holds a batch back that cannot be filled (DECISIONS 5)
            batch = await subscription.fetch(min(left, 500), timeout=10)
            left -= len(batch)
            for raw in batch:
                event = Envelope.model_validate_json(raw.data)
                message_id = (raw.headers or {}).get("Nats-Msg-Id", "")
                sequence = raw.metadata.sequence.stream
                found.append(
                    Message(
                        name, sequence, message_id, event.id, event.type, event.subject, event.entityversion
                    )
                )
        await subscription.unsubscribe()
    return found


async def unread(streams: JetStreamContext) -> dict[str, int]:
    """Consumer -> messages it has not acknowledged, of every durable consumer of these streams."""
    waiting: dict[str, int] = {}
    for name in STREAMS:
        for consumer in await streams.consumers_info(name):
            if consumer.config.durable_name:
                count = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
                waiting[f"{consumer.name} of {name}"] = count
    return waiting
