"""SQLite 3.26 and later. A column is dropped without a rebuild from 3.35 on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.base import Dialect
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.offline import OfflineDatabase
from schemashift.dialects.sqlite.compile import SQLiteCompilation
from schemashift.dialects.sqlite.ddl import SQLiteDDL
from schemashift.dialects.sqlite.effects import effects
from schemashift.dialects.sqlite.match import spelled_like
from schemashift.dialects.sqlite.names import default_name, keeps_key_name
from schemashift.dialects.sqlite.normal import normal_table
from schemashift.dialects.sqlite.offline import in_memory
from schemashift.dialects.sqlite.read import attached, read_tables, unreadable
from schemashift.dialects.sqlite.script import for_script
from schemashift.dialects.sqlite.session import SQLiteSession
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.operations import Operation
from schemashift.operations.facts import Facts
from schemashift.schema import Column, Reading, Schema, Table, TableName

_LATELY = 64
"""How many tables in normal form are remembered."""


class SQLite(Dialect):
    """SQLite."""

    name = "sqlite"
    transactional_ddl = True
    one_transaction = True
    ddl_class = SQLiteDDL
    session_class = SQLiteSession
    ddl: SQLiteDDL

    def __init__(self, dialect: sa.Dialect) -> None:
        super().__init__(dialect)
        self._normal: dict[int, Table] = {}

    def normal(self, table: Table) -> Table:
        """What came out of here lately goes through as it is: a table passes several times on its way."""
        if self._normal.get(id(table)) is table:
            return table
        found = normal_table(table, self.ddl.quote)
        if len(self._normal) >= _LATELY:
            self._normal.clear()
        self._normal[id(found)] = found
        return found

    def read(
        self, connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
    ) -> Reading:
        return Reading.of(read_tables(connection, names, schemas=schemas))

    def require(self, connection: sa.Connection, declared: Schema, database: str) -> None:
        """A schema is an attached file, which no script can attach."""
        elsewhere = [table for table in declared.tables if table.schema is not None]
        there = attached(connection) if elsewhere else frozenset()
        for table in elsewhere:
            if str(table.schema).lower() not in there:
                raise NotSupported(
                    f'table "{table.table_name}" stands in the schema "{table.schema}", which is not attached to '
                    f"{database}",
                    cause="SQLite has no schemas of its own: one is another file that the connection attached",
                    hints=[
                        "leave the schema out of the model on SQLite (schema=None)",
                        "or give Migrator a connection that ran ATTACH DATABASE",
                    ],
                )

    def unreadable(self, connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
        """See `schemashift.dialects.sqlite.read`."""
        return unreadable(connection, names)

    def spelled_like(self, read: Table, declared: Table) -> Table:
        return spelled_like(read, declared)

    def for_script(self, operation: Operation) -> Operation:
        """See `schemashift.dialects.sqlite.script`."""
        return for_script(operation)

    def default_name(self, table: Table, constraint: Any) -> str | None:
        """See `schemashift.dialects.sqlite.names`."""
        return default_name(table, constraint)

    def is_autonumbered(self, column: Column, table: Table) -> bool:
        """An INTEGER is another name for the rowid, where there is one."""
        if ("sqlite_with_rowid", False) in table.options:
            return False
        return column.autoincrement or column.type.sql == "INTEGER"

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """Foreign keys are off in a run, and a rebuild leaves them as they are."""
        del before, after
        return True

    def replaces_column(self, before: Column, after: Column) -> bool:
        """A rebuild gives a column another expression, or takes it away and keeps the values."""
        del before, after
        return False

    def keeps_generated(self, before: Column, after: Column) -> bool:
        """A rebuild computes generated columns again."""
        del before, after
        return True

    def keeps_key_name(self, before: Table, after: Table) -> bool:
        """See `schemashift.dialects.sqlite.names`."""
        return keeps_key_name(before, after)

    def keeps_readers(self, before: Column, after: Column) -> bool:
        """A rebuild drops the views that are in its way, and creates them again as they were."""
        del before, after
        return True

    @contextmanager
    def offline(self, schema: Schema) -> Iterator[OfflineDatabase]:
        """See `schemashift.dialects.sqlite.offline`."""
        with in_memory(schema, self.ddl) as copy:
            yield copy

    def effects(self, operation: Operation) -> Facts:
        """See `schemashift.dialects.sqlite.effects`."""
        return tuple(effects(operation))

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        return SQLiteCompilation(self.ddl, LiveSchema(schema), self.normal).reached(operation)

    def compile(self, operations: Sequence[Operation], known: LiveSchema) -> Iterator[Statement]:
        yield from SQLiteCompilation(self.ddl, known, self.normal).statements(operations)
