"""A database file as an application uses it (foreign keys on), and a run as the runner makes it (off)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import dialect_for
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.sqlite import SQLite
from schemashift.operations import Operation
from schemashift.schema import Schema, Table, TableName


class Database:
    """One SQLite file."""

    def __init__(self, path: Path | str) -> None:
        self.engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
        self.path = str(path)
        dialect = dialect_for(self.engine.dialect)
        assert isinstance(dialect, SQLite)
        self.dialect = dialect

    def sql(self, *statements: str, foreign_keys: bool = True) -> list[Any]:
        """Execute statements as the application does, and return the rows of the last one."""
        connection = sqlite3.connect(self.path)
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        rows: list[Any] = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.commit()
        connection.close()
        return rows

    def read(self, *names: str, schemas: Sequence[str] = ()) -> Schema:
        """Return the schema as our reader reads it."""
        with self.engine.connect() as connection:
            return self.dialect.read(connection, [TableName(n) for n in names] or None, schemas=schemas).schema

    def table(self, name: str) -> Table:
        """Return one table."""
        found = self.read(name).table(TableName(name))
        assert found is not None
        return found

    def stored(self, name: str) -> str:
        """Return the text in the catalogue."""
        return str(self.sql(f"SELECT sql FROM sqlite_master WHERE name = '{name}'")[0][0])

    def catalogue(self) -> dict[str, str]:
        """Return every text in the catalogue except those of tables."""
        return dict(self.sql("SELECT name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"))

    def run(self, *operations: Operation, live: LiveSchema | None = None) -> list[str]:
        """Compile and execute in one transaction, and return the statements."""
        with running(self) as connection:
            return list(send(self, connection, operations, live or knowing(self.dialect, connection)))


@contextmanager
def running(database: Database) -> Iterator[sa.Connection]:
    """A connection in the state of a run, committed at the end or rolled back on an error."""
    with database.engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.isolation_level = None
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("SAVEPOINT revision")
        try:
            before = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            yield connection
            after = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            assert set(after) <= set(before), after
        except BaseException:
            driver.execute("ROLLBACK")
            raise
        assert connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar() == 0
        driver.execute("COMMIT")


def knowing(dialect: SQLite, connection: sa.Connection) -> LiveSchema:
    """The live schema that the runner passes to `compile`."""
    return LiveSchema(
        read=lambda name: dialect.read(connection, [name]).schema.table(name),
        read_all=lambda: dialect.read(connection).schema,
    )


def send(
    database: Database, connection: sa.Connection, operations: Sequence[Operation], live: LiveSchema
) -> Iterator[str]:
    """Execute statement by statement."""
    for statement in database.dialect.compile(operations, live):
        if isinstance(statement.sql, str):
            connection.exec_driver_sql(statement.sql, execution_options={"no_parameters": True})
            yield statement.sql
        else:
            connection.execute(statement.sql)
            yield str(statement.sql)
