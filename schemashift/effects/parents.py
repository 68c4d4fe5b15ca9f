"""Rows to point to: what foreign keys need in a table that comes back empty."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from schemashift.effects.values import (
    Accepts,
    as_default,
    checks_of,
    differ,
    fitting,
    is_countable,
    is_empty,
    key_of,
    needs_value,
    one_of,
    spare,
)
from schemashift.operations import AddColumn, AddConstraint, FillTable, Operation
from schemashift.schema import Column, Default, ForeignKey, Schema, Table, TableName


class Parents:
    """The tables that get rows on the way to *target* by *operations*.

    ``fresh`` are those made so far, which have no rows of their own. ``coming`` are the columns that are new, and
    ``settled`` those of them whose values have a row to point to, or are NULL. ``first`` says what a column of a key
    holds to point to the first row that there is.
    """

    def __init__(
        self,
        target: Schema,
        operations: Iterable[Operation],
        *,
        counts: Callable[[Column, Table], bool],
        first: Callable[[ForeignKey, str], Default],
        accepts: Accepts,
    ) -> None:
        self.target = target
        self.counts = counts
        self.first = first
        self.accepts = accepts
        self.keys: dict[TableName, list[tuple[TableName, ForeignKey]]] = {}
        self.coming: set[tuple[TableName, str]] = set()
        self.settled: set[tuple[TableName, str]] = set()
        for each in operations:
            if isinstance(each, AddColumn):
                self.coming.add((each.table, each.column.name))
                if is_empty(each.column):
                    self.settled.add((each.table, each.column.name))
            if isinstance(each, AddConstraint) and isinstance(each.constraint, ForeignKey):
                self.keys.setdefault(each.constraint.target, []).append((each.table, each.constraint))
        self.referenced: dict[TableName, set[str]] = defaultdict(set)
        for key in (key for table in target.tables for key in table.foreign_keys):
            self.referenced[key.target].update(key.target_columns)
        self.fresh: set[TableName] = set()
        self.fed: set[TableName] = set()
        self.begun: set[TableName] = set()

    def of(self, target: TableName) -> Iterator[Operation]:
        """The rows of *target* that rows of other tables will point to and that it has no more.

        For all the keys to come at once: a row that is made for one of them may be one that another asks for. It is
        found by fewer columns than it is made by, not by more.
        """
        keys = self.keys.get(target, [])
        while ready := [pair for pair in keys if pair[0] not in self.fresh or pair[0] in self.fed]:
            pair = max(ready, key=lambda pair: len(pair[1].columns))
            keys.remove(pair)
            yield from self._of(*pair)

    def _of(self, child: TableName, key: ForeignKey) -> Iterator[Operation]:
        settled = any((child, each) in self.settled for each in key.columns)
        if key.target in self.fresh and key.target_columns and not settled:
            yield from self._pointed(key.target, dict(zip(key.target_columns, key.columns, strict=True)), child)

    def _pointed(self, target: TableName, keys: dict[str, str], child: TableName) -> Iterator[Operation]:
        note = f"Rows of {child} point to rows of {target} that are gone: each of these comes back empty."
        yield from self._fill(target, keys, {}, child, note)

    def one(self, table: TableName, columns: tuple[str, ...], children: TableName) -> Iterator[Operation]:
        """A row to point to by *columns*, where *table* has none and *children* has some."""
        there = self.target.table(table)
        if there is None or table not in self.fresh or table in self.fed:
            return
        wanted = self.referenced[table] | set(columns)
        # What is a key of another table, too, is its row's.
        plain = (each for each in there.columns if each.name in wanted and not self._is_foreign(each, there))
        values = {each.name: self._plain(each, there) for each in plain}
        yield from self._fill(table, {}, values, children, f"{table} comes back empty, and gets a row to point to.")

    @staticmethod
    def _is_foreign(column: Column, table: Table) -> bool:
        key = key_of(table, column.name)
        return key is not None and key.target != table.table_name

    def counts_alone(self, column: Column, table: Table) -> bool:
        """Whether the database numbers the rows of *table* by *column* itself."""
        key = table.primary_key
        alone = key is not None and key.columns == (column.name,)
        return alone and self.counts(column, table)

    def _plain(self, column: Column, table: Table) -> Default | None:
        """A value that one row may have; None where none is known."""
        # MySQL takes a zero in a key for the order to count.
        key = column.name in self.referenced[table.table_name] or key_of(table, column.name) is not None
        value = fitting(
            column,
            table,
            self.accepts,
            first=(one_of(column.type.payload) if key else None) or spare(column.type.payload),
        )
        return None if value is None else as_default(value)

    def _takes_numbers(self, column: Column, table: Table) -> bool:
        """Whether numbers are values of *column*, as far as its own CHECKs say of the first."""
        tried = ((check, str(number)) for check in checks_of(column, table) for number in (1, 2, 3))
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
        if table is None or name in self.begun:
            return
        self.fed.add(name)
        self.begun.add(name)
        yield from self._sharing(table, keys, children)
        row = _Row(table, keys, values)
        wanted = [each for each in table.columns if self._is_wanted(each, table) and not row.has(each.name)]
        for column in wanted:
            key = key_of(table, column.name)
            if key is None:
                row.give(column, self._plain(column, table), numbers=self._takes_numbers(column, table))
            elif key.target != name:
                yield from self.one(key.target, key.target_columns, children)
                # In a circle the row that this one will point to comes after it.
                later = key.target in self.begun
                row.values[column.name] = self._plain(column, table) if later else self.first(key, column.name)
        for column in wanted:
            key = key_of(table, column.name)
            if key is not None and key.target == name and not row.has(column.name):
                self._point_to_itself(row, key, column)
        self.begun.discard(name)
        given = tuple(row.values.items())
        note = " ".join((note, *row.doubts))
        yield FillTable(table=name, values=given, children=children, keys=tuple(keys.items()), note=note)

    def _sharing(self, table: Table, keys: dict[str, str], children: TableName) -> Iterator[Operation]:
        """Rows of other tables that have the same key: joined inheritance, an association."""
        for key in table.foreign_keys:
            if key.target in self.fresh and key.target_columns and set(key.columns) <= set(keys):
                theirs = {there: keys[here] for here, there in zip(key.columns, key.target_columns, strict=True)}
                yield from self._pointed(key.target, theirs, children)

    def _is_wanted(self, column: Column, table: Table) -> bool:
        """Whether a row needs a value that the database does not give by itself."""
        referenced = column.name in self.referenced[table.table_name] and is_empty(column)
        counted = key_of(table, column.name) is None and self.counts_alone(column, table)
        return (needs_value(column) or referenced) and not counted

    def _point_to_itself(self, row: _Row, key: ForeignKey, column: Column) -> None:
        theirs = key.target_columns[key.columns.index(column.name)]
        target = row.table.column(theirs)
        if theirs in row.keys:
            row.keys[column.name] = row.keys[theirs]
        elif target is not None:
            if not row.has(theirs):
                value = _constant(target) or self._plain(target, row.table)
                row.give(target, value, numbers=self._takes_numbers(target, row.table))
            row.values[column.name] = row.values.get(theirs)


class _Row:
    """What the rows of a table are given, and where that may not do."""

    def __init__(self, table: Table, keys: dict[str, str], values: Mapping[str, Default | None]) -> None:
        self.table = table
        self.keys = keys
        self.values: dict[str, Default | None] = {name: value for name, value in values.items() if value is not None}
        self.doubts: list[str] = []

    def has(self, column: str) -> bool:
        """Whether *column* has got something."""
        return column in self.keys or column in self.values

    def give(self, column: Column, value: Default | None, *, numbers: bool) -> None:
        """Give each row *value* in *column*, or a number of its own where they must differ; *numbers* will do."""
        different = differ(self.table, column.name)
        if different and numbers:
            self.values[column.name] = None
        elif value is None:
            self.doubts.append(f"Fails: nothing is known that {column.name} could get.")
        else:
            self.values[column.name] = value
            if different and self.keys:
                self.doubts.append(f"Fails for more than one: {column.name} must differ.")


def _constant(column: Column) -> Default | None:
    """The default, where it is the same wherever it is said."""
    default = column.default
    return default if default is not None and re.fullmatch(r"'(?:[^']|'')*'|[-+]?\d+", default.sql) else None
