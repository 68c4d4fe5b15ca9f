"""Pair the objects of two schemas, once and in one place.

Renames are passed in (`Renames`), never guessed; only names that the database itself considers equal (``Id`` and
``id``) are detected. They become operations that run before all others, which then use the new names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from schemashift.diff.traits import STANDARD, Traits
from schemashift.operations import Operation, RenameColumn, RenameIndex, RenameTable
from schemashift.schema import Key, Keyed, Schema, Table, TableName

Renames: TypeAlias = Mapping[Key, str]
"""The new names of tables, columns and indexes, by their keys before the change."""


class Pair(NamedTuple):
    """One object before and after; None on the side where it does not exist."""

    before: Keyed | None
    after: Keyed | None

    @property
    def differs(self) -> bool:
        """Return True if there is something to change. The order of columns and constraints does not count."""
        if self.before == self.after:
            return False
        if isinstance(self.before, Table) and isinstance(self.after, Table):
            return _content(self.before) != _content(self.after)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Two schemas whose objects are matched by key. *before* has the *renames*, which run first, applied already."""

    before: Schema
    after: Schema
    renames: tuple[Operation, ...] = ()

    def __iter__(self) -> Iterator[Pair]:
        for key in sorted(self.before.keys() | self.after.keys(), key=sort_key):
            yield Pair(self.before.get(key), self.after.get(key))

    @property
    def tables(self) -> Iterator[tuple[Table, Table]]:
        """The tables that both sides have."""
        for new in self.after.tables:
            old = self.before.table(new.table_name)
            if old is not None:
                yield old, new

    @property
    def differing(self) -> tuple[Pair, ...]:
        """The pairs whose sides differ."""
        return tuple(pair for pair in self if pair.differs)

    def put(self, pairs: Iterable[tuple[Keyed | None, Keyed | None]]) -> Pairs:
        """Return a copy in which *pairs* replace the objects that have the same keys."""
        replacements = list(pairs)
        return replace(
            self,
            before=self.before.put(*(old for old, _ in replacements if old is not None)),
            after=self.after.put(*(new for _, new in replacements if new is not None)),
        )


def match(before: Schema, after: Schema, *, renames: Renames | None = None, traits: Traits = STANDARD) -> Pairs:
    """Pair the objects of *before* and *after* by name, after applying *renames* to *before*.

    Raises ValueError if a new name is taken, two objects would swap names, *before* has no object to rename, or *after*
    has none with the new name: the renamed object would be dropped.
    """
    operations = list(_rename_operations(renames or {}, before, after))
    for operation in operations:
        before = traits.applied(before, operation)
    for respelled in (_respelled_tables, _respelled_columns, _respelled_indexes):
        for operation in list(respelled(before, after, traits)):
            before = traits.applied(before, operation)
            operations.append(operation)
    return Pairs(before=before, after=after, renames=tuple(operations))


def sort_key(key: Key) -> tuple[str, ...]:
    """The sort key for keys, some of whose parts may be None."""
    return tuple(part or "" for part in key)


def _content(table: Table) -> tuple[object, ...]:
    return (
        {column.name: column for column in table.columns},
        frozenset(table.constraints),
        frozenset(index for index in table.indexes if not index.implicit),
        table.comment,
        table.options,
    )


def _rename_operations(renames: Renames, before: Schema, after: Schema) -> Iterator[Operation]:
    """Return the operations for *renames*: tables, then their columns and indexes under the tables' new names."""
    tables = {key: new for key, new in renames.items() if key.kind == "table"}
    for key, new in _in_free_order(tables, {table.key for table in before.tables}):
        _require(after.table(_renamed_table(key.table_name, tables)), _renamed_key(key, new))
        yield RenameTable(old=key.table_name, new=new)
    columns = {key: new for key, new in renames.items() if key.kind == "column"}
    existing = {Key.of_column(table.table_name, column.name) for table in before.tables for column in table.columns}
    for key, new in _in_free_order(columns, existing):
        table = _renamed_table(key.table_name, tables)
        new_table = after.table(table)
        _require(new_table and new_table.column(new), Key.of_column(table, new))
        yield RenameColumn(table=table, old=key.part, new=new)
    indexes = {key: new for key, new in renames.items() if key.kind == "index"}
    yield from _index_renames(indexes, tables, before, after)


