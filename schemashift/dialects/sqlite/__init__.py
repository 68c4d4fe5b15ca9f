"""SQLite 3.26 and later. Since 3.35, a column can be dropped without a rebuild."""

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
from schemashift.dialects.sqlite.unknown_names import refuse_unknown_names
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.operations import Operation
from schemashift.operations.facts import Facts
from schemashift.schema import Column, Reading, Schema, Table, TableName

_CACHED_TABLES = 64
"""The number of tables in normal form that are cached."""


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
        """Return *table* in normal form. Recent results are cached, as a table is normalized several times in a run."""
        if self._normal.get(id(table)) is table:
            return table
        result = normal_table(table, self.ddl.quote)
        if len(self._normal) >= _CACHED_TABLES:
            self._normal.clear()
        self._normal[id(result)] = result
        return result

    def read(
        self, connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
    ) -> Reading:
        return Reading.of(read_tables(connection, names, schemas=schemas))

    def require(self, connection: sa.Connection, declared: Schema, database: str) -> None:
        """A schema is an attached file, which no script can attach."""
        elsewhere = [table for table in declared.tables if table.schema is not None]
        existing = attached(connection) if elsewhere else frozenset()
        for table in elsewhere:
            if str(table.schema).lower() not in existing:
                raise NotSupported(
                    f'table "{table.table_name}" is in the schema "{table.schema}", which is not attached to '
                    f"{database}",
                    cause="SQLite has no schemas: a schema is another file that the connection attached",
                    hints=[
                        "leave the schema out of the model on SQLite (schema=None)",
                        "or give Migrator a connection that ran ATTACH DATABASE",
                    ],
                )

    def unreadable(self, connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
        """See `schemashift.dialects.sqlite.read`."""
        return unreadable(connection, names)

    def is_same_name(self, one: str, other: str) -> bool:
        """Names are case-insensitive in ASCII, and not beyond it."""
        return one.encode().lower() == other.encode().lower()

    def is_same_table(self, one: str, other: str) -> bool:
        """As those of columns."""
        return self.is_same_name(one, other)

    def spelled_like(self, read: Table, declared: Table) -> Table:
        return spelled_like(read, declared)

    def refuse_misread(self, before: Table | None, after: Table) -> None:
        """See `schemashift.dialects.sqlite.unknown_names`."""
        refuse_unknown_names(before, after, self.ddl.quote)

    def for_script(self, operation: Operation) -> Operation:
        """See `schemashift.dialects.sqlite.script`."""
        return for_script(operation)

    def default_name(self, table: Table, constraint: Any) -> str | None:
        """See `schemashift.dialects.sqlite.names`."""
        return default_name(table, constraint)

    def is_autonumbered(self, column: Column, table: Table) -> bool:
        """An INTEGER primary key is an alias of the rowid, where the table has one."""
        if ("sqlite_with_rowid", False) in table.options:
            return False
        return column.autoincrement or column.type.sql == "INTEGER"

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """Foreign keys are not enforced during a run, and a rebuild does not change them."""
        del before, after
        return True

    def replaces_column(self, before: Column, after: Column) -> bool:
        """A rebuild can change the expression of a column, or remove it and keep the values."""
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
        """Views are not affected by a rebuild: they name the same table before and after it."""
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

    def compile(self, operations: Sequence[Operation], live: LiveSchema) -> Iterator[Statement]:
        yield from SQLiteCompilation(self.ddl, live, self.normal).statements(operations)
