"""What a database holds: a frozen mapping of keys to objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from schemashift.schema.names import Key, TableName
from schemashift.schema.table import ForeignKey, Table


class Keyed(Protocol):
    """Anything a schema can hold: a frozen value that knows its key."""

    @property
    def key(self) -> Key:
        """The key it is kept under."""


class Schema(Mapping[Key, Keyed]):
    """Tables and other objects by key. Equal and hashable by content, whatever order they came in."""

    __slots__ = ("_objects",)

    def __init__(self, objects: Iterable[Keyed] = ()) -> None:
        self._objects: dict[Key, Keyed] = {thing.key: thing for thing in objects}

    def __getitem__(self, key: Key) -> Keyed:
        return self._objects[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def __hash__(self) -> int:
        return hash(frozenset(self._objects.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._objects == other._objects

    def __repr__(self) -> str:
        return f"Schema({list(self._objects.values())!r})"

    def put(self, *things: Keyed) -> Schema:
        """This schema with *things* in it, in place of what had their keys."""
        new = Schema()
        new._objects = {**self._objects, **{thing.key: thing for thing in things}}
        return new

    def drop(self, *keys: Key) -> Schema:
        """This schema without *keys*. KeyError where one is not there."""
        new = Schema()
        new._objects = dict(self._objects)
        for key in keys:
            del new._objects[key]
        return new

    def table(self, name: TableName) -> Table | None:
        """The table of that name, or None."""
        found = self._objects.get(Key.of_table(name))
        return found if isinstance(found, Table) else None

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, sorted by schema and name."""
        found = (thing for thing in self._objects.values() if isinstance(thing, Table))
        return tuple(sorted(found, key=lambda table: (table.schema or "", table.name)))

    def references_to(self, name: TableName) -> tuple[tuple[Table, ForeignKey], ...]:
        """The foreign keys of other tables that point to *name*."""
        return tuple(
            (table, key)
            for table in self.tables
            for key in table.foreign_keys
            if key.target == name and table.table_name != name
        )
