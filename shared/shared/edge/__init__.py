"""What stands in front of every FastAPI app, in pure ASGI."""
