"""What a revision may do to tables that are in use: it is refused here, before it locks a city out."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

_TABLE_FIRST = ("add_column", "alter_column", "drop_column", "drop_table", "rename_table")
_TABLE_SECOND = (
    "create_index", "drop_index", "create_foreign_key", "create_check_constraint",
    "create_unique_constraint", "create_primary_key",
)  # fmt: skip
_NOT_VALID = ("create_foreign_key", "create_check_constraint")
_REWRITES = ("Identity", "Computed")
#: A default that calls a function: sa.text("clock_timestamp()"), sa.func.now().
_CALLS = re.compile(r"""['"].*\w\(|\bfunc\.""")
#: SQL that locks or rewrites, and what to write instead.
_SQL = (
    (r"\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)", "an index on a table in use is built CONCURRENTLY"),
    (r"\bDROP\s+INDEX\s+(?!CONCURRENTLY)", "an index of a table in use is dropped CONCURRENTLY"),
    (r"\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b", "another type rewrites the table: add a column"),
    (r"\bADD\s+CONSTRAINT\b(?!.*\b(NOT\s+VALID|USING\s+INDEX)\b)", "add it NOT VALID, validate it later"),
    (r"\b(VACUUM\s+FULL|CLUSTER|LOCK\s+TABLE|TRUNCATE|REINDEX\b(?!.*CONCURRENTLY))", "it locks all out"),
)  # fmt: skip


def complaints(file: Path) -> list[str]:
    """`file:line: what is wrong and what to do instead`, for everything that could stop a running service.

    Tables the revision itself creates are nobody's yet: with them everything is allowed.
    """
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    upgrade = [n for n in tree.body if not (isinstance(n, ast.FunctionDef) and n.name == "downgrade")]
    look = _Look(source, upgrade)
    return [f"{file}:{line}: {what}" for line, what in sorted(look.found())]


class _Look:
    """One revision: which tables are its own, what stands in an autocommit block, what is validated."""

    def __init__(self, source: str, body: list[ast.stmt]) -> None:
        self._nodes = [node for part in body for node in ast.walk(part)]
        self._calls = [n for n in self._nodes if isinstance(n, ast.Call)]
        self._own = {_text(c.args[0]) for c in self._calls if _op(c) == "create_table" and c.args}
        blocks = [n for n in self._nodes if isinstance(n, ast.With)]
        blocks = [b for b in blocks if "autocommit_block" in ast.unparse(b.items[0])]
        self._apart = {id(inner) for block in blocks for inner in ast.walk(block)}
        self._validated = "VALIDATE CONSTRAINT" in source
        self._stated = "UNUSED_SINCE" in source

    def found(self) -> Iterator[tuple[int, str]]:
        """Line and complaint."""
        for call in self._calls:
            name, table = _op(call), _table(call)
            if name == "execute":
                yield from ((call.lineno, what) for what in self._sql(call))
            elif name and table is not None and table not in self._own and (rule := _RULES.get(name)):
                what = rule(self, call)
                if what:
                    yield call.lineno, f"{name} on {table!r}: {what}"

    def apart(self, node: ast.AST) -> bool:
        """Whether it stands in an autocommit block, outside the revision's transaction."""
        return id(node) in self._apart

    def index(self, call: ast.Call) -> str | None:
        """CONCURRENTLY, apart, and repeatable: a killed build is begun again."""
        again = "if_not_exists" if _op(call) == "create_index" else "if_exists"
        if _true(call, "postgresql_concurrently") and _true(call, again) and self.apart(call):
            return None
        return (
            "writers would wait until it is done; put it into `with op.get_context().autocommit_block():` "
            f"with postgresql_concurrently=True, {again}=True"
        )

    def column(self, call: ast.Call) -> str | None:
        """A new column must cost nothing: nullable, or with a constant default."""
        column = call.args[1] if len(call.args) > 1 else call
        named = {k.arg: k.value for n in ast.walk(column) if isinstance(n, ast.Call) for k in n.keywords}
        default = ast.unparse(named["server_default"]) if "server_default" in named else ""
        if any(word in ast.unparse(column) for word in _REWRITES) or _CALLS.search(default):
            return "computing a value for every row rewrites the table; add it nullable, fill it in batches"
        if any(word in ast.unparse(column) for word in ("unique=True", "index=True", "ForeignKey(")):
            return "its index or constraint would be built under the lock; make that a step of its own"
        if ast.unparse(named.get("nullable", ast.Constant(True))) == "False" and not default:
            return "NOT NULL without a default fails on rows that are there; add it nullable first"
        return None

    def alteration(self, call: ast.Call) -> str | None:
        """Types and names stay; NOT NULL needs a check that was validated without a lock."""
        given = {k.arg for k in call.keywords}
        if "type_" in given:
            return "another type rewrites the table; add a column, fill it, switch, remove later"
        if "new_column_name" in given:
            return "old code still uses the old name; add a column, fill it, switch, remove later"
        if any(k.arg == "nullable" and ast.unparse(k.value) == "False" for k in call.keywords):
            return None if self._validated else (
                "NOT NULL reads the whole table under the lock; first a check constraint with "
                "postgresql_not_valid=True, then VALIDATE CONSTRAINT in an autocommit block"
            )  # fmt: skip
        return None

    def constraint(self, call: ast.Call) -> str | None:
        """Existing rows are checked later, without a lock."""
        if _op(call) in _NOT_VALID and _true(call, "postgresql_not_valid"):
            return None
        if _op(call) in _NOT_VALID:
            return "it reads the whole table under the lock; postgresql_not_valid=True, then VALIDATE"
        return "its index is built under the lock; CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX"

    def removal(self, _: ast.Call) -> str | None:
        """Code that runs during the update must not need it any more."""
        return None if self._stated else (
            'code that still runs may need it; when it does not, write UNUSED_SINCE = "<revision>" at the top'
        )  # fmt: skip

    def renaming(self, _: ast.Call) -> str | None:
        """Never possible beside old code."""
        return "old code still uses the old name; add a table, fill it, switch, remove later"

    def _sql(self, call: ast.Call) -> Iterator[str]:
        sql = " ".join(_text(n) for n in ast.walk(call) if isinstance(n, ast.expr))
        if any(re.search(rf"\b{re.escape(table)}\b", sql) for table in self._own if table):
            return
        yield from (what for pattern, what in _SQL if re.search(pattern, sql, re.IGNORECASE | re.DOTALL))
        if re.search(r"\bSET\s+NOT\s+NULL\b", sql, re.IGNORECASE) and not self._validated:
            yield "SET NOT NULL reads the whole table under the lock; first VALIDATE a check constraint"
        if re.search(r"\b(UPDATE|DELETE|INSERT|VALIDATE)\b", sql, re.IGNORECASE) and not self.apart(call):
            yield "change and check rows in an autocommit block, in batches: locks are kept to the commit"


_RULES: dict[str, Callable[[_Look, ast.Call], str | None]] = {
    "create_index": _Look.index,
    "drop_index": _Look.index,
    "add_column": _Look.column,
    "alter_column": _Look.alteration,
    "drop_column": _Look.removal,
    "drop_table": _Look.removal,
    "rename_table": _Look.renaming,
    **dict.fromkeys(("create_foreign_key", "create_check_constraint"), _Look.constraint),
    **dict.fromkeys(("create_unique_constraint", "create_primary_key"), _Look.constraint),
}


def _op(call: ast.Call) -> str | None:
    """`add_column` of `op.add_column(…)`, and `execute` of any connection."""
    if not isinstance(call.func, ast.Attribute):
        return None
    of_op = isinstance(call.func.value, ast.Name) and call.func.value.id == "op"
    return call.func.attr if of_op or call.func.attr == "execute" else None


def _table(call: ast.Call) -> str | None:
    """The table an operation is about, "" where that is no plain text, None if it is about none."""
    for keyword in call.keywords:
        if keyword.arg in ("table_name", "source_table", "old_table_name"):
            return _text(keyword.value)
    place = 0 if _op(call) in _TABLE_FIRST else 1 if _op(call) in _TABLE_SECOND else None
    return None if place is None or len(call.args) <= place else _text(call.args[place])


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _true(call: ast.Call, name: str) -> bool:
    return any(k.arg == name and ast.unparse(k.value) == "True" for k in call.keywords)
