"""Schemas: created when the models name one that does not exist.

Only PostgreSQL has schemas inside a database. One that no model names any more is not dropped: it may contain objects
that are not ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from schemashift.objects.kind import Kind
from schemashift.operations import Compiler, Description, Live, Operation, Sql, Writer, by_name, no_sql
from schemashift.operations.base import Keys, Node, without
from schemashift.schema import Key, Schema
from schemashift.sqla.lift import declared_sequences
from schemashift.sqla.lift_types import declared_types
from schemashift.sqla.names import names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A schema of the database; the name ``Schema`` is that of `schemashift.schema.Schema`."""

    name: str

    @property
    def key(self) -> Key:
        """The object's key in a `Schema`."""
        return Key.of_schema(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSchema(Operation):
    """Create a schema."""

    name: str
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({Key.of_schema(self.name)})

    def inverse(self) -> DropSchema:
        return DropSchema(name=self.name)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(Namespace(name=self.name))

    def describe(self) -> Description:
        return Description("+", "schema", self.name)

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._create, "*": no_sql}

    def _create(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        yield f"CREATE SCHEMA {'IF NOT EXISTS ' if self.if_not_exists else ''}{compiler.quote(self.name)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.create_schema", [self.name])


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSchema(Operation):
    """Drop an empty schema."""

    name: str
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({Key.of_schema(self.name)})

    def inverse(self) -> CreateSchema:
        return CreateSchema(name=self.name)

    def apply(self, schema: Schema) -> Schema:
        return without(schema, Key.of_schema(self.name))

    def describe(self) -> Description:
        return Description("-", "schema", self.name)

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._drop, "*": no_sql}

    def _drop(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        yield f"DROP SCHEMA {'IF EXISTS ' if self.if_exists else ''}{compiler.quote(self.name)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.drop_schema", [self.name])


class Schemas(Kind[Namespace]):
    """The kind of schemas."""

    name = "schema"

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[Namespace]:
        if not by_name(_HAVE_SCHEMAS, names_of(dialect)):
            return
        names = {table.schema for metadata in metadatas for table in metadata.tables.values()}
        names |= {type_.schema for type_ in declared_types(metadatas, dialect)}
        names |= {sequence.schema for sequence in declared_sequences(metadatas)}
        yield from (Namespace(name=name) for name in sorted(filter(None, names)) if name != dialect.default_schema_name)

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[Namespace]:
        wanted = list(schemas)
        if not by_name(_HAVE_SCHEMAS, names_of(connection.dialect)) or not wanted:
            return
        sql = sa.text("SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY(CAST(:names AS text[]))")
        yield from (Namespace(name=row[0]) for row in connection.execute(sql, {"names": wanted}))

    def create(self, thing: Namespace) -> Iterator[Operation]:
        yield CreateSchema(name=thing.name)

    def drop(self, thing: Namespace) -> Iterator[Operation]:
        yield DropSchema(name=thing.name)

    def alter(self, before: Namespace, after: Namespace, old: Schema, new: Schema) -> Iterator[Operation]:
        raise AssertionError("a schema has nothing but its name")


_HAVE_SCHEMAS = {"postgresql": True, "*": False}

KIND = Schemas()
