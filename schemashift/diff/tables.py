"""Tables as a kind of object. Their SQL is in the dialects, and their source text in ``render``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, TypeVar

from schemashift.diff.cycles import cyclic
from schemashift.diff.match import sort_key
from schemashift.diff.names import name_constraints
from schemashift.diff.traits import Traits
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Operation,
)
from schemashift.schema import (
    SQL,
    Check,
    Column,
    ForeignKey,
    Index,
    Key,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Unique,
)

RELATION = "relation"
"""The names that a schema's tables, indexes, sequences, views and types share: a table has a type of its name."""

Value = TypeVar("Value")


class Tables:
    """The kind that all others depend on, between two schemas: which foreign keys wait depends on both."""

    name = "table"
    makers: ClassVar = {"create_table": "table_name", "rename_table": "new_table_name"}
    """See `schemashift.objects.Kind`."""

    def __init__(self, before: Schema, after: Schema, traits: Traits) -> None:
        self.traits = traits
        self.new_cycles = cyclic(table for table in after.tables if before.table(table.table_name) is None)
        self.old_cycles = cyclic(table for table in before.tables if after.table(table.table_name) is None)

    def create(self, thing: Table) -> Iterator[Operation]:
        """The table with its indexes, and the foreign keys that have to wait for another table that waits for this."""
        waiting = self._waiting(thing, self.new_cycles)
        kept = tuple(constraint for constraint in thing.constraints if constraint not in waiting)
        asked = tuple(index for index in thing.indexes if not index.implicit)
        yield CreateTable(table=replace(thing, constraints=kept, indexes=asked))
        # The database names what has no name by what is there: first the table's own, then these one by one.
        bare = replace(thing, constraints=(), indexes=asked)
        standing = name_constraints(bare, replace(thing, constraints=kept), self.traits)
        for key in waiting:
            named = replace(key, name=key.name or self.traits.default_name(standing, key))
            standing = replace(standing, constraints=(*standing.constraints, named))
            yield AddConstraint(table=thing.table_name, constraint=named)

    def drop(self, thing: Table) -> Iterator[Operation]:
        """The way back: keys that are in a circle, then the table with everything else."""
        waiting = self._waiting(thing, self.old_cycles)
        for key in waiting:
            yield AddConstraint(table=thing.table_name, constraint=key).inverse()
        kept = tuple(constraint for constraint in thing.constraints if constraint not in waiting)
        standing = replace(thing, constraints=kept)
        asked = tuple(index for index in thing.indexes if not _comes_by_itself(index, standing))
        yield DropTable(name=thing.table_name, table=replace(standing, indexes=asked))

    @staticmethod
    def _waiting(table: Table, cycles: frozenset[tuple[TableName, TableName]]) -> tuple[ForeignKey, ...]:
        return tuple(key for key in table.foreign_keys if (table.table_name, key.target) in cycles)

    def alter(self, before: Table, after: Table, old: Schema, new: Schema) -> Iterator[Operation]:
        """Columns, constraints, indexes, and the table's own fields."""
        del old, new
        name = before.table_name
        yield from self._columns(before, after)
        yield from _parts(
            before.constraints,
            after.constraints,
            drop=lambda c: AddConstraint(table=name, constraint=c).inverse(),
            add=lambda c: AddConstraint(table=name, constraint=c),
        )
        yield from _parts(
            tuple(i for i in before.indexes if not i.implicit),
            tuple(i for i in after.indexes if not i.implicit),
            drop=lambda i: DropIndex(table=name, name=i.name, index=i),
            add=lambda i: CreateIndex(table=name, index=i),
        )
        fields = [field for field in ("comment", "options") if getattr(before, field) != getattr(after, field)]
        if fields:
            yield AlterTable(
                table=name,
                set=tuple((field, getattr(after, field)) for field in fields),
                before=tuple((field, getattr(before, field)) for field in fields),
            )

    def claims(self, key: Key) -> Key:
        """Tables and indexes share their names; a column or a constraint has its own."""
        if key.kind in ("table", "index"):
            return Key(RELATION, key.schema, key.part or key.name)
        return key

    def rebuildable(self, before: Table, after: Table) -> Iterator[AddConstraint | CreateIndex | AddColumn]:
        """Constraints, indexes, and columns that are computed."""
        name = before.table_name
        constraints, indexes = set(before.constraints), set(before.indexes)
        for constraint in after.constraints:
            if constraint in constraints:
                yield AddConstraint(table=name, constraint=constraint)
        for index in after.indexes:
            if index in indexes and not index.implicit:
                yield CreateIndex(table=name, index=index)
        for column in after.columns:
            if column.computed is not None and before.column(column.name) == column:
                yield AddColumn(table=name, column=column)

    def keeps(self, part: Operation, before: Column, after: Column, traits: Traits) -> bool:
        """The database says of each sort of part whether it can stay."""
        if isinstance(part, AddConstraint) and isinstance(part.constraint, ForeignKey):
            return traits.keeps_foreign_key(before, after)
        if isinstance(part, AddColumn):
            return traits.keeps_generated(before, after)
        return all(traits.keeps_expression(before, after, text) for text in _texts(part))

    def _columns(self, before: Table, after: Table) -> Iterator[Operation]:
        name = before.table_name
        for column in before.columns:
            new = after.column(column.name)
            if new is None:
                yield DropColumn(table=name, name=column.name, column=column)
            elif new == column:
                continue
            elif self.traits.replaces_column(column, new):
                yield DropColumn(table=name, name=column.name, column=column)
                yield AddColumn(table=name, column=new)
            else:
                yield AlterColumn.between(name, column, new)
        for column in after.columns:
            if before.column(column.name) is None:
                yield AddColumn(table=name, column=column)


