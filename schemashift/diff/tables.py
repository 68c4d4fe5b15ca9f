"""Tables as a kind of object. Their SQL is in the dialects, their source text in ``render``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
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
    AlterConstraint,
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
    Constraint,
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
"""The namespace of a schema's tables, indexes, sequences, views and types: a table also creates a type of its name."""

Value = TypeVar("Value")


class Tables:
    """The kind of tables, for two schemas: both decide which foreign keys are added separately."""

    name = "table"
    name_parameters: ClassVar = {"create_table": "table_name", "rename_table": "new_table_name"}
    """See `schemashift.objects.Kind`."""

    def __init__(self, before: Schema, after: Schema, traits: Traits) -> None:
        self.traits = traits
        self.new_cycles = cyclic(table for table in after.tables if before.table(table.table_name) is None)
        self.old_cycles = cyclic(table for table in before.tables if after.table(table.table_name) is None)

    def create(self, thing: Table) -> Iterator[Operation]:
        """Return operations for the table with its indexes, then for each foreign key that is part of a cycle."""
        deferred = self._deferred(thing, self.new_cycles)
        inline = tuple(constraint for constraint in thing.constraints if constraint not in deferred)
        explicit = tuple(index for index in thing.indexes if not index.implicit)
        yield CreateTable(table=replace(thing, constraints=inline, indexes=explicit))
        # The database derives a name from the existing ones: first those of CREATE TABLE, then these one by one.
        bare = replace(thing, constraints=(), indexes=explicit)
        created = name_constraints(bare, replace(thing, constraints=inline), self.traits)
        for key in deferred:
            named = replace(key, name=key.name or self.traits.default_name(created, key))
            created = replace(created, constraints=(*created.constraints, named))
            yield AddConstraint(table=thing.table_name, constraint=named)

    def drop(self, thing: Table) -> Iterator[Operation]:
        """Return operations for the foreign keys that are part of a cycle, then for the table with everything else."""
        deferred = self._deferred(thing, self.old_cycles)
        for key in deferred:
            yield AddConstraint(table=thing.table_name, constraint=key).inverse()
        inline = tuple(constraint for constraint in thing.constraints if constraint not in deferred)
        remaining = replace(thing, constraints=inline)
        explicit = tuple(index for index in thing.indexes if not _is_created_implicitly(index, remaining))
        yield DropTable(name=thing.table_name, table=replace(remaining, indexes=explicit))

    @staticmethod
    def _deferred(table: Table, cycles: frozenset[tuple[TableName, TableName]]) -> tuple[ForeignKey, ...]:
        return tuple(key for key in table.foreign_keys if (table.table_name, key.target) in cycles)

    def alter(self, before: Table, after: Table, old: Schema, new: Schema) -> Iterator[Operation]:
        """Return operations for the columns, the constraints, the indexes, and the table's comment and options."""
        del old, new
        name = before.table_name
        yield from self._columns(before, after)
        altered = self._altered(before, after)
        yield from (AlterConstraint.between(name, old, new) for old, _, new in altered if old != new)
        yield from _part_changes(
            tuple(c for c in before.constraints if c not in [old for old, _, _ in altered]),
            tuple(c for c in after.constraints if c not in [wanted for _, wanted, _ in altered]),
            drop=lambda c: AddConstraint(table=name, constraint=c).inverse(),
            add=lambda c: AddConstraint(table=name, constraint=c),
        )
        yield from _part_changes(
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

    def _altered(self, before: Table, after: Table) -> list[tuple[Constraint, Constraint, Constraint]]:
        """Return the constraints that are altered in place, each with what is wanted and with what it becomes."""
        old = [constraint for constraint in before.constraints if constraint not in after.constraints]
        found = []
        for wanted in (constraint for constraint in after.constraints if constraint not in before.constraints):
            for constraint in (each for each in old if each.name == wanted.name):
                result = self.traits.altered_in_place(constraint, wanted)
                if result is not None:
                    old.remove(constraint)
                    found.append((constraint, wanted, result))
                    break
        return found

    def claims(self, key: Key) -> Key:
        """Return the name that *key* occupies: tables and indexes share a namespace, columns and constraints do not."""
        if key.kind in ("table", "index"):
            return Key(RELATION, key.schema, key.part or key.name)
        return key

    def rebuildable(self, before: Table, after: Table) -> Iterator[AddConstraint | CreateIndex | AddColumn]:
        """Return operations for the constraints that stay, indexes and generated columns."""
        name = before.table_name
        constraints, indexes = set(before.constraints), set(before.indexes)
        unchanged = [constraint for constraint in after.constraints if constraint in constraints]
        # One that is altered in place is created again as it was, and altered afterwards.
        for constraint in (*unchanged, *(old for old, _, _ in self._altered(before, after))):
            yield AddConstraint(table=name, constraint=constraint)
        for index in after.indexes:
            if index in indexes and not index.implicit:
                yield CreateIndex(table=name, index=index)
        for column in after.columns:
            if column.computed is not None and before.column(column.name) == column:
                yield AddColumn(table=name, column=column)

    def keeps(self, part: Operation, before: Column, after: Column, traits: Traits) -> bool:
        """Return True if the database can keep such a part while the column changes."""
        if isinstance(part, AddConstraint) and isinstance(part.constraint, ForeignKey):
            return traits.keeps_foreign_key(before, after)
        if isinstance(part, AddColumn):
            return traits.keeps_generated(before, after)
        return all(traits.keeps_expression(before, after, text) for text in _expressions(part))

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


def with_split_defaults(operations: Sequence[Operation], before: Schema, after: Schema) -> list[Operation]:
    """Return *operations*, where a default whose type changes too is dropped before that change and set after it.

    The old default may be a label that is removed, and the new one a label that is added: neither order would work,
    in the upgrade or in the downgrade.
    """
    altered = {key for each in operations if each.changes_values or each.rewrites_defaults for key in each.alters}
    parts = [part for each in operations for part in _split(each, altered)]
    set_anyway = {key for each in operations if "default" in each.changed_fields for key in each.alters}
    rewritten = {key for each in operations if each.rewrites_defaults for key in each.alters}
    for key in sorted((key for key in rewritten - set_anyway if key.kind == "column"), key=sort_key):
        old, new = (schema.table(key.table_name) for schema in (before, after))
        column = old.column(key.part) if old is not None else None
        if column is not None and column.default is not None and new is not None and new.column(key.part) == column:
            first = AlterColumn(table=key.table_name, name=key.part, set=(("default", None),), before=column)
            parts += [first, first.inverse()]
    return parts


def _split(operation: Operation, altered: Collection[Key]) -> Iterator[Operation]:
    if not isinstance(operation, AlterColumn) or operation.before is None or operation.before.default is None:
        yield operation
        return
    if operation.changes.get("default") is None or not set(operation.before.type.needs) & set(altered):
        yield operation
        return
    first = replace(operation, set=(("default", None),), options=())
    yield first
    yield replace(operation, before=first.after)


def _expressions(part: Operation) -> Iterator[str]:
    if isinstance(part, CreateIndex):
        yield from (each.expression for each in part.index.parts if each.expression)
        yield from (value.text for _, value in part.index.options if isinstance(value, SQL))
    elif isinstance(part, AddConstraint) and isinstance(part.constraint, Check):
        yield part.constraint.sql


def _is_created_implicitly(index: Index, table: Table) -> bool:
    """Return True if MySQL creates *index*, under this name, for a foreign key of *table* without being asked to."""
    if not index.implicit:
        return False
    keys = [key for key in table.foreign_keys if key.columns == index.columns]
    others = [each.columns for each in table.constraints if isinstance(each, PrimaryKey | Unique)]
    others += [each.columns for each in table.indexes if each is not index]
    is_covered = any(columns[: len(index.columns)] == index.columns for columns in others)
    return not is_covered and [key.name for key in keys] == [index.name]


def _part_changes(
    before: tuple[Value, ...],
    after: tuple[Value, ...],
    *,
    drop: Callable[[Value], Operation],
    add: Callable[[Value], Operation],
) -> Iterator[Operation]:
    old, new = set(before), set(after)
    yield from (drop(part) for part in before if part not in new)
    yield from (add(part) for part in after if part not in old)
