"""Which menus somebody sees, and what administrators switch."""

from gateway.menus.usecases.showing import TAG, Menus, equip
from gateway.menus.usecases.switching import drop, every, read, switch, switches

__all__ = ["TAG", "Menus", "drop", "equip", "every", "read", "switch", "switches"]
