"""Rows that foreign keys need to refer to, in a table that is created again and so is empty."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.effects.values import (
    Accepts,
    acceptable_value,
    as_default,
    checks_of,
    foreign_key_of,
    is_countable,
    is_null_by_default,
    is_unique_member,
    unit_value,
)
from schemashift.operations import InsertMissingRows, Operation
from schemashift.operations.columns import needs_value
from schemashift.operations.facts import CreatesTable, Fact, MayFail
from schemashift.schema import Column, Default, ForeignKey, Schema, Table, TableName


class Parents:
    """The tables that need rows while *operations* lead to *target*.

    ``empty`` are the tables created so far, which have no rows. ``added`` are the new columns, and ``resolved`` those
    of them whose values refer to a row, or are NULL. ``first_value`` returns the value of a column of a key that refers
    to the first row of the target.
    """

    def __init__(
        self,
        target: Schema,
        operations: Iterable[Operation],
        *,
        dialect: Dialect,
        first_value: Callable[[ForeignKey, str], Default],
        accepts: Accepts,
    ) -> None:
        self.target = target
        self.dialect = dialect
        self.first_value = first_value
        self.accepts = accepts
        self.keys: dict[TableName, list[tuple[TableName, ForeignKey]]] = defaultdict(list)
        self.added: set[tuple[TableName, str]] = set()
        self.resolved: set[tuple[TableName, str]] = set()
        for operation in operations:
            self._note_new_column(operation)
            for table, key in foreign_keys_in(operation.effects()):
                self.keys[key.target].append((table, key))
        self.referenced: dict[TableName, set[str]] = defaultdict(set)
        for key in (key for table in target.tables for key in table.foreign_keys):
            self.referenced[key.target].update(key.target_columns)
        self.empty: set[TableName] = set()
        self.filled: set[TableName] = set()
        self.in_progress: set[TableName] = set()

    def _note_new_column(self, operation: Operation) -> None:
        before, column = operation.column_change
        if before is None and column is not None:
            place = (operation.touches[0], column.name)
            self.added.add(place)
            if is_null_by_default(column):
                self.resolved.add(place)

    def follow(self, facts: Iterable[Fact]) -> None:
        """Note the tables that an operation creates."""
        self.empty.update(fact.table for fact in facts if isinstance(fact, CreatesTable))

    def rows_for(self, target: TableName) -> Iterator[Operation]:
        """Yield operations that insert the rows of *target* which rows of other tables will refer to and it has lost.

        All foreign keys that will be added are dealt with at once, since a row inserted for one of them may serve
        another; the keys with the most columns first, since a key with fewer columns finds the row they have inserted.
        """
        keys = self.keys[target]
        while ready := [pair for pair in keys if pair[0] not in self.empty or pair[0] in self.filled]:
            pair = max(ready, key=lambda pair: len(pair[1].columns))
            keys.remove(pair)
            yield from self._rows_for_key(*pair)

    def _rows_for_key(self, child: TableName, key: ForeignKey) -> Iterator[Operation]:
        resolved = any((child, column) in self.resolved for column in key.columns)
        if key.target in self.empty and key.target_columns and not resolved:
            yield from self._row_per_key(key.target, dict(zip(key.target_columns, key.columns, strict=True)), child)

    def _row_per_key(self, target: TableName, keys: dict[str, str], child: TableName) -> Iterator[Operation]:
        note = f"Rows of {child} point to rows of {target} that are gone: each of these comes back empty."
        yield from self._fill(target, keys, {}, child, note)

    def single_row(self, table: TableName, columns: tuple[str, ...], children: TableName) -> Iterator[Operation]:
        """Yield operations that insert a row to refer to by *columns*, if *table* has none and *children* has some."""
        parent = self.target.table(table)
        if parent is None or table not in self.empty or table in self.filled:
            return
        wanted = self.referenced[table] | set(columns)
        # A column that is part of another table's key gets its value from that table's row.
        own = (each for each in parent.columns if each.name in wanted and not self._is_foreign(each, parent))
        values = {each.name: self._value_for_one(each, parent) for each in own}
        yield from self._fill(table, {}, values, children, f"{table} comes back empty, and gets a row to point to.")

    @staticmethod
    def _is_foreign(column: Column, table: Table) -> bool:
        key = foreign_key_of(table, column.name)
        return key is not None and key.target != table.table_name

    def is_autonumbered(self, column: Column, table: Table) -> bool:
        """Whether the database itself numbers the rows of *table* in *column*."""
        key = table.primary_key
        alone = key is not None and key.columns == (column.name,)
        return alone and self.dialect.is_autonumbered(column, table)

    def _value_for_one(self, column: Column, table: Table) -> Default | None:
        """Return a value that a single row may have; None if none is known."""
        type_ = column.type.payload
        # For MySQL, a zero in a key means the next number.
        in_key = column.name in self.referenced[table.table_name] or foreign_key_of(table, column.name) is not None
        first = (unit_value(type_) if in_key else None) or self.dialect.row_zero(type_)
        value = acceptable_value(column, table, self.accepts, first=first)
        return None if value is None else as_default(value)

    def _takes_numbers(self, column: Column, table: Table) -> bool:
        """Whether *column* accepts numbers, as far as its CHECKs on the first three tell."""
        # A column of texts stores a number as text, and that is what its CHECKs see.
        form = "'{}'" if isinstance(column.type.payload, sa.String) else "{}"
        tried = ((check, form.format(number)) for check in checks_of(column, table) for number in (1, 2, 3))
        return is_countable(column.type.payload) and all(self.accepts(check, column, text) for check, text in tried)

    def _fill(
        self,
        name: TableName,
        keys: dict[str, str],
        values: dict[str, Default | None],
        children: TableName,
        note: str,
    ) -> Iterator[Operation]:
        table = self.target.table(name)
        if table is None or name in self.in_progress:
            return
        self.filled.add(name)
        self.in_progress.add(name)
        yield from self._rows_with_same_key(table, keys, children)
        row = _Row(table, keys, values)
        wanted = [each for each in table.columns if self._is_wanted(each, table) and not row.has(each.name)]
        for column in wanted:
            yield from self._give(row, column, children)
        for column in wanted:
            key = foreign_key_of(table, column.name)
            if key is not None and key.target == name and not row.has(column.name):
                self._point_to_itself(row, key, column)
        self.in_progress.discard(name)
        note = " ".join((note, *row.doubts))
        values_given = tuple(row.values.items())
        yield InsertMissingRows(table=name, values=values_given, children=children, keys=tuple(keys.items()), note=note)

    def _give(self, row: _Row, column: Column, children: TableName) -> Iterator[Operation]:
        """Give *row* a value in *column*, unless that refers to the row's own table."""
        table, key = row.table, foreign_key_of(row.table, column.name)
        if key is None:
            row.give(column, self._value_for_one(column, table), numbers=self._takes_numbers(column, table))
        elif key.target != table.table_name:
            yield from self.single_row(key.target, key.target_columns, children)
            # In a cycle, the row that this one will refer to is inserted after it.
            later = key.target in self.in_progress
            value = self._value_for_one(column, table) if later else self.first_value(key, column.name)
            row.values[column.name] = value

    def _rows_with_same_key(self, table: Table, keys: dict[str, str], children: TableName) -> Iterator[Operation]:
        """Yield operations for rows of other tables with the same key: joined inheritance, an association."""
        for key in table.foreign_keys:
            if key.target in self.empty and key.target_columns and set(key.columns) <= set(keys):
                theirs = {there: keys[here] for here, there in zip(key.columns, key.target_columns, strict=True)}
                yield from self._row_per_key(key.target, theirs, children)

    def _is_wanted(self, column: Column, table: Table) -> bool:
        """Whether a row needs a value that the database does not provide automatically."""
        referenced = column.name in self.referenced[table.table_name] and is_null_by_default(column)
        autonumbered = foreign_key_of(table, column.name) is None and self.is_autonumbered(column, table)
        return (needs_value(column) or referenced) and not autonumbered

    def _point_to_itself(self, row: _Row, key: ForeignKey, column: Column) -> None:
        theirs = key.target_columns[key.columns.index(column.name)]
        target = row.table.column(theirs)
        if theirs in row.keys:
            row.keys[column.name] = row.keys[theirs]
        elif target is not None:
            if not row.has(theirs):
                value = _constant(target) or self._value_for_one(target, row.table)
                row.give(target, value, numbers=self._takes_numbers(target, row.table))
            row.values[column.name] = row.values.get(theirs)


