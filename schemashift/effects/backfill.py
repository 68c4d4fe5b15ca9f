"""What the rows that are there get where an operation leaves them without a value, or without a row to point to.

Only an empty table takes a column that is NOT NULL and has no server default. Where the model has a Python default that
is a plain value, the rows get it. On the way back from a dropped column what they had is gone, and any value will do
that the column's own constraints take: a zero of its type, a number where values have to differ, the first row that a
foreign key may point to. A table that comes back comes back empty: rows of others that kept the key of one of its rows
get an empty one with that key. All of it stands in the script, where it can be read and changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from schemashift.effects.parents import Parents
from schemashift.effects.values import (
    Accepts,
    as_default,
    becomes_required,
    declared_value,
    differ,
    differs_alone,
    fitting,
    given,
    is_countable,
    key_of,
    needs_value,
)
from schemashift.operations import AddColumn, AddConstraint, AlterColumn, CreateTable, FillColumn, Operation
from schemashift.schema import Column, Default, ForeignKey, Schema, Table, TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Fills columns on the way to *target*. ``quote`` quotes a name, ``table`` a table's with its schema.

    ``counts`` says whether a column that is the primary key alone is given its numbers by the database.
    """

    target: Schema
    back: bool
    counts: Callable[[Column, Table], bool]
    quote: Callable[[str], str]
    table: Callable[[TableName], str]
    accepts: Accepts

    def filled(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """*operations*, with values for the rows that would have none."""
        found = tuple(operations)
        parents = Parents(self.target, found, counts=self.counts, first=self.first, accepts=self.accepts)
        for operation in found:
            if isinstance(operation, CreateTable):
                parents.fresh.add(operation.table.table_name)
            if isinstance(operation, AddColumn) and needs_value(operation.column):
                yield from self._added(operation, parents)
            elif isinstance(operation, AlterColumn) and becomes_required(operation):
                yield from self._required(operation)
            elif isinstance(operation, AddConstraint) and isinstance(operation.constraint, ForeignKey) and self.back:
                yield from parents.of(operation.constraint.target)
                yield operation
            else:
                yield operation

    # A column that was nullable -----------------------------------------------------------------------------------

    def _required(self, operation: AlterColumn) -> Iterator[Operation]:
        """Rows without a value get the column's default."""
        after = operation.after if operation.before is not None else None
        value = None if after is None or after.identity is not None or after.computed is not None else given(after)
        if value is None:
            yield operation
            return
        fill = FillColumn(table=operation.table, column=operation.name, value=value)
        fill = replace(fill, note=f"Rows of {operation.table} without {operation.name} get its default.")
        changes = dict(operation.set)
        if "type" in changes:
            # The value may be one of the new type alone.
            # ON CONFLICT belongs to NOT NULL.
            late = tuple(pair for pair in operation.set if pair[0] in ("nullable", "options"))
            first = replace(operation, set=tuple(pair for pair in operation.set if pair not in late))
            yield first
            yield fill
            yield replace(operation, set=late, before=first.after, options=())
        else:
            yield fill
            yield operation

    # A new column -------------------------------------------------------------------------------------------------

    def _added(self, operation: AddColumn, parents: Parents) -> Iterator[Operation]:
        table, column = self.target.table(operation.table), operation.column
        if table is not None and parents.counts_alone(column, table):
            yield replace(operation, note=f"The rows that {operation.table} has are numbered.")
            return
        declared = declared_value(column)
        if not self.back and declared is None:
            yield operation
            return
        lost = tuple(self._lost(operation, table, parents)) if declared is None and table is not None else ()
        if lost:
            yield from lost
            return
        value = declared if declared is not None else fitting(column, table, self.accepts)
        if value is None:
            yield operation
            return
        text = (
            f"{_gone(operation)}{value}."
            if self.back
            else f"The rows that {operation.table} has get {value}, its default."
        )
        column = replace(column, default=as_default(value))
        yield replace(operation, column=column, note=text)
        yield AlterColumn(table=operation.table, name=column.name, set=(("default", None),), before=column)

    def _lost(self, operation: AddColumn, table: Table, parents: Parents) -> Iterator[Operation]:
        """A column that comes back, with a value for each row; nothing where one for all of them will do."""
        column, key = operation.column, key_of(table, operation.column.name)
        own = key is not None and key.target == operation.table
        fresh = key is not None and key.target in parents.fresh and not own
        # Beside the columns that a key has kept, each row has a row of its own to point to.
        apart = key is not None and fresh and len(key.columns) > 1
        each = is_countable(column.type.payload) and (apart or differ(table, column.name))
        if each and (key is None or fresh):
            yield from self._each(operation, "a number each.", None)
        elif key is not None and not apart:
            yield from parents.one(key.target, key.target_columns, operation.table)
            parents.settled.add((operation.table, column.name))
            note = f"{'their own key' if own else f'a row of {key.target}'} to point to."
            yield from self._each(operation, note, self._fitting(table, key, column.name, parents))

    @staticmethod
    def _each(operation: AddColumn, note: str, value: Default | None) -> Iterator[Operation]:
        """One for each row, which no default can be."""
        before = replace(operation.column, nullable=True)
        yield replace(operation, column=before, note=_gone(operation) + note)
        yield FillColumn(table=operation.table, column=before.name, value=value)
        yield AlterColumn(table=operation.table, name=before.name, set=(("nullable", False),), before=before)

    def first(self, key: ForeignKey, column: str) -> Default:
        """What *column* of *key* holds to point to the first row that there is."""
        # PostgreSQL has no min() of a UUID.
        targets = dict(zip(key.columns, (f"p.{self.quote(each)}" for each in key.target_columns), strict=True))
        there = " AND ".join(f"{each} IS NOT NULL" for each in targets.values())
        where = f" WHERE {there}" if len(targets) > 1 else ""
        order = ", ".join(targets.values())
        return as_default(
            f"(SELECT {targets[column]} FROM {self.table(key.target)} AS p{where} ORDER BY {order} LIMIT 1)"
        )

    def _fitting(self, table: Table, key: ForeignKey, column: str, parents: Parents) -> Default:
        """What *column* of *table* holds to point to a row by *key*, whose other columns may have kept their values."""
        kept = [each for each in key.columns if (table.table_name, each) not in parents.coming]
        here, name = self.table(table.table_name), self.table(key.target)
        targets = dict(zip(key.columns, map(self.quote, key.target_columns), strict=True))
        target = targets[column]
        if not kept and name == here:
            return as_default(target)
        if not kept and differs_alone(table, column) and (places := self._places(table, column)):
            numbered = f"SELECT p.{target} AS v, row_number() OVER (ORDER BY p.{target}) AS n FROM {name} AS p"
            return as_default(f"(SELECT q.v FROM ({numbered}) AS q WHERE q.n = {places})")
        if not kept:
            return self.first(key, column)
        # MySQL reads from the table that it updates only what stands in parentheses of its own.
        source = f"(SELECT * FROM {name})" if name == here else name
        # The other columns of the key say which row it is.
        where = " AND ".join(f"p.{targets[each]} = {here}.{self.quote(each)}" for each in kept)
        return as_default(f"(SELECT p.{target} FROM {source} AS p WHERE {where} ORDER BY p.{target} LIMIT 1)")

    def _places(self, table: Table, column: str) -> str:
        """Which row of *table* one is, counted by its primary key; empty where that cannot be said."""
        key = table.primary_key
        if key is None or len(key.columns) != 1 or key.columns == (column,):
            return ""
        place, here = self.quote(key.columns[0]), self.table(table.table_name)
        return f"(SELECT count(*) FROM (SELECT * FROM {here}) AS o WHERE o.{place} <= {here}.{place})"


def _gone(operation: AddColumn) -> str:
    return f"What {operation.column.name} held is gone: the rows that {operation.table} has get "
