"""Who may send at once, so that slow senders never take every place."""


class Places:
    """At most `total` are served, of them `guests` guests, and `each` of one owner (Caller.scope).

    A guest makes up his device id himself: whoever invents many gets no further than the guests' share.
    """

    def __init__(self, total: int, guests: int, each: int) -> None:
        self._total, self._guests, self._each = total, guests, each
        self._taken: dict[str, int] = {}

    @property
    def taken(self) -> int:
        """How many are being served."""
        return sum(self._taken.values())

    def take(self, owner: str) -> bool:
        """Takes a place, if there is one for this owner."""
        guests = sum(n for name, n in self._taken.items() if is_guest(name))
        full = self.taken >= self._total or (is_guest(owner) and guests >= self._guests)
        if full or self._taken.get(owner, 0) >= self._each:
            return False
        self._taken[owner] = self._taken.get(owner, 0) + 1
        return True

    def leave(self, owner: str) -> None:
        """Gives one of the owner's places back."""
        self._taken[owner] -= 1
        if not self._taken[owner]:
            del self._taken[owner]


def is_guest(owner: str) -> bool:
    """Whether an owner (Caller.scope) never signed in."""
    return owner.startswith("guest:")
