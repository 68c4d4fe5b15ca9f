"""A schema: an immutable mapping of keys to objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from schemashift.schema.names import Key, TableName
from schemashift.schema.table import ForeignKey, Table


class Keyed(Protocol):
    """Anything that a schema can contain: a frozen value that knows its key."""

    @property
    def key(self) -> Key:
        """The key of the object in a schema."""


class Schema(Mapping[Key, Keyed]):
    """Tables and other objects by key. Equality and hash depend on the content, not on its order."""

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
        """Return a copy with *things*, which replace objects with the same keys."""
        new = Schema()
        new._objects = {**self._objects, **{thing.key: thing for thing in things}}
        return new

    def drop(self, *keys: Key) -> Schema:
        """Return a copy without *keys*. Raises KeyError if one is missing."""
        new = Schema()
        new._objects = dict(self._objects)
        for key in keys:
            del new._objects[key]
        return new

    def table(self, name: TableName) -> Table | None:
        """Return the table of that name, or None."""
        thing = self._objects.get(Key.of_table(name))
        return thing if isinstance(thing, Table) else None

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, sorted by schema and name."""
        tables = (thing for thing in self._objects.values() if isinstance(thing, Table))
        return tuple(sorted(tables, key=lambda table: (table.schema or "", table.name)))

    def references_to(self, name: TableName) -> tuple[tuple[Table, ForeignKey], ...]:
        """Return the foreign keys of other tables that reference *name*, with these tables."""
        return tuple(
            (table, key)
            for table in self.tables
            for key in table.foreign_keys
            if key.target == name and table.table_name != name
        )
