"""Cells that a spreadsheet shows and never calculates."""

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")
_GUARD = "'"


def safe(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula.

    Numbers are written as numbers, negative ones too: they never come here. Source: OWASP, "CSV Injection".
    """
    return _GUARD + text if text.startswith(_BEGINNINGS) else text


def plain(cell: str) -> str:
    """What a cell says: spaces around it and the apostrophe of `safe` taken away."""
    text = cell.strip(" ")
    return text[1:] if text.startswith(_GUARD) and text[1:].startswith(_BEGINNINGS) else text
