"""Asking the sources, again and again: who is due, what they say, how they do."""
