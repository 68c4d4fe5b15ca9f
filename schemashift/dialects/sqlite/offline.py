"""A copy of a SQLite database in memory, with no rows in it.

A rebuild edits the statements that SQLite keeps, and SQLite itself edits them when it adds, drops or renames. So each
statement that is compiled is executed on the copy, and the schema is read from the copy.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.live import LiveSchema
from schemashift.dialects.offline import OfflineDatabase
from schemashift.dialects.session import RAW
from schemashift.dialects.sqlite.ddl import SQLiteDDL
from schemashift.dialects.sqlite.read import CatalogueEntry, Row, read_tables
from schemashift.dialects.sqlite.rebuild import with_schema
from schemashift.dialects.statement import Statement
from schemashift.schema import Reading, Schema, Table, TableName

_UNKNOWN = re.compile(r"no such (?P<what>function|collation sequence): (?P<name>\S+)")


class InMemory(OfflineDatabase):
    """The copy of a database in memory."""

    def __init__(self, connection: sa.Connection, ddl: SQLiteDDL) -> None:
        super().__init__(LiveSchema(read=self._read, read_all=self._read_all))
        self._connection = connection
        self._ddl = ddl
        self._schemas: tuple[str, ...] = ()

    def fill(self, schema: Schema) -> None:
        """Create the objects of *schema*, from the statements that they were read from where they are known."""
        self._schemas = tuple(dict.fromkeys(table.schema for table in schema.tables if table.schema is not None))
        for name in self._schemas:
            if name not in ("main", "temp"):
                self._try(f"ATTACH ':memory:' AS {self._ddl.quote(name)}")
        for sql in _texts(schema, self._ddl):
            self._try(sql)

    def follow(self, statement: Statement) -> None:
        """Execute *statement* on the copy. Errors are ignored: the database reports them, or they depend on rows."""
        if isinstance(statement.sql, str):
            self._try(statement.sql)
        else:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._connection.execute(statement.sql, statement.parameters)

    def _try(self, sql: str) -> None:
        """Execute *sql*. A function or collation of the application is replaced by a dummy of the same name."""
        for _ in range(10):
            try:
                self._connection.exec_driver_sql(sql, execution_options=RAW)
            except sa.exc.DBAPIError as error:
                unknown = _UNKNOWN.search(str(error.orig))
                if unknown is None:
                    return
                self._define(unknown["what"], unknown["name"].rstrip("()"))
            else:
                return

    def _define(self, what: str, name: str) -> None:
        driver: Any = self._connection.connection.driver_connection
        if what == "function":
            driver.create_function(name, -1, _dummy_function, deterministic=True)
        else:
            driver.create_collation(name, _compare)

    def _read(self, name: TableName) -> Table | None:
        return Reading.of(read_tables(self._connection, [name])).schema.table(name)

    def _read_all(self) -> Schema:
        return Reading.of(read_tables(self._connection, schemas=self._schemas)).schema


@contextmanager
def in_memory(schema: Schema, ddl: SQLiteDDL) -> Iterator[InMemory]:
    """Create a copy of *schema* in memory, for the duration of the block."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            copy = InMemory(connection, ddl)
            copy.fill(schema)
            yield copy
    finally:
        engine.dispose()


def _texts(schema: Schema, ddl: SQLiteDDL) -> Iterator[str]:
    """Yield the CREATE statements, and ANALYZE if the database has its tables."""
    programs: dict[tuple[str | None, Row], None] = {}
    for table in schema.tables:
        entry = table.payload if isinstance(table.payload, CatalogueEntry) else None
        yield _create(table, entry, ddl)
        if entry is None:
            yield from (ddl.index(table.table_name, index) for index in table.indexes)
            continue
        yield from (with_schema(row.sql, table.schema, ddl) for row in entry.indexes if row.sql)
        programs.update(dict.fromkeys((table.schema, row) for row in (*entry.programs, *entry.triggers)))
    yield from _programs(programs, "view", ddl)
    yield from _programs(programs, "trigger", ddl)
    if any(isinstance(table.payload, CatalogueEntry) and table.payload.statistics for table in schema.tables):
        yield "ANALYZE"


def _create(table: Table, entry: CatalogueEntry | None, ddl: SQLiteDDL) -> str:
    if entry is None:
        return ddl.create(table)
    if entry.text is None:
        return entry.sql
    return f"CREATE TABLE {ddl.table(table.table_name)}{entry.text.sql[entry.text.name_end :]}"


def _programs(rows: Iterable[tuple[str | None, Row]], kind: str, ddl: SQLiteDDL) -> Iterator[str]:
    return (with_schema(row.sql, schema, ddl) for schema, row in rows if row.type == kind)


def _dummy_function(*_: object) -> None:
    """Stands in for a function of the application."""


def _compare(one: str, other: str) -> int:
    return (one > other) - (one < other)
