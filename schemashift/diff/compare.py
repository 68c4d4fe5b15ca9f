"""Say what changes each pair of objects, in an order in which it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol, TypeGuard, TypeVar

from schemashift.diff.cycles import cyclic
from schemashift.diff.dependents import around
from schemashift.diff.match import Pair, Pairs, sort_key
from schemashift.diff.names import name_constraints
from schemashift.diff.order import order
from schemashift.diff.traits import STANDARD, Traits
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
    ObjectOperation,
    Operation,
)
from schemashift.schema import ForeignKey, Index, Key, Keyed, PrimaryKey, Schema, Table, TableName, Unique

Value = TypeVar("Value")


class Kind(Protocol):
    """One kind of object: how it comes, goes and changes."""

    def create(self, thing: Keyed) -> Iterable[Operation]:
        """The operations that make it."""

    def drop(self, thing: Keyed) -> Iterable[Operation]:
        """The operations that take it away."""

    def alter(self, before: Keyed, after: Keyed, old: Schema, new: Schema) -> Iterable[Operation]:
        """The operations that make *after* of *before*, which stand in the schemas *old* and *new*."""


def diff(pairs: Pairs, *, kinds: Mapping[str, Kind] | None = None, traits: Traits = STANDARD) -> tuple[Operation, ...]:
    """The operations that make what is after of what is before, in an order in which they run; the renames first.

    *kinds* are the kinds of objects beside tables, by the kind of their keys. Constraints are compared with their
    names: see `named`. The same pairs give the same operations, whatever order their parts came in. Raises ValueError
    where no order would run.
    """
    tables = _Tables(pairs, traits)
    every: Mapping[str, Kind] = {**(kinds or {}), "table": tables}
    operations = [operation for pair in pairs for operation in _change(every, pair, pairs)]
    operations = _without_clashes(operations, pairs.before, pairs.after)
    operations += around(operations, pairs.before, pairs.after, traits)
    # They come first, and go last on the way back: everything else says the new names.
    return (*pairs.renames, *order(operations))


def _without_clashes(operations: Iterable[Operation], before: Schema, after: Schema) -> list[Operation]:
    """*operations*, a default of a type that changes itself taken away first and set last.

    The old default may be a label that goes, and the new one a label that comes: neither order would do, there or back.
    """
    found = list(operations)
    objects = [each for each in found if isinstance(each, ObjectOperation)]
    altered = {key for each in objects if each.changes_values or each.rewrites_defaults for key in each.alters}
    parts = [part for each in found for part in _in_steps(each, altered)]
    set_anyway = {Key.of_column(each.table, each.name) for each in found if _sets_default(each)}
    rewritten = {key for each in objects if each.rewrites_defaults for key in each.alters}
    for key in sorted((key for key in rewritten - set_anyway if key.kind == "column"), key=sort_key):
        old, new = (schema.table(key.table_name) for schema in (before, after))
        column = old.column(key.part) if old is not None else None
        if column is not None and column.default is not None and new is not None and new.column(key.part) == column:
            first = AlterColumn(table=key.table_name, name=key.part, set=(("default", None),), before=column)
            parts += [first, first.inverse()]
    return parts


def _sets_default(operation: Operation) -> TypeGuard[AlterColumn]:
    return isinstance(operation, AlterColumn) and "default" in dict(operation.set)


def _in_steps(operation: Operation, altered: Collection[Key]) -> Iterator[Operation]:
    if not isinstance(operation, AlterColumn) or operation.before is None or operation.before.default is None:
        yield operation
        return
    changes = dict(operation.set)
    if changes.get("default") is None or not set(operation.before.type.needs) & set(altered):
        yield operation
        return
    first = replace(operation, set=(("default", None),), options=())
    yield first
    yield replace(operation, before=first.after)


def _change(kinds: Mapping[str, Kind], pair: Pair, pairs: Pairs) -> Iterable[Operation]:
    before, after = pair
    if before is None:
        return kinds[after.key.kind].create(after) if after is not None else ()
    kind = kinds[before.key.kind]
    if after is None:
        return kind.drop(before)
    return kind.alter(before, after, pairs.before, pairs.after) if before != after else ()


class _Tables:
    """The kind that everything else stands on."""

    def __init__(self, pairs: Pairs, traits: Traits) -> None:
        before, after = pairs.before, pairs.after
        self.traits = traits
        self.new_cycles = cyclic(table for table in after.tables if before.table(table.table_name) is None)
        self.old_cycles = cyclic(table for table in before.tables if after.table(table.table_name) is None)

    def create(self, thing: Keyed) -> Iterator[Operation]:
        """The table with its indexes, and the foreign keys that have to wait for another table that waits for this."""
        assert isinstance(thing, Table)
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

    def drop(self, thing: Keyed) -> Iterator[Operation]:
        """The way back: keys that are in a circle, then the table with everything else."""
        assert isinstance(thing, Table)
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

    def alter(self, before: Keyed, after: Keyed, old: Schema, new: Schema) -> Iterator[Operation]:
        """Columns, constraints, indexes, and the table's own fields."""
        assert isinstance(before, Table)
        assert isinstance(after, Table)
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
