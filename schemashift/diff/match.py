"""Which object is which: the objects of two schemas in pairs, made once and in one place.

Renames are given here (`Renames`), never guessed; only what the database itself takes for one name (``Id`` and ``id``)
is found. They become operations that come before all others, and everything else says the new names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from schemashift.diff.traits import STANDARD, Traits
from schemashift.operations import Operation, RenameColumn, RenameIndex, RenameTable
from schemashift.schema import Key, Keyed, Schema, Table, TableName

Renames: TypeAlias = Mapping[Key, str]
"""New names, by the keys that the tables, columns and indexes have before."""


class Pair(NamedTuple):
    """One object before and after; None on the side where it is not there."""

    before: Keyed | None
    after: Keyed | None

    @property
    def differs(self) -> bool:
        """Whether there is anything to change. The order of columns and of constraints is nothing to change."""
        if self.before == self.after:
            return False
        if isinstance(self.before, Table) and isinstance(self.after, Table):
            return _content(self.before) != _content(self.after)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Two schemas whose objects are matched by key. *before* is as the *renames*, which come first, leave it."""

    before: Schema
    after: Schema
    renames: tuple[Operation, ...] = ()

    def __iter__(self) -> Iterator[Pair]:
        for key in sorted(self.before.keys() | self.after.keys(), key=sort_key):
            yield Pair(self.before.get(key), self.after.get(key))

    @property
    def tables(self) -> Iterator[tuple[Table, Table]]:
        """The tables of both sides."""
        for new in self.after.tables:
            old = self.before.table(new.table_name)
            if old is not None:
                yield old, new

    @property
    def differing(self) -> tuple[Pair, ...]:
        """The pairs whose sides differ."""
        return tuple(pair for pair in self if pair.differs)

    def put(self, pairs: Iterable[tuple[Keyed | None, Keyed | None]]) -> Pairs:
        """These pairs with *pairs* in place of what had their keys."""
        found = list(pairs)
        return replace(
            self,
            before=self.before.put(*(old for old, _ in found if old is not None)),
            after=self.after.put(*(new for _, new in found if new is not None)),
        )


def match(before: Schema, after: Schema, *, renames: Renames | None = None, traits: Traits = STANDARD) -> Pairs:
    """The objects of *before* and *after* in pairs, by their names once *renames* are done.

    Raises ValueError where a new name is taken, two objects are to swap names, or *before* lacks what is to be renamed.
    """
    operations = list(_given(renames or {}, before, after))
    for operation in operations:
        before = traits.applied(before, operation)
    for operation in list(_respelled_columns(before, after, traits)):
        before = traits.applied(before, operation)
        operations.append(operation)
    return Pairs(before=before, after=after, renames=tuple(operations))


def sort_key(key: Key) -> tuple[str, ...]:
    """By which keys are sorted."""
    return tuple(part or "" for part in key)


def _content(table: Table) -> tuple[object, ...]:
    return (
        {column.name: column for column in table.columns},
        frozenset(table.constraints),
        frozenset(index for index in table.indexes if not index.implicit),
        table.comment,
        table.options,
    )


def _given(renames: Renames, before: Schema, after: Schema) -> Iterator[Operation]:
    """The operations for *renames*: tables, then their columns and indexes under the tables' new names."""
    tables = {key: new for key, new in renames.items() if key.kind == "table"}
    for key, new in _without_clashes(tables, {table.key for table in before.tables}):
        yield RenameTable(old=key.table_name, new=new)
    columns = {key: new for key, new in renames.items() if key.kind == "column"}
    there = {Key.of_column(table.table_name, column.name) for table in before.tables for column in table.columns}
    for key, new in _without_clashes(columns, there):
        yield RenameColumn(table=_now(key.table_name, tables), old=key.part, new=new)
    yield from _index_renames(renames, tables, before, after)


def _index_renames(renames: Renames, tables: Renames, before: Schema, after: Schema) -> Iterator[RenameIndex]:
    """An index's key does not say its table: it is the one that has the old name before, and the new one after."""
    for table in before.tables:
        now = _now(table.table_name, tables)
        wanted = after.table(now)
        for index in table.indexes if wanted is not None else ():
            new = renames.get(Key.of_index(table.table_name, index.name))
            if new is not None and wanted is not None and wanted.index(new) is not None:
                yield RenameIndex(table=now, old=index.name, new=new)


def _now(table: TableName, tables: Renames) -> TableName:
    return TableName(tables.get(Key.of_table(table), table.name), table.schema)


def _without_clashes(renames: Renames, there: set[Key]) -> Iterator[tuple[Key, str]]:
    """*renames* in an order in which each finds its new name free."""
    for key in sorted(renames.keys() - there, key=sort_key):
        raise ValueError(f"there is no {key.kind} {_shown(key)}")
    waiting, taken = dict(sorted(renames.items(), key=lambda each: sort_key(each[0]))), set(there)
    while waiting:
        ready = [(old, new) for old, new in waiting.items() if _called(old, new) not in taken]
        if not ready:
            clashes = ", ".join(f"{_shown(old)} to {new}" for old, new in waiting.items())
            raise ValueError(f"the new name is taken: {clashes}")
        old, new = ready[0]
        yield old, new
        taken = (taken - {old}) | {_called(old, new)}
        del waiting[old]


def _called(key: Key, new: str) -> Key:
    return key._replace(part=new) if key.part else key._replace(name=new)


def _shown(key: Key) -> str:
    return f"{key.table_name}.{key.part}" if key.part else str(key.table_name)


def _respelled_columns(before: Schema, after: Schema, traits: Traits) -> Iterator[RenameColumn]:
    """The columns whose names are written in another way, and are the same to the database: one beside the other is
    more than it takes."""
    for table in after.tables:
        old = before.table(table.table_name)
        names = [column.name for column in table.columns]
        gone = [each.name for each in old.columns if each.name not in names] if old is not None else []
        for name in gone:
            now = next((each for each in names if traits.is_same_name(each, name)), None)
            if now is not None:
                yield RenameColumn(table=table.table_name, old=name, new=now)
