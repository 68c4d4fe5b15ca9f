"""What stays the same but stands in the way: taken down before the change, put back after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from schemashift.diff.traits import Traits
from schemashift.operations import AddColumn, AddConstraint, AlterColumn, AlterTable, CreateIndex, Operation
from schemashift.schema import SQL, Check, ForeignKey, Key, Schema, Table

Part = AddConstraint | AddColumn | CreateIndex
"""An unchanged part of a table, as the operation that would make it: its ``uses`` are what it stands on."""


def around(operations: Sequence[Operation], before: Schema, after: Schema, traits: Traits) -> list[Operation]:
    """The operations to add to *operations*: a drop and a creation for each part that has to step aside.

    Stepping aside may push others aside in turn (a generated column, then the index on it), so it goes on until
    nothing new is found.
    """
    moved = {key for operation in operations for key in operation.drops}
    altered = {
        Key.of_column(operation.table, operation.name): operation
        for operation in operations
        if isinstance(operation, AlterColumn)
    }
    altered |= _carried(operations, before, after)
    extra: list[Operation] = []
    standing = list(_unchanged(before, after))
    while True:
        aside = [part for part in standing if _must_step_aside(part, moved, altered, traits)]
        if not aside:
            return extra
        standing = [part for part in standing if part not in aside]
        for part in aside:
            extra += [part.inverse(), part]
            moved |= part.creates


def _carried(operations: Sequence[Operation], before: Schema, after: Schema) -> dict[Key, AlterColumn]:
    """The columns of tables whose options change, as if each had its table's options itself: on MySQL the columns
    follow their table's character set. The traits say whether that is anything to a foreign key.

    Nothing orders such a key around its table's change but the rank of the operations: it is dropped before any table
    is altered, and added after all of them, for it takes both its ends.
    """
    changed = {each.table for each in operations if isinstance(each, AlterTable) and "options" in dict(each.set)}
    found: dict[Key, AlterColumn] = {}
    for name in changed:
        old, new = before.table(name), after.table(name)
        assert old is not None, "a table that is altered is there on both sides"
        assert new is not None, "a table that is altered is there on both sides"
        for column in new.columns:
            was = old.column(column.name)
            if was is not None:
                start, end = (replace(c, options=(*t.options, *c.options)) for c, t in ((was, old), (column, new)))
                found[Key.of_column(name, column.name)] = AlterColumn.between(name, start, end)
    return found


def _must_step_aside(part: Part, moved: set[Key], altered: dict[Key, AlterColumn], traits: Traits) -> bool:
    if part.uses & moved:
        return True
    return any(not _keeps(part, altered[key], traits) for key in part.uses & altered.keys())


def _keeps(part: Part, alteration: AlterColumn, traits: Traits) -> bool:
    before = alteration.before
    assert before is not None, "the diff makes whole operations"
    if isinstance(part, AddConstraint) and isinstance(part.constraint, ForeignKey):
        return traits.keeps_foreign_key(before, alteration.after)
    if isinstance(part, AddColumn):
        return traits.keeps_generated(before, alteration.after)
    return all(traits.keeps_expression(before, alteration.after, text) for text in _texts(part))


def _texts(part: AddConstraint | CreateIndex) -> Iterator[str]:
    if isinstance(part, CreateIndex):
        yield from (each.expression for each in part.index.parts if each.expression)
        yield from (value.text for _, value in part.index.options if isinstance(value, SQL))
    elif isinstance(part.constraint, Check):
        yield part.constraint.sql


def _unchanged(before: Schema, after: Schema) -> Iterator[Part]:
    for table in after.tables:
        old = before.table(table.table_name)
        if old is not None:
            yield from _of_table(old, table)


def _of_table(old: Table, table: Table) -> Iterator[Part]:
    name = table.table_name
    constraints, indexes = set(old.constraints), set(old.indexes)
    for constraint in table.constraints:
        if constraint in constraints:
            yield AddConstraint(table=name, constraint=constraint)
    for index in table.indexes:
        if index in indexes and not index.implicit:
            yield CreateIndex(table=name, index=index)
    for column in table.columns:
        if column.computed is not None and old.column(column.name) == column:
            yield AddColumn(table=name, column=column)
