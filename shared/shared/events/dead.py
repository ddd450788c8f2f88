"""Dead letters: an event nobody could take in is kept with its reason, counted, and can be sent again."""

from collections.abc import AsyncIterator

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig


async def bury(jetstream: JetStreamContext, message: Msg, consumer: str, reason: str) -> None:
    """Puts the message, byte for byte, on the stream DEAD with where it came from and why."""
    headers = {
        "Dead-Subject": message.subject,
        "Dead-Consumer": consumer,
        "Dead-Reason": reason,
        "Nats-Msg-Id": f"{consumer}:{message.metadata.stream}:{message.metadata.sequence.stream}",
    }
    await jetstream.publish(f"dead.{consumer}", message.data, headers=headers)


async def letters(jetstream: JetStreamContext, limit: int = 1_000, consumer: str = ">") -> AsyncIterator[Msg]:
    """The dead letters (of one `consumer`), oldest first, at most `limit`; acknowledging deletes none."""
    subscription = await jetstream.pull_subscribe(
        f"dead.{consumer}",
        stream="DEAD",
        config=ConsumerConfig(ack_policy=AckPolicy.NONE, inactive_threshold=30),
    )
    try:
        for _ in range(limit):
            try:
                (message,) = await subscription.fetch(1, timeout=0.5)
            except TimeoutError:
                return
            yield message
    finally:
        await subscription.unsubscribe()


async def replay(jetstream: JetStreamContext, consumer: str = ">") -> int:
    """Sends the dead letters there are now (of one `consumer`) to their subjects again and removes them.

    What fails again comes back here, and is not sent a second time. Subscribers that already took an event in
    ignore it, so only those that failed see an effect.
    """
    count, last = 0, (await jetstream.stream_info("DEAD")).state.last_seq
    async for message in letters(jetstream, last, consumer=consumer):
        headers, sequence = message.headers or {}, message.metadata.sequence.stream
        if sequence > last:
            break
        again = {"Nats-Msg-Id": f"replay:{sequence}"}
        await jetstream.publish(headers["Dead-Subject"], message.data, headers=again)
        await jetstream.delete_msg("DEAD", sequence)
        count += 1
    return count
