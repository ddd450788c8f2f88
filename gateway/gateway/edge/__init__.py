"""The raw-ASGI hot path in front of every request."""
