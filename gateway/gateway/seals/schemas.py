"""What travels over HTTP."""

from shared.schemas import Moment, Out


class SealOut(Out):
    """The hash (hex, SHA-256) that the chain's link `seq` had `at` this moment."""

    seq: int
    hash: str
    at: Moment
