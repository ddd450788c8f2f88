"""Markdown in, HTML out that no reader need fear."""
