"""Which of several operations are about something that has a name: what a statement makes, what an error names."""

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
    """What a statement is about, or what a database names in an error.

    ``constraint`` is the name of a constraint or an index, or the text of a CHECK that has no name. ``columns`` are one
    column, or all those of a key. ``violates`` is the kind of constraint that rows do not satisfy, where it says one.
    """

    table: str | None = None
    columns: tuple[str, ...] = ()
    constraint: str | None = None
    violates: Violation | None = None


def those_named(operations: Sequence[Operation], named: Named) -> tuple[Operation, ...]:
    """Those of *operations* that are about what is named; all of them where none is."""
    if len(operations) < 2 or named == Named():
        return tuple(operations)
    asked = list(_with_names_of_their_time(operations, named))
    for is_meant in _TESTS:
        found = tuple(operation for operation, names in asked if is_meant(operation, names))
        if found:
            return found
    return tuple(operations)


def _with_names_of_their_time(operations: Sequence[Operation], named: Named) -> Iterable[tuple[Operation, Named]]:
    """Each operation with the names as they were then: the database knows a renamed column by its last name."""
    found = []
    for operation in reversed(operations):
        found.append((operation, named))
        if operation.column_rename is not None:
            old, new = operation.column_rename
            names = (old if _same(name, new) else name for name in named.columns)
            named = replace(named, columns=tuple(names))
    return reversed(found)


def _is_constraint(operation: Operation, named: Named) -> bool:
    """It makes or drops what has the name."""
    return any(key.kind not in _OTHERS and _same(key.part or key.name, named.constraint) for key in _changed(operation))


_OTHERS = frozenset({"table", "column", "unique", "primary key"})
"""The kinds of keys that are not the name of a constraint or index, nor of another kind of object."""


def _is_check(operation: Operation, named: Named) -> bool:
    """It adds the CHECK with the text."""
    check = operation.added_constraint
    if named.violates != "check" or not isinstance(check, Check):
        return False
    return _same(_bare(check.sql), _bare(named.constraint))


def _is_key(operation: Operation, named: Named) -> bool:
    """It makes these columns unique together."""
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
    """It adds such a constraint, and the name is the database's own, or none is named."""
    wanted, constraint = _CLASSES.get(named.violates or ""), operation.added_constraint
    if wanted is None or constraint is None or not isinstance(constraint, wanted):
        return False
    return not named.columns if named.constraint is None else constraint.name is None


def _is_not_null(operation: Operation, named: Named) -> bool:
    """It makes the column, or adds it, NOT NULL."""
    return named.violates == "not null" and any(_among(column, named) for column in operation.required_columns)


def _is_column(operation: Operation, named: Named) -> bool:
    """It makes, drops or changes the column. A new name breaks no constraint."""
    if named.violates is not None and operation.column_rename is not None:
        return False
    return _has_column(_changed(operation), named)


def _uses_column(operation: Operation, named: Named) -> bool:
    return _has_column(operation.uses, named)


def _is_table(operation: Operation, named: Named) -> bool:
    """It makes or drops the table."""
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
"""The surest first: an error that names a constraint may name its column and its table too."""


def _changed(operation: Operation) -> Keys:
    return operation.creates | operation.drops | operation.alters


def _has_column(keys: Keys, named: Named) -> bool:
    return any(key.kind == "column" and _is_of(key, named) and _among(key.part, named) for key in keys)


def _is_of(key: Key, named: Named) -> bool:
    """Whether it is a part of the table that is named, if one is."""
    return named.table is None or _same(key.name, named.table)


def _among(column: str, named: Named) -> bool:
    return any(_same(column, each) for each in named.columns)


def _same(name: str, other: str | None) -> bool:
    """Some databases name things as the script does, others as the catalogue does."""
    return other is not None and name.lower() == other.lower()


def _bare(sql: str | None) -> str:
    return "".join((sql or "").split()).strip("()")
