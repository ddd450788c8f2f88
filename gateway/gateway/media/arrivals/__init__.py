"""The bytes of one request on their way into an upload."""
