"""Rows to point to: what foreign keys need in a table that comes back empty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from schemashift.operations import AddColumn, AddConstraint, FillTable, Operation
from schemashift.schema import Column, Default, ForeignKey, Schema, Table, TableName

from .values import Accepts, as_default, differ, fitting, is_countable, is_empty, key_of, needs_value


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
        if not key.target_columns or any((child, each) in self.settled for each in key.columns):
            return
        ends = [(child, each) for each in key.columns] + [(key.target, each) for each in key.target_columns]
        # Of several columns some may have been kept: a row with these is there already, and there cannot be another.
        lost = len(key.columns) == 1 and any(end in self.coming for end in ends)
        if lost or key.target in self.fresh:
            note = f"Rows of {child} point to rows of {key.target} that are gone: each of these comes back empty."
            pairs = dict(zip(key.target_columns, key.columns, strict=True))
            yield from self._fill(key.target, pairs, {}, child, note)

    def one(self, table: TableName, columns: tuple[str, ...], children: TableName) -> Iterator[Operation]:
        """A row to point to by *columns*, where *table* has none and *children* has some."""
        if table in self.fresh and table not in self.fed and (there := self.target.table(table)) is not None:
            wanted = self.referenced[table] | set(columns)
            values = {each.name: self._plain(each, there) for each in there.columns if each.name in wanted}
            yield from self._fill(table, {}, values, children, f"{table} comes back empty, and gets a row to point to.")

    def counts_alone(self, column: Column, table: Table) -> bool:
        """Whether the database numbers the rows of *table* by *column* itself."""
        key = table.primary_key
        alone = key is not None and key.columns == (column.name,)
        return alone and self.counts(column, table)

    def _plain(self, column: Column, table: Table) -> Default | None:
        # MySQL takes a zero in a key for the order to count.
        key = column.name in self.referenced[table.table_name] or key_of(table, column.name) is not None
        value = fitting(column, table, self.accepts, first="1" if key and is_countable(column.type.payload) else None)
        return None if value is None else as_default(value)

    def _value(self, column: Column, table: Table) -> Default | None:
        """What a row without a meaning has in *column*; None for a number."""
        different = differ(table, column.name) and is_countable(column.type.payload)
        return None if different else self._plain(column, table)

    def _fill(
        self,
        name: TableName,
        keys: dict[str, str],
        values: dict[str, Default | None],
        children: TableName,
        note: str,
    ) -> Iterator[Operation]:
        table = self.target.table(name)
        if table is None:
            return
        self.fed.add(name)
        self.begun.add(name)
        own: list[tuple[str, str]] = []
        for column in table.columns:
            if column.name in keys or column.name in values:
                continue
            wanted = needs_value(column) or (column.name in self.referenced[name] and is_empty(column))
            if not wanted or self.counts_alone(column, table):
                continue
            key = key_of(table, column.name)
            if key is None:
                values[column.name] = self._value(column, table)
                continue
            theirs = key.target_columns[key.columns.index(column.name)]
            if key.target == name and theirs != column.name:
                own.append((column.name, theirs))
            elif key.target == name:
                values[column.name] = self._value(column, table)
            else:
                yield from self.one(key.target, key.target_columns, children)
                # In a circle the row that this one will point to comes after it.
                later = key.target in self.begun
                values[column.name] = self._plain(column, table) if later else self.first(key, column.name)
        for mine, theirs in own:
            # The row points to itself.
            if theirs in keys:
                keys[mine] = keys[theirs]
            elif (target := table.column(theirs)) is not None:
                values[mine] = values.setdefault(theirs, target.default or self._value(target, table))
        self.begun.discard(name)
        yield FillTable(
            table=name, values=tuple(values.items()), children=children, keys=tuple(keys.items()), note=note
        )
