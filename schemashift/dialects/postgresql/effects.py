"""Facts about operations on PostgreSQL: which tables they rewrite, and which locks they acquire.

From https://www.postgresql.org/docs/current/sql-altertable.html (each form's lock, and "Notes" on what rewrites a
table) and https://www.postgresql.org/docs/current/explicit-locking.html, measured on PostgreSQL 15. A change between
types that are not listed here may rewrite the table as well. From timestamp to timestamptz it depends on the session's
time zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from schemashift.dialects.postgresql.convert import base
from schemashift.dialects.postgresql.match import is_not_valid
from schemashift.objects.domains import AlterDomain
from schemashift.objects.enums import AlterEnum
from schemashift.operations import AlterConstraint, CreateIndex, DropIndex, Operation
from schemashift.operations.base import Keys
from schemashift.operations.constraints import rejections
from schemashift.operations.facts import CreatesTable, Fact, Facts, FillsValues, InsertsRows, Locks, RewritesTable
from schemashift.operations.fits import always_fits
from schemashift.schema import Column, ForeignKey, TableName, Type

ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
SHARE = "SHARE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
ROW_EXCLUSIVE = "ROW EXCLUSIVE"

Lock = tuple[TableName, str]


def effects(operation: Operation) -> Iterator[Fact]:
    """Yield the facts about *operation*, considered alone."""
    yield from _on_rows(operation)
    yield from (RewritesTable(table=table) for table in dict.fromkeys(_rewritten(operation)))
    yield from (Locks(table=table, mode=mode) for table, mode in dict.fromkeys(_locked(operation)))


def _on_rows(operation: Operation) -> Facts:
    """Return the effects on existing rows: a constraint that is NOT VALID does not look at them, until it becomes
    valid."""
    if operation.added_constraint is not None and is_not_valid(operation.added_constraint):
        return ()
    if isinstance(operation, AlterConstraint) and operation.before is not None and operation.after is not None:
        becomes_valid = is_not_valid(operation.before) and not is_not_valid(operation.after)
        return rejections(operation.table, operation.after) if becomes_valid else ()
    return operation.effects()


# Rewrites ----------------------------------------------------------------------------------------------------------


def _rewritten(operation: Operation) -> Iterator[TableName]:
    before, after = operation.column_change
    if after is not None and (rewrites(before.type, after.type) if before is not None else _has_value_per_row(after)):
        yield operation.touches[0]
    match operation:
        case AlterEnum() if operation.rebuilds:
            yield from (table for table, _ in operation.users)
        case AlterDomain() if "type" in operation.changes:
            yield from (table for table, _ in operation.users)


_VOLATILE = re.compile(r"\b(?:nextval|gen_random_uuid|random|clock_timestamp|timeofday)\s*\(", re.IGNORECASE)
_STRING = re.compile(r"'(?:[^']|'')*'")


def _has_value_per_row(column: Column) -> bool:
    """Whether each row gets its own value, so that it cannot be stored once for all rows in the catalogue."""
    if column.autoincrement or column.identity is not None:
        return True
    if column.computed is not None:
        return column.computed.stored
    return column.default is not None and _VOLATILE.search(_STRING.sub("''", column.default.sql)) is not None


_CONVERTED = frozenset(
    {"SMALLINT", "INTEGER", "BIGINT", "NUMERIC", "REAL", "DOUBLE PRECISION", "BOOLEAN", "UUID", "JSON", "JSONB"}
    | {"DATE", "TIME WITHOUT TIME ZONE", "TIME WITH TIME ZONE", "INTERVAL", "INET", "CIDR", "enum"}
    | {"TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE", "CHAR", "VARCHAR", "TEXT"}
)
"""The types between which values are converted, except for the pairs in `_SAME_BYTES`."""


_SAME_BYTES = frozenset(
    {
        ("VARCHAR", "TEXT"),
        ("TEXT", "VARCHAR"),
        ("CIDR", "INET"),
        ("TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE"),
    }
)
"""Changes of type that leave the rows unchanged, or may do so."""


def rewrites(before: Type, after: Type) -> bool:
    """Whether it is certain that a change of type rewrites all rows."""
    if before.sql == after.sql:
        return False
    old, new = _kind(before), _kind(after)
    elements = {kind.removesuffix("[]") for kind in (old, new)}
    if not elements <= _CONVERTED:
        return False
    if old.endswith("[]") or new.endswith("[]"):
        return True
    if (old, new) == ("TEXT", "VARCHAR"):
        return "(" in after.sql
    if old != new:
        return (old, new) not in _SAME_BYTES
    if old == "NUMERIC":
        return not _is_more_digits(before, after)
    return old in ("CHAR", "enum") or (old == "VARCHAR" and not always_fits(before, after))


def _kind(type_: Type) -> str:
    brackets = "[]" if type_.sql.endswith("[]") else ""
    if any(key.kind == "enum" for key in type_.needs):
        return f"enum{brackets}"
    return base(type_.sql.removesuffix("[]")) + brackets


def _is_more_digits(before: Type, after: Type) -> bool:
    """Whether a NUMERIC only gets more digits before the decimal point, or loses its precision."""
    if "(" not in after.sql:
        return True
    return "(" in before.sql and _places(before) == _places(after) and always_fits(before, after)


def _places(type_: Type) -> int:
    """Return the scale of a NUMERIC, the number of digits after the decimal point."""
    _, *places = re.findall(r"\d+", type_.sql)
    return int(places[0]) if places else 0


# Locks -------------------------------------------------------------------------------------------------------------


def _locked(operation: Operation) -> Iterator[Lock]:
    """Yield the existing tables that are locked, each with the mode."""
    mode = _own_mode(operation)
    if mode is not None:
        yield from ((table, mode) for table in operation.touches[:1])
    yield from _other_tables(operation)


def _own_mode(operation: Operation) -> str | None:
    """Return the lock mode of the operation's own table: ACCESS EXCLUSIVE for ALTER TABLE, with few exceptions."""
    match operation:
        case CreateIndex():
            return SHARE_UPDATE_EXCLUSIVE if _is_concurrent(operation) else SHARE
        case DropIndex():
            return None if _is_concurrent(operation) else ACCESS_EXCLUSIVE
    if any(isinstance(fact, CreatesTable) for fact in operation.effects()):
        return None
    if any(isinstance(fact, FillsValues | InsertsRows) for fact in operation.effects()):
        return ROW_EXCLUSIVE
    if isinstance(operation, AlterConstraint):
        unchecked = operation.after is not None and is_not_valid(operation.after) and "options" in operation.changes
        return ACCESS_EXCLUSIVE if unchecked else SHARE_UPDATE_EXCLUSIVE
    if operation.changed_fields == ("comment",):
        return SHARE_UPDATE_EXCLUSIVE
    if isinstance(operation.added_constraint, ForeignKey):
        return SHARE_ROW_EXCLUSIVE
    if operation.added_constraint is not None or operation.dropped_constraint is not None:
        return ACCESS_EXCLUSIVE
    columns = any(key.kind == "column" for key in operation.creates | operation.drops | operation.alters)
    # A table that is dropped or has another name.
    gone = any(key.kind == "table" for key in operation.drops)
    return ACCESS_EXCLUSIVE if columns or gone else None


def _other_tables(operation: Operation) -> Iterator[Lock]:
    """Yield the other tables that are locked, each with the mode."""
    yield from ((table, SHARE_ROW_EXCLUSIVE) for table in _referenced(operation.uses, operation))
    yield from ((table, ACCESS_EXCLUSIVE) for table in _referenced(operation.frees, operation))
    if isinstance(operation, AlterEnum | AlterDomain):
        yield from ((table, ACCESS_EXCLUSIVE) for table in _rewritten(operation))


def _referenced(keys: Keys, operation: Operation) -> Iterator[TableName]:
    """Yield the other tables that foreign keys point to: only a foreign key depends on unique columns."""
    for key in sorted((key for key in keys if key.kind == "unique"), key=str):
        name = TableName(key.name, key.schema)
        if name not in operation.touches:
            yield name


def _is_concurrent(operation: CreateIndex | DropIndex) -> bool:
    return bool(dict(operation.options).get("postgresql_concurrently"))
