"""The contract of a kind of object, which the comparison, the dialects and ``op`` use.

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
        """Return a type as the database spells it, with a payload to render it from."""

    def normal_default(self, default: Default | None, type_: Type) -> Default | None:
        """Return a default of *type_* as the database spells it, as far as that is known without a query."""

    def normal_expression(self, text: str) -> str:
        """Return the text of a condition in the form in which it is compared."""


class Kind(ABC, Generic[Thing]):
    """One kind of object: where it is found, what it depends on, and how it is created, dropped and altered."""

    name: ClassVar[str]
    """The ``kind`` of its keys."""
    namespace: ClassVar[str | None] = None
    """The namespace within a schema that it shares with other kinds (`diff.RELATION`), or None if it has its own."""
    has_text: ClassVar[bool] = False
    """Whether the database rewrites SQL texts in it, so that a copy has to be created there for a comparison."""
    name_parameters: ClassVar[Mapping[str, str]] = {}
    """The functions of ``op`` that create or rename such an object, with the parameter that is its name afterwards."""

    # Reading -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterable[Thing]:
        """Return the objects that the models declare; none where *dialect* has no such objects."""

    @abstractmethod
    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterable[Thing | Doubt]:
        """Read the objects of the default schema and of *schemas*, and a doubt in place of one that cannot be read."""

    def normal(self, thing: Thing, spelling: Spelling) -> Thing:
        """Return *thing* as the database spells it. Pure and idempotent; applied to both sides of a comparison."""
        del spelling
        return thing

    def is_managed(self, thing: Thing, tables: Schema) -> bool:
        """Return True if *thing*, which no model declares, is dropped when *tables* do not need it."""
        del thing, tables
        return False

    def is_named_in(self, text: str, thing: Thing, *, anywhere: bool = False) -> bool:
        """Return True if the SQL *text* uses *thing*. With *anywhere*, its bare name is enough: the text is a routine.

        An object that is used so is not dropped, although no model declares it.
        """
        del text, thing, anywhere
        return False

    def needed_by_type(self, type_: object, dialect: sa.Dialect) -> Operation | None:
        """Return the operation that creates the object that a column of *type_* needs, unless it exists.

        *type_* is one of `sqla.lift_types.named_types`; None if it is not of this kind.
        """
        del type_, dialect
        return None

    # Changes -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def create(self, thing: Thing) -> Iterable[Operation]:
        """Return the operations that create it."""

    @abstractmethod
    def drop(self, thing: Thing) -> Iterable[Operation]:
        """Return the operations that drop it."""

    @abstractmethod
    def alter(self, before: Thing, after: Thing, old: Schema, new: Schema) -> Iterable[Operation]:
        """Return the operations that change *before* to *after*; these are in the schemas *old* and *new*."""

    def claims(self, key: Key) -> Key:
        """Return the name that *key* occupies, which is free again only when the object that has it is dropped."""
        return Key(self.namespace, key.schema, key.name) if self.namespace is not None else key

    def rebuildable(self, before: Thing, after: Thing) -> Iterable[Operation]:
        """Return operations that create the unchanged parts which can be dropped and created again without loss.

        Their ``uses`` are the dependencies. A view is such a part; a type of columns is not.
        """
        del before, after
        return ()

    def keeps(self, part: Operation, before: Column, after: Column, traits: Traits) -> bool:
        """Return True if *part*, one of `rebuildable`, can stay while a column that it uses changes to *after*."""
        del part
        return traits.keeps_readers(before, after)

    # Scratch copies ----------------------------------------------------------------------------------------------

    def in_scratch(self, thing: Thing, place: str) -> Thing:
        """Return *thing* as it is created in the scratch schema *place*; unchanged if it keeps its own schema."""
        del place
        return thing

    def read_scratch(self, connection: sa.Connection) -> Iterable[Thing]:
        """Read the objects of the scratch schema."""
        del connection
        return ()

    def with_server_text(self, created: Thing, declared: Thing) -> Thing:
        """Return *declared* with the SQL texts that the database gave its scratch copy *created*."""
        del created
        return declared


AnyKind: TypeAlias = Kind[Any]
"""A kind of any object, for collections of kinds: an object belongs to the kind that its key names."""


def within(schema: str | None) -> Keys:
    """Return the dependency of an object on its *schema*; none for the default schema."""
    return frozenset({Key.of_schema(schema)}) if schema else NOTHING
