"""Values for the rows that an operation would leave without a required value, or without a row to refer to.

A column that is NOT NULL and has no server default can only be added to an empty table. If the model has a Python
default that is a plain value, the rows are given that. When a downgrade adds a dropped column again, its values are
lost, and any value will do that its constraints accept: a zero of its type, a number where values must differ, the
first row that a foreign key can refer to. A table that a downgrade creates again is empty: if rows of other tables
still hold the key of one of its rows, an otherwise empty row with that key is inserted. All of this is written to the
script, where it can be read and changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from schemashift.dialects import Dialect
from schemashift.effects.notes import Note
from schemashift.effects.parents import Parents, foreign_keys_in
from schemashift.effects.values import (
    Accepts,
    acceptable_value,
    as_default,
    declared_default,
    declared_value,
    foreign_key_of,
    is_countable,
    is_unique_alone,
    is_unique_member,
    row_default,
)
from schemashift.operations import AddColumn, AlterColumn, Backfill, BackfillNumbers, Operation
from schemashift.operations.facts import Facts, MayFail, NeedsValue, Why
from schemashift.schema import Default, ForeignKey, Schema, Table, TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class RowValues:
    """Adds values for rows to the operations that lead to *target*.

    *back* is True for a downgrade, whose rows may have lost their values. *accepts* tells whether a CHECK accepts a
    value.
    """

    target: Schema
    back: bool
    dialect: Dialect
    accepts: Accepts

    def added_to(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """Yield *operations*, with values for the rows that would have none.

        Columns of one table that are added or changed in a row are all filled at once, so that SQLite copies the table
        once.
        """
        run = _Run()
        for operation, with_values in self._each(tuple(operations)):
            yield from run.next(operation, with_values)
        yield from run.end()

    def _each(self, given: Sequence[Operation]) -> Iterator[tuple[Operation, list[Operation]]]:
        """Yield each operation, and the operations in its place."""
        parents = Parents(self.target, given, dialect=self.dialect, first_value=self.first_value, accepts=self.accepts)
        for operation in given:
            facts = self.dialect.effects(operation)
            parents.follow(facts)
            rows = (parents.rows_for(key.target) for _, key in foreign_keys_in(facts)) if self.back else ()
            inserted = [each for several in rows for each in several]
            yield operation, [*inserted, *self._with_values(operation, facts, parents)]

    def _with_values(self, operation: Operation, facts: Facts, parents: Parents) -> Iterator[Operation]:
        if isinstance(operation, AddColumn) and any(isinstance(fact, NeedsValue) for fact in facts):
            yield from self._add_required(operation, parents)
        elif isinstance(operation, AlterColumn) and any(_is_null_under(fact, operation.name) for fact in facts):
            yield from self._require(operation)
        else:
            yield operation

    # A column that was nullable -----------------------------------------------------------------------------------

    def _require(self, operation: AlterColumn) -> Iterator[Operation]:
        """Set NULLs to the column's default before it becomes NOT NULL."""
        after = operation.after if operation.before is not None else None
        value = (
            None
            if after is None or after.identity is not None or after.computed is not None
            else row_default(after, self.dialect)
        )
        if value is None:
            yield operation
            return
        one = f"Rows of {operation.table} without ", " get its default."
        many = one[0], " get the defaults."
        note = Note(one, many, (operation.name, operation.name))
        fill = Backfill(table=operation.table, column=operation.name, value=value, note=note)
        if operation.changes.keys().isdisjoint(("type", "computed")):
            yield fill
            yield operation
            return
        # The value may be one of the new type alone, and a generated column accepts none.
        # ON CONFLICT belongs to NOT NULL.
        late = tuple(pair for pair in operation.set if pair[0] in ("nullable", "options"))
        first = replace(operation, set=tuple(pair for pair in operation.set if pair not in late))
        yield first
        yield fill
        yield replace(operation, set=late, before=first.after, options=())

    # A new column -------------------------------------------------------------------------------------------------

    def _add_required(self, operation: AddColumn, parents: Parents) -> Iterator[Operation]:
        """Add a column that is NOT NULL, with values for the existing rows."""
        table, column = self.target.table(operation.table), operation.column
        if table is not None and parents.is_autonumbered(column, table):
            yield replace(operation, note=f"The rows that {operation.table} has are numbered.")
            return
        declared = declared_value(column, self.dialect.sa)
        expression = declared_default(column, self.dialect.sa) if declared is None else None
        if declared is not None:
            yield from self._add_with_default(operation, declared)
        elif expression is not None:
            yield from self._add_with_expression(operation, expression)
        elif not self.back:
            yield operation
        else:
            yield from self._restore(operation, table, parents)

    def _add_with_default(self, operation: AddColumn, value: str) -> Iterator[Operation]:
        """Add a column with a default that is dropped as soon as the existing rows have it."""
        column = replace(operation.column, default=as_default(value))
        yield replace(operation, column=column, note=self._given(operation, value))
        yield AlterColumn(table=operation.table, name=column.name, set=(("default", None),), before=column)

    def _given(self, operation: AddColumn, value: str) -> str:
        """Return the comment on a column whose rows get *value*."""
        if self.back:
            return _gone(operation, f"{value}.")
        head, subject = f"The rows that {operation.table} has get ", f"{operation.column.name} = {value}"
        return Note((head, ", its default."), (head, ", the defaults."), (value, subject))

    def _add_with_expression(self, operation: AddColumn, value: Default) -> Iterator[Operation]:
        """Add a column as nullable, fill it with what not every database accepts as a default, and require it."""
        note = self._given(operation, value.sql)
        yield from self._fill_each_row(replace(operation, note=note), value)

    def _restore(self, operation: AddColumn, table: Table | None, parents: Parents) -> Iterator[Operation]:
        """Add a column again that was dropped, so that its values are lost."""
        differing = tuple(self._restore_differing(operation, table, parents)) if table is not None else ()
        if differing:
            yield from differing
            return
        value = acceptable_value(operation.column, table, self.accepts)
        if value is None:
            yield operation
        else:
            yield from self._add_with_default(operation, value)

    def _restore_differing(self, operation: AddColumn, table: Table, parents: Parents) -> Iterator[Operation]:
        """Add it with a different value for each row; yield nothing if one value for all rows will do."""
        column, key = operation.column, foreign_key_of(table, operation.column.name)
        to_itself = key is not None and key.target == operation.table
        to_empty = key is not None and key.target in parents.empty and not to_itself
        # Together with the columns that a key has kept, each row refers to a different row.
        apart = key is not None and to_empty and len(key.columns) > 1
        numbered = is_countable(column.type.payload) and (apart or is_unique_member(table, column.name))
        if numbered and (key is None or to_empty):
            yield from self._fill_each_row(replace(operation, note=_gone(operation, "a number each.")), None)
        elif key is not None and not apart:
            yield from parents.single_row(key.target, key.target_columns, operation.table)
            parents.resolved.add((operation.table, column.name))
            note = _gone(operation, f"{'their own key' if to_itself else f'a row of {key.target}'} to point to.")
            value = self._target_value(table, key, column.name, parents)
            yield from self._fill_each_row(replace(operation, note=note), value)

    @staticmethod
    def _fill_each_row(operation: AddColumn, value: Default | None) -> Iterator[Operation]:
        """Add a column as nullable, fill it row by row, which no default can do, and then make it NOT NULL."""
        before = replace(operation.column, nullable=True)
        yield replace(operation, column=before)
        if value is None:
            yield BackfillNumbers(table=operation.table, column=before.name)
        else:
            yield Backfill(table=operation.table, column=before.name, value=value)
        yield AlterColumn(table=operation.table, name=before.name, set=(("nullable", False),), before=before)

    # SQL ----------------------------------------------------------------------------------------------------------

    def first_value(self, key: ForeignKey, column: str) -> Default:
        """Return the value of *column* of *key* that refers to the first row of the target."""
        # PostgreSQL has no min() of a UUID.
        targets = dict(zip(key.columns, (f"p.{self._quote(name)}" for name in key.target_columns), strict=True))
        not_null = " AND ".join(f"{target} IS NOT NULL" for target in targets.values())
        where = f" WHERE {not_null}" if len(targets) > 1 else ""
        order = ", ".join(targets.values())
        return as_default(
            f"(SELECT {targets[column]} FROM {self._name(key.target)} AS p{where} ORDER BY {order} LIMIT 1)"
        )

    def _target_value(self, table: Table, key: ForeignKey, column: str, parents: Parents) -> Default:
        """Return the value of *column* of *table* that refers to a row by *key*; its other columns may have kept
        theirs."""
        kept = [name for name in key.columns if (table.table_name, name) not in parents.added]
        own, other = self._name(table.table_name), self._name(key.target)
        targets = dict(zip(key.columns, map(self._quote, key.target_columns), strict=True))
        target = targets[column]
        if not kept and other == own:
            return as_default(target)
        if not kept and is_unique_alone(table, column) and (position := self._position_of_row(table, column)):
            numbered = f"SELECT p.{target} AS v, row_number() OVER (ORDER BY p.{target}) AS n FROM {other} AS p"
            return as_default(f"(SELECT q.v FROM ({numbered}) AS q WHERE q.n = {position})")
        if not kept:
            return self.first_value(key, column)
        # MySQL reads from the table that it updates only in a parenthesised subquery.
        source = f"(SELECT * FROM {other})" if other == own else other
        # The other columns of the key say which row it is.
        where = " AND ".join(f"p.{targets[name]} = {own}.{self._quote(name)}" for name in kept)
        return as_default(f"(SELECT p.{target} FROM {source} AS p WHERE {where} ORDER BY p.{target} LIMIT 1)")

    def _position_of_row(self, table: Table, column: str) -> str:
        """Return SQL for the position of a row of *table* by its primary key; empty if it has no such key."""
        key = table.primary_key
        if key is None or len(key.columns) != 1 or key.columns == (column,):
            return ""
        part, own = self._quote(key.columns[0]), self._name(table.table_name)
        return f"(SELECT count(*) FROM (SELECT * FROM {own}) AS o WHERE o.{part} <= {own}.{part})"

    def _quote(self, name: str) -> str:
        return self.dialect.ddl.quote(name)

    def _name(self, table: TableName) -> str:
        return self.dialect.ddl.table(table)


