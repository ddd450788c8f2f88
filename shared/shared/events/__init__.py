"""Events: out through the outbox and the relay, in through the inbox, and fan-out to memory."""
