"""What went wrong with the stack, in words for the person at the terminal."""


class StackError(Exception):
    """The message says what happened and what to do about it; shown without a traceback."""