class _Run:
    """Operations in a row that add columns to one table, or alter columns of one table.

    The columns are added first, then filled, then changed.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._fills: list[Operation] = []
        self._changes: list[Operation] = []

    def next(self, operation: Operation, with_values: list[Operation]) -> Iterator[Operation]:
        """Yield what comes before the next operation, and those in its place that need not wait."""
        key = (type(operation), operation.table) if isinstance(operation, AddColumn | AlterColumn) else None
        if key is None or key != self._key:
            yield from self.end()
        self._key = key
        if key is None:
            yield from with_values
        for each in with_values if key is not None else ():
            # A fill that is not the first waits for the change before it.
            if isinstance(each, Backfill | BackfillNumbers) and (
                type(operation) is AddColumn or each is with_values[0]
            ):
                self._fills.append(each)
            elif isinstance(each, AlterColumn | Backfill | BackfillNumbers):
                self._changes.append(each)
            else:
                yield each

    def end(self) -> Iterator[Operation]:
        """Yield what waits."""
        yield from self._fills
        yield from self._changes
        self._key, self._fills, self._changes = None, [], []


def _is_null_under(fact: object, column: str) -> bool:
    """Whether a fact says that *column* may hold NULLs that it does not accept any more."""
    return isinstance(fact, MayFail) and fact.why is Why.NULL and fact.what == column


def _gone(operation: AddColumn, given: str) -> str:
    name = operation.column.name
    sentence = "What ", f" held is gone: the rows that {operation.table} has get {given}"
    return Note(sentence, sentence, (name, name))