class _Row:
    """The values that the rows of a table are given, and doubts whether they will do."""

    def __init__(self, table: Table, keys: dict[str, str], values: Mapping[str, Default | None]) -> None:
        self.table = table
        self.keys = keys
        self.values: dict[str, Default | None] = {name: value for name, value in values.items() if value is not None}
        self.doubts: list[str] = []

    def has(self, column: str) -> bool:
        """Whether *column* has a value."""
        return column in self.keys or column in self.values

    def give(self, column: Column, value: Default | None, *, numbers: bool) -> None:
        """Give each row *value* in *column*, or a different number if values must differ and *numbers* are accepted."""
        different = is_unique_member(self.table, column.name)
        if different and numbers:
            self.values[column.name] = None
        elif value is None:
            self.doubts.append(f"Fails: nothing is known that {column.name} could get.")
        else:
            self.values[column.name] = value
            if different and self.keys:
                self.doubts.append(f"Fails for more than one: {column.name} must differ.")


def _constant(column: Column) -> Default | None:
    """Return the default if it is a constant."""
    default = column.default
    return default if default is not None and re.fullmatch(r"'(?:[^']|'')*'|[-+]?\d+", default.sql) else None


def foreign_keys_in(facts: Iterable[Fact]) -> Iterator[tuple[TableName, ForeignKey]]:
    """Yield the foreign keys that existing rows of a table may violate, each with that table."""
    for fact in facts:
        if isinstance(fact, MayFail) and isinstance(fact.what, ForeignKey) and fact.table is not None:
            yield fact.table, fact.what
