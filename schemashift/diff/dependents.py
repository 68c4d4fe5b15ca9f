"""Unchanged parts that block a change: they are dropped before it and created again after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from schemashift.diff.kind import AnyKind, Kinds
from schemashift.diff.traits import Traits
from schemashift.operations import Operation
from schemashift.schema import Column, Key, Schema, Table

AlteredColumns = dict[Key, tuple[Column, Column]]
"""The columns that change, before and after."""


class Part(NamedTuple):
    """An unchanged part of an object, as the operation that creates it, whose ``uses`` are the part's dependencies."""

    kind: AnyKind
    operation: Operation


def dependents_to_rebuild(
    operations: Sequence[Operation], before: Schema, after: Schema, kinds: Kinds, traits: Traits
) -> list[Operation]:
    """Return the operations to add to *operations*: for each unchanged part that blocks one, a drop and a creation.

    A dropped part may have dependents itself (a generated column, then the index on it), so the search is repeated
    until it finds no more.
    """
    gone = {key for operation in operations for key in operation.drops}
    retyped = {key for operation in operations for key in operation.retypes}
    altered = {**_altered_columns(operations), **_columns_of_altered_tables(operations, before, after)}
    extra: list[Operation] = []
    standing = list(_unchanged(before, after, kinds))
    while True:
        found = [part for part in standing if _must_be_rebuilt(part, gone, retyped, altered, traits)]
        if not found:
            return extra
        standing = [part for part in standing if part not in found]
        for part in found:
            extra += [part.operation.inverse(), part.operation]
            gone |= part.operation.creates


def _altered_columns(operations: Sequence[Operation]) -> AlteredColumns:
    found: AlteredColumns = {}
    for operation in operations:
        before, after = operation.column_change
        if before is not None and after is not None:
            found[Key.of_column(operation.touches[0], before.name)] = before, after
    return found


def _columns_of_altered_tables(operations: Sequence[Operation], before: Schema, after: Schema) -> AlteredColumns:
    """Return the columns of the tables whose options change, each as if it had its table's options itself.

    On MySQL the columns follow their table's character set. The traits decide whether that affects a foreign key.
    Such a key is ordered around its table's change by the rank of the operations only: it is dropped before any table
    is altered and added after all of them, since both of its ends must have been altered.
    """
    changed = {key.table_name for operation in operations for key in operation.alters if key.kind == "table"}
    found: AlteredColumns = {}
    for name in changed:
        old, new = before.table(name), after.table(name)
        assert old is not None, "a table that is altered exists on both sides"
        assert new is not None, "a table that is altered exists on both sides"
        for column in new.columns:
            was = old.column(column.name)
            if was is not None:
                found[Key.of_column(name, column.name)] = _with_options_of(old, was), _with_options_of(new, column)
    return found


def _with_options_of(table: Table, column: Column) -> Column:
    return replace(column, options=(*table.options, *column.options))


def _must_be_rebuilt(part: Part, gone: set[Key], retyped: set[Key], altered: AlteredColumns, traits: Traits) -> bool:
    uses = part.operation.uses
    # An operation that moves columns to another type drops and creates the dependent parts of their tables itself.
    if uses & gone or (uses & retyped and part.kind.name != "table"):
        return True
    return any(not part.kind.keeps(part.operation, *altered[key], traits) for key in uses & altered.keys())


def _unchanged(before: Schema, after: Schema, kinds: Kinds) -> Iterator[Part]:
    for key, thing in after.items():
        if key in before:
            kind = kinds[key.kind]
            yield from (Part(kind, operation) for operation in kind.rebuildable(before[key], thing))
