"""What the names in a file mean here: markets, commodities and their units."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

_UNIT = re.compile(r"(?:rp\.?\s*/\s*)?([0-9]{1,6}(?:\.[0-9]{1,6})?)?\s*([^\W0-9_]+)")
#: Names of the same measure, and how much of our unit one of them is.
_MEASURES = {
    "kg": ("kg", Decimal(1)),
    "kilogram": ("kg", Decimal(1)),
    "g": ("kg", Decimal("0.001")),
    "gr": ("kg", Decimal("0.001")),
    "gram": ("kg", Decimal("0.001")),
    "mt": ("kg", Decimal(1_000)),
    "l": ("liter", Decimal(1)),
    "lt": ("liter", Decimal(1)),
    "litre": ("liter", Decimal(1)),
    "liter": ("liter", Decimal(1)),
    "ml": ("liter", Decimal("0.001")),
}


@dataclass(frozen=True, slots=True)
class KnownCommodity:
    """A commodity: its unit, and the units of the market with how much of its own each holds."""

    id: int
    unit: str
    local: Mapping[str, Decimal] = field(default_factory=dict)

    def factor(self, unit: str) -> Decimal | None:
        """How much of its unit one unit of a file holds ("KG", "500 G", "Rp./Liter"); None if unknown."""
        found = _UNIT.fullmatch(unit.strip().lower())
        if found is None:
            return None
        many, name = Decimal(found[1] or 1), found[2]
        ours, held = _MEASURES.get(name, (name, Decimal(1)))
        if ours == _MEASURES.get(self.unit, (self.unit,))[0]:
            return many * held or None
        return many * self.local[name] or None if name in self.local else None


@dataclass(frozen=True, slots=True)
class Known:
    """Names and codes in lower case. Another system's ids mean nothing here: they are not looked at."""

    markets: Mapping[str, int]
    commodities: Mapping[str, KnownCommodity]
