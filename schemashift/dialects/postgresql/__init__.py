"""PostgreSQL 14 and later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.base import Dialect
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.postgresql import scratch
from schemashift.dialects.postgresql.compile import PostgreSQLCompilation
from schemashift.dialects.postgresql.ddl import PostgreSQLDDL
from schemashift.dialects.postgresql.effects import effects
from schemashift.dialects.postgresql.match import altered_in_place, declared_like, spelled_like
from schemashift.dialects.postgresql.names import default_name
from schemashift.dialects.postgresql.normal import normal_default, normal_table
from schemashift.dialects.postgresql.read import other_texts, read_tables, schema_names
from schemashift.dialects.postgresql.script import for_script
from schemashift.dialects.postgresql.session import PostgreSQLSession
from schemashift.dialects.postgresql.text import canonical, with_column
from schemashift.dialects.postgresql.types import normal_type, type_engine
from schemashift.dialects.statement import Statement
from schemashift.diff import by_kind, name_constraints
from schemashift.objects import KINDS, AnyKind
from schemashift.operations import Operation
from schemashift.operations.facts import Facts
from schemashift.schema import Column, Constraint, Default, Keyed, Reading, Schema, Table, TableName, Type, with_texts


class PostgreSQL(Dialect):
    """PostgreSQL: DDL is transactional, every constraint has a name, and the server rewrites expressions."""

    name = "postgresql"
    transactional_ddl = True
    default_schema_advice = (
        'create_engine(url, connect_args={{"options": "-csearch_path={schema}"}})    makes it the default'
    )
    session_class = PostgreSQLSession
    ddl_class = PostgreSQLDDL
    has_partitions = True

    def is_administrative(self, option: str, *, index: bool) -> bool:
        """Storage, logging and tablespace are; the partition key, the parents and what an index is are not."""
        storage = {"postgresql_with", "postgresql_tablespace"}
        return option in (storage if index else storage | {"postgresql_using", "prefixes"})

    ddl: PostgreSQLDDL

    def normal(self, table: Table) -> Table:
        return normal_table(table)

    def read(
        self, connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
    ) -> Reading:
        return Reading.of(read_tables(connection, names, schemas=schemas))

    def other_texts(self, connection: sa.Connection) -> Iterator[tuple[str, bool]]:
        """See `schemashift.dialects.postgresql.read`."""
        return other_texts(connection)

    def declared_like(self, read: Table, declared: Table) -> Table:
        """See `schemashift.dialects.postgresql.match`."""
        return declared_like(read, declared)

    def spelled_like(self, read: Table, declared: Table) -> Table:
        return spelled_like(read, declared)

    def read_all(self, connection: sa.Connection) -> Reading:
        return self.read(connection, schemas=[name for name in schema_names(connection) if name != self.default_schema])

    @property
    def default_schema(self) -> str | None:
        """The schema of unqualified names."""
        return self.sa.default_schema_name

    def canonical(
        self,
        connection: sa.Connection,
        tables: Sequence[Table],
        *,
        objects: Sequence[Keyed] = (),
        kinds: Sequence[AnyKind] = KINDS,
    ) -> Reading:
        return Reading.of(scratch.canonical(self, connection, tables, objects, by_kind(kinds)))

    def canonical_objects(
        self, connection: sa.Connection, objects: Sequence[Keyed], *, kinds: Sequence[AnyKind] = KINDS
    ) -> Reading:
        return Reading.of(scratch.canonical_objects(self, connection, objects, by_kind(kinds)))

    def normal_type(self, type_: Type) -> Type:
        found = normal_type(type_)
        return found if found.payload is not None else replace(found, payload=type_engine(found.sql, found.collation))

    def normal_default(self, default: Default | None, type_: Type) -> Default | None:
        return normal_default(default, type_)

    def normal_expression(self, text: str) -> str:
        return canonical(text.strip())

    def for_script(self, operation: Operation) -> Operation:
        """See `schemashift.dialects.postgresql.script`."""
        return for_script(operation, self.ddl)

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        """Return *schema* after *operation*: every constraint has a name, and expressions use a column's new name."""
        if operation.column_rename is not None and (table := schema.table(operation.touches[0])) is not None:
            old, new = operation.column_rename
            schema = schema.put(with_texts(table, lambda sql: with_column(sql, old, self.ddl.quote(new))))
        schema = operation.apply(schema)
        touched = (schema.table(name) for name in operation.touches)
        bare = ((replace(each, constraints=()), each) for each in touched if each is not None)
        return schema.put(*(name_constraints(table, each, self) for table, each in bare))

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        whole = {"SMALLINT", "INTEGER", "BIGINT"}
        return before.type == after.type or {before.type.sql, after.type.sql} <= whole

    def replaces_column(self, before: Column, after: Column) -> bool:
        return after.computed is not None and before.computed != after.computed

    def cast(self, value: str, column: Column) -> str:
        return f"CAST({value} AS {column.type.sql})"

    def is_invertible(self, operation: Operation) -> bool:
        before, after = operation.column_change
        return before is None or after is None or before.computed is None or after.computed is not None

    def altered_in_place(self, before: Constraint, after: Constraint) -> Constraint | None:
        """See `schemashift.dialects.postgresql.match`."""
        return altered_in_place(before, after)

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        """PostgreSQL parses an expression again when the type of a column in it changes, and the text that it stores
        for an IN is then parsed as another expression."""
        return before.type == after.type or " IN (" not in text

    def effects(self, operation: Operation) -> Facts:
        """See `schemashift.dialects.postgresql.effects`."""
        return tuple(effects(operation))

    def default_name(self, table: Table, constraint: Any) -> str | None:
        return default_name(table, constraint)

    def compile(self, operations: Sequence[Operation], live: LiveSchema) -> Iterator[Statement]:
        yield from PostgreSQLCompilation(self.ddl, live).statements(operations)