def with_defaults_apart(operations: Iterable[Operation], before: Schema, after: Schema) -> list[Operation]:
    """*operations*, a default of a type that changes itself taken away first and set last.

    The old default may be a label that goes, and the new one a label that comes: neither order would do, there or back.
    """
    found = list(operations)
    altered = {key for each in found if each.changes_values or each.rewrites_defaults for key in each.alters}
    parts = [part for each in found for part in _in_steps(each, altered)]
    set_anyway = {key for each in found if "default" in each.changed_fields for key in each.alters}
    rewritten = {key for each in found if each.rewrites_defaults for key in each.alters}
    for key in sorted((key for key in rewritten - set_anyway if key.kind == "column"), key=sort_key):
        old, new = (schema.table(key.table_name) for schema in (before, after))
        column = old.column(key.part) if old is not None else None
        if column is not None and column.default is not None and new is not None and new.column(key.part) == column:
            first = AlterColumn(table=key.table_name, name=key.part, set=(("default", None),), before=column)
            parts += [first, first.inverse()]
    return parts


def _in_steps(operation: Operation, altered: Collection[Key]) -> Iterator[Operation]:
    if not isinstance(operation, AlterColumn) or operation.before is None or operation.before.default is None:
        yield operation
        return
    if operation.changes.get("default") is None or not set(operation.before.type.needs) & set(altered):
        yield operation
        return
    first = replace(operation, set=(("default", None),), options=())
    yield first
    yield replace(operation, before=first.after)


def _texts(part: Operation) -> Iterator[str]:
    if isinstance(part, CreateIndex):
        yield from (each.expression for each in part.index.parts if each.expression)
        yield from (value.text for _, value in part.index.options if isinstance(value, SQL))
    elif isinstance(part, AddConstraint) and isinstance(part.constraint, Check):
        yield part.constraint.sql


def _comes_by_itself(index: Index, table: Table) -> bool:
    """Whether MySQL makes *index* for a foreign key of *table*, under this name and nothing in its place."""
    if not index.implicit:
        return False
    keys = [key for key in table.foreign_keys if key.columns == index.columns]
    others = [each.columns for each in table.constraints if isinstance(each, PrimaryKey | Unique)]
    others += [each.columns for each in table.indexes if each is not index]
    served = any(columns[: len(index.columns)] == index.columns for columns in others)
    return not served and [key.name for key in keys] == [index.name]


def _parts(
    before: tuple[Value, ...],
    after: tuple[Value, ...],
    *,
    drop: Callable[[Value], Operation],
    add: Callable[[Value], Operation],
) -> Iterator[Operation]:
    old, new = set(before), set(after)
    yield from (drop(part) for part in before if part not in new)
    yield from (add(part) for part in after if part not in old)
