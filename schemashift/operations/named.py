"""Find the operations that a statement, or an error of the database, refers to by names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from schemashift.operations.base import Keys, Operation
from schemashift.schema import Check, ForeignKey, Key, PrimaryKey, Unique

Violation: TypeAlias = Literal["not null", "unique", "primary key", "check", "foreign key"]

_CLASSES = {"unique": Unique, "primary key": PrimaryKey, "check": Check, "foreign key": ForeignKey}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The objects that a statement is about, or that a database names in an error.

    ``constraint`` is the name of a constraint or an index, or the text of an unnamed CHECK. ``columns`` are one column,
    or all columns of a key. ``violates`` is the kind of constraint that rows violate, if the error names one.
    """

    table: str | None = None
    columns: tuple[str, ...] = ()
    constraint: str | None = None
    violates: Violation | None = None


def those_named(operations: Sequence[Operation], named: Named) -> tuple[Operation, ...]:
    """Return those of *operations* that *named* refers to; all of them if there are none."""
    if len(operations) < 2 or named == Named():
        return tuple(operations)
    asked = list(_with_names_of_their_time(operations, named))
    for is_meant in _TESTS:
        found = tuple(operation for operation, names in asked if is_meant(operation, names))
        if found:
            return found
    return tuple(operations)


def _with_names_of_their_time(operations: Sequence[Operation], named: Named) -> Iterable[tuple[Operation, Named]]:
    """Return each operation with the names at its time: the database knows a renamed column by its last name."""
    found = []
    for operation in reversed(operations):
        found.append((operation, named))
        if operation.column_rename is not None:
            old, new = operation.column_rename
            names = (old if _same(name, new) else name for name in named.columns)
            named = replace(named, columns=tuple(names))
    return reversed(found)


def _is_constraint(operation: Operation, named: Named) -> bool:
    """Return True if it creates or drops an object with the name."""
    return any(key.kind not in _OTHERS and _same(key.part or key.name, named.constraint) for key in _changed(operation))


_OTHERS = frozenset({"table", "column", "unique", "primary key"})
"""The kinds of keys that do not name a constraint, an index, or an object of another kind."""


def _is_check(operation: Operation, named: Named) -> bool:
    """Return True if it adds the CHECK with the text."""
    check = operation.added_constraint
    if named.violates != "check" or not isinstance(check, Check):
        return False
    return _same(_bare(check.sql), _bare(named.constraint))


def _is_key(operation: Operation, named: Named) -> bool:
    """Return True if it creates a unique key on exactly these columns."""
    if named.violates not in ("unique", "primary key") or not named.columns:
        return False
    wanted = ",".join(sorted(name.lower() for name in named.columns))
    keys = (key for key in operation.creates if key.kind == "unique" and _is_of(key, named))
    return any(",".join(sorted(key.part.lower().split(","))) == wanted for key in keys)


def _is_primary_key(operation: Operation, named: Named) -> bool:
    if named.violates != "primary key":
        return False
    return any(key.kind == "primary key" and _is_of(key, named) for key in operation.creates)


def _is_kind(operation: Operation, named: Named) -> bool:
    """Return True if it adds such a constraint, and the error has no name, or one that the database chose."""
    wanted, constraint = _CLASSES.get(named.violates or ""), operation.added_constraint
    if wanted is None or constraint is None or not isinstance(constraint, wanted):
        return False
    return not named.columns if named.constraint is None else constraint.name is None


def _is_not_null(operation: Operation, named: Named) -> bool:
    """Return True if it adds the column as NOT NULL or changes it to NOT NULL."""
    return named.violates == "not null" and any(_among(column, named) for column in operation.required_columns)


def _is_column(operation: Operation, named: Named) -> bool:
    """Return True if it adds, drops or alters the column. A rename violates no constraint."""
    if named.violates is not None and operation.column_rename is not None:
        return False
    return _has_column(_changed(operation), named)


def _uses_column(operation: Operation, named: Named) -> bool:
    return _has_column(operation.uses, named)


def _is_table(operation: Operation, named: Named) -> bool:
    """Return True if it creates or drops the table."""
    keys = operation.creates | operation.drops
    return any(key.kind == "table" and _same(key.name, named.table) for key in keys)


_TESTS = (
    _is_constraint,
    _is_check,
    _is_key,
    _is_primary_key,
    _is_kind,
    _is_not_null,
    _is_column,
    _uses_column,
    _is_table,
)
"""The most specific first: an error that names a constraint may name its column and its table too."""


def _changed(operation: Operation) -> Keys:
    return operation.creates | operation.drops | operation.alters


def _has_column(keys: Keys, named: Named) -> bool:
    return any(key.kind == "column" and _is_of(key, named) and _among(key.part, named) for key in keys)


def _is_of(key: Key, named: Named) -> bool:
    """Return True if *key* is part of the named table, or no table is named."""
    return named.table is None or _same(key.name, named.table)


def _among(column: str, named: Named) -> bool:
    return any(_same(column, each) for each in named.columns)


def _same(name: str, other: str | None) -> bool:
    """Compare names ignoring case: some databases report them as in the statement, others as in the catalogue."""
    return other is not None and name.lower() == other.lower()


def _bare(sql: str | None) -> str:
    return "".join((sql or "").split()).strip("()")
