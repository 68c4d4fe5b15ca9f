"""What a kind of object is: the contract that the comparison, the dialects and ``op`` go by.

A new kind is one file with a subclass of `Kind`, its value and its operations, and its line in `objects.KINDS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

import sqlalchemy as sa

from schemashift.diff import Traits
from schemashift.operations import Operation
from schemashift.operations.base import NOTHING, Keys
from schemashift.schema import Column, Default, Doubt, Key, Keyed, Schema, Type

Thing = TypeVar("Thing", bound=Keyed)


class Spelling(Protocol):
    """How a database spells the parts of objects. A dialect is one."""

    def normal_type(self, type_: Type) -> Type:
        """A type as the database spells it, with something to render it from."""

    def normal_default(self, default: Default | None) -> Default | None:
        """A default as the database spells it, as far as that can be told without asking."""

    def normal_expression(self, text: str) -> str:
        """The text of a condition as it is compared."""


class Kind(ABC, Generic[Thing]):
    """One kind of object: where it is found, what it depends on, and how it is created, dropped and altered."""

    name: ClassVar[str]
    """The ``kind`` of its keys."""
    namespace: ClassVar[str | None] = None
    """Whose names it shares within a schema, or None where its names are its own. See `diff.RELATION`."""
    has_text: ClassVar[bool] = False
    """Whether the database rewrites texts in it, so that only a copy made there can be compared."""
    makers: ClassVar[Mapping[str, str]] = {}
    """The functions of ``op`` that leave one behind, with the parameter that is its name."""

    # Where it is found -------------------------------------------------------------------------------------------

    @abstractmethod
    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterable[Thing]:
        """Those that the models declare; none where *dialect* has no such objects."""

    @abstractmethod
    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterable[Thing | Doubt]:
        """Those of the database's default schema and of *schemas*; a doubt in place of one that cannot be read."""

    def normal(self, thing: Thing, spelling: Spelling) -> Thing:
        """*thing* as the database spells it. Pure and idempotent; used on what comes from either side."""
        del spelling
        return thing

    def is_managed(self, thing: Thing, tables: Schema) -> bool:
        """Whether one that no model declares belongs to *tables*, so that it is dropped when they do not need it."""
        del thing, tables
        return False

    def needed_by_type(self, type_: object, dialect: sa.Dialect) -> Operation | None:
        """What makes the object, where it is not there yet, that a column of *type_* needs; None for other types.

        *type_* is one of `sqla.lift.named_types`.
        """
        del type_, dialect
        return None

    # How it changes ----------------------------------------------------------------------------------------------

    @abstractmethod
    def create(self, thing: Thing) -> Iterable[Operation]:
        """The operations that create it."""

    @abstractmethod
    def drop(self, thing: Thing) -> Iterable[Operation]:
        """The operations that drop it."""

    @abstractmethod
    def alter(self, before: Thing, after: Thing, old: Schema, new: Schema) -> Iterable[Operation]:
        """The operations that make *after* of *before*, which are in the schemas *old* and *new*."""

    def claims(self, key: Key) -> Key:
        """The name that *key* takes: it is free again only when the object that has it is dropped."""
        return Key(self.namespace, key.schema, key.name) if self.namespace is not None else key

    def rebuildable(self, before: Thing, after: Thing) -> Iterable[Operation]:
        """The unchanged parts that can be dropped and created again with nothing lost, as what creates them.

        Their ``uses`` are what they depend on. A view is one; a type that columns have is none.
        """
        del before, after
        return ()

    def keeps(self, part: Operation, before: Column, after: Column, traits: Traits) -> bool:
        """Whether *part*, one of `rebuildable`, can stay where a column that it uses becomes *after*."""
        del part
        return traits.keeps_readers(before, after)

    # How it is made in a scratch place ---------------------------------------------------------------------------

    def in_scratch(self, thing: Thing, place: str) -> Thing:
        """*thing* as it is made in the scratch schema *place*; as it is where it is made beside the others."""
        del place
        return thing

    def read_scratch(self, connection: sa.Connection) -> Iterable[Thing]:
        """Those of the scratch place."""
        del connection
        return ()

    def with_server_text(self, made: Thing, declared: Thing) -> Thing:
        """*declared* with the texts that the database gave its scratch copy *made*."""
        del made
        return declared


AnyKind: TypeAlias = Kind[Any]
"""Kinds of different things side by side: the things under a key are those of the kind that the key names."""


def within(schema: str | None) -> Keys:
    """What an object of *schema* depends on for that."""
    return frozenset({Key.of_schema(schema)}) if schema else NOTHING
