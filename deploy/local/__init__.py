"""The embedded stack: PostgreSQL, NATS and the seven processes on one machine, without Docker or root."""
