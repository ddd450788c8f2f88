"""Held prices before a second pair of eyes."""
