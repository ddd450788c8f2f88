"""A table a person reads."""


class Table:
    """Columns as wide as their widest cell; the first one is flush left."""

    def __init__(self, title: str, *heads: str) -> None:
        self._title, self._rows = title, [heads]

    def row(self, *cells: str) -> None:
        """One line; as many cells as there are heads."""
        if len(cells) != len(self._rows[0]):
            raise ValueError(f"{len(cells)} cells under {len(self._rows[0])} heads")
        self._rows.append(cells)

    def __str__(self) -> str:
        widths = [max(len(row[n]) for row in self._rows) for n in range(len(self._rows[0]))]
        lines = [
            "  ".join(
                c.ljust(w) if n == 0 else c.rjust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))
            )
            for row in self._rows
        ]
        return "\n".join([f"\n{self._title}", *(f"  {line.rstrip()}" for line in lines)])