def _require(renamed: object, key: Key) -> None:
    """Raise ValueError if the new schema has no object *renamed*, which would have *key*."""
    if renamed is None:
        raise ValueError(f"the new schema has no {key.kind} {_display_name(key)}")


def _index_renames(renames: Renames, tables: Renames, before: Schema, after: Schema) -> Iterator[RenameIndex]:
    """Return the operations for indexes. An index's key does not contain its table, so the table is the one that has
    the old name before and the new one after."""
    owners: dict[Key, list[Table]] = {}
    for table in before.tables:
        for index in table.indexes:
            owners.setdefault(Key.of_index(table.table_name, index.name), []).append(table)
    for key, new in sorted(renames.items(), key=lambda each: sort_key(each[0])):
        if key not in owners:
            raise ValueError(f"there is no index {_display_name(key)}")
        names = (_renamed_table(table.table_name, tables) for table in owners[key])
        renamed = [name for name in names if (new_table := after.table(name)) and new_table.index(new)]
        _require(renamed or None, _renamed_key(key, new))
        for name in renamed:
            yield RenameIndex(table=name, old=key.part, new=new)


def _renamed_table(table: TableName, tables: Renames) -> TableName:
    return TableName(tables.get(Key.of_table(table), table.name), table.schema)


def _in_free_order(renames: Renames, existing: set[Key]) -> Iterator[tuple[Key, str]]:
    """Yield *renames* in an order in which each new name is free when its turn comes."""
    for key in sorted(renames.keys() - existing, key=sort_key):
        raise ValueError(f"there is no {key.kind} {_display_name(key)}")
    waiting, taken = dict(sorted(renames.items(), key=lambda each: sort_key(each[0]))), set(existing)
    while waiting:
        ready = [(old, new) for old, new in waiting.items() if _renamed_key(old, new) not in taken]
        if not ready:
            clashes = ", ".join(f"{_display_name(old)} to {new}" for old, new in waiting.items())
            raise ValueError(f"the new name is taken: {clashes}")
        old, new = ready[0]
        yield old, new
        taken = (taken - {old}) | {_renamed_key(old, new)}
        del waiting[old]


def _renamed_key(key: Key, new: str) -> Key:
    return key._replace(part=new) if key.part else key._replace(name=new)


def _display_name(key: Key) -> str:
    if not key.name:  # of an index, whose key does not contain its table
        return str(TableName(key.part, key.schema))
    return f"{key.table_name}.{key.part}" if key.part else str(key.table_name)


def _respelled_tables(before: Schema, after: Schema, traits: Traits) -> Iterator[RenameTable]:
    """Return renames for the tables whose new spelling the database considers equal to the old one."""
    missing = [table for table in before.tables if table.key not in after]
    for table in after.tables:
        if table.key in before:
            continue
        old = (each for each in missing if each.schema == table.schema and traits.is_same_table(each.name, table.name))
        for each in old:
            yield RenameTable(old=each.table_name, new=table.name)
            break


def _respelled_indexes(before: Schema, after: Schema, traits: Traits) -> Iterator[RenameIndex]:
    """Return renames for the indexes whose new spelling the database considers equal to the old one."""
    for table in after.tables:
        old = before.table(table.table_name)
        names = {index.name for index in table.indexes}
        for index in old.indexes if old is not None else ():
            new_name = next((each for each in sorted(names) if traits.is_same_name(each, index.name)), None)
            if new_name is not None and index.name not in names and not index.implicit:
                yield RenameIndex(table=table.table_name, old=index.name, new=new_name)


def _respelled_columns(before: Schema, after: Schema, traits: Traits) -> Iterator[RenameColumn]:
    """Return renames for the columns whose new spelling the database considers equal to the old one.

    It would not accept both columns in one table, so they cannot be an added and a dropped column.
    """
    for table in after.tables:
        old = before.table(table.table_name)
        names = [column.name for column in table.columns]
        missing = [each.name for each in old.columns if each.name not in names] if old is not None else []
        for name in missing:
            new_name = next((each for each in names if traits.is_same_name(each, name)), None)
            if new_name is not None:
                yield RenameColumn(table=table.table_name, old=name, new=new_name)
