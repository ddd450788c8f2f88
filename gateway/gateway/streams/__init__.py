"""Server-sent events to one signed-in person."""
