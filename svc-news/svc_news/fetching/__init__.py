"""Fetching a document of the outside world: bounded, polite, and never from an address inside."""
