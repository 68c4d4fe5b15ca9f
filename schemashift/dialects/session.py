"""The connection of a run: its transactions, its savepoints and the migration lock, as one database handles them.

A `Session` belongs to one connection for the length of one run. Settings that it changes (isolation level, pragmas) are
restored; it never listens on an engine and never opens a second connection. Statements go through SQLAlchemy's
Connection, so that echo and the application's own events see them.
"""

from __future__ import annotations

import contextlib
import getpass
import random
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from schemashift.dialects.live import LiveSchema
from schemashift.errors import Locked
from schemashift.operations import Named
from schemashift.schema import TableName
from schemashift.sqla.private import is_autobegun

FIRST_PAUSE = 0.025
LONGEST_PAUSE = 1.0
REPORT_EVERY = 1.0

RAW: dict[str, Any] = {"no_parameters": True}
"""Execution options for SQL that is sent unchanged: without them psycopg and PyMySQL format it (``'100%'`` fails)."""

UNKNOWN_HOLDER = "another process"

LEADING = r"(?:\s+|--[^\r\n]*(?:\r?\n|\Z)|\#[^\r\n]*(?:\r?\n|\Z)|/\*(?!M?!)(?>(?:(?!/\*).)*?\*/))*+"
"""White space and comments before a statement, to skip in a regular expression with DOTALL.

A comment that databases read differently is not skipped, so that the statement counts as unknown: one inside another
ends early except on PostgreSQL, and MySQL executes ``/*! ... */``, MariaDB ``/*M! ... */``.
"""

_KEEPS_TRANSACTION = re.compile(
    LEADING + r"(?:(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|SET|EXPLAIN|SAVEPOINT|ROLLBACK|RELEASE)\b|\()",
    re.IGNORECASE | re.DOTALL,
)
_ROWS = re.compile(LEADING + r"(?:INSERT|UPDATE|DELETE|REPLACE|SAVEPOINT|RELEASE)\b", re.IGNORECASE | re.DOTALL)
"""Statements that do not change the schema."""


class Wait(NamedTuple):
    """A report while waiting for the lock: who holds it, and for how many seconds we have waited."""

    holder: str
    seconds: float


@cache
def user_at_host() -> str:
    """Return the user and the machine, ``deploy@web-2``, as the version table and the holder of the lock show them."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user id without an entry in the passwd file
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


NO_VALUE = (
    "a row has no value where it must have one: give the column a server_default, or fill it before (op.backfill)"
)


class Session:
    """The transactions and the lock of one connection. The default is for a database without a module of its own."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.product: str = connection.dialect.name
        """The database's name in error messages."""
        self.may_be_forgotten = self._end_reading()
        """Whether SQLAlchemy began the open transaction automatically, and nobody may be going to commit it."""
        self.borrowed = self.is_borrowed()
        """Whether the connection is in a transaction of the caller's, which is never committed or wholly rolled
        back."""
        self._callers_begin = connection.in_transaction()

    # The connection ------------------------------------------------------------------------------------------------

    @contextmanager
    def run(self) -> Iterator[None]:
        """Prepare the connection for a run, and restore it afterwards, whatever happens."""
        try:
            yield
        finally:
            self.leave()

    def _end_reading(self) -> bool:
        """End a transaction that SQLAlchemy began automatically, and in which the caller has only read: nobody is going
        to commit it. Return True if it cannot be told whether it is one.

        It is committed, since a rollback would also undo the caller's ``SET search_path``.
        """
        if not is_autobegun(self.connection) or not self.is_borrowed():
            return False
        has_written = self.has_written()
        if has_written is False:
            self.end_reading()
        return has_written is None

    def end_reading(self) -> None:
        """Commit a transaction in which nothing was written."""
        self.connection.commit()

    def has_written(self) -> bool | None:
        """Return True if something was written in the open transaction, None if that cannot be told."""
        return None

    def leave(self) -> None:
        """End a transaction that SQLAlchemy began automatically for a read."""
        if not self.borrowed and not self._callers_begin and self.connection.in_transaction():
            self.connection.rollback()

    def execute(self, sql: str) -> sa.CursorResult[Any]:
        """Execute *sql* unchanged: ``%`` and ``:name`` have no special meaning in it."""
        return self.connection.exec_driver_sql(sql, execution_options=RAW)

    def best_effort(self, *actions: Callable[[], object]) -> None:
        """Run *actions* that restore settings. Database errors are ignored, as they would hide an earlier one, and
        nothing is restored on a lost connection."""
        for action in actions:
            if not self.connection.closed and not self.connection.invalidated:
                with contextlib.suppress(sa.exc.SQLAlchemyError, self.connection.dialect.loaded_dbapi.Error):
                    action()

    @property
    def driver(self) -> Any:
        """The driver's own connection object."""
        return self.connection.connection.driver_connection

    @property
    def dbapi(self) -> Any:
        """The connection object that SQLAlchemy's dialect talks to: the driver's, or its adapter for an async one."""
        return self.connection.connection.dbapi_connection

    # Transactions --------------------------------------------------------------------------------------------------

    def is_borrowed(self) -> bool:
        """Whether the connection was passed in inside a transaction that contains the caller's work."""
        return self.in_transaction

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, according to the driver. The default can only ask SQLAlchemy."""
        return self.connection.in_transaction()

    def begin(self) -> None:
        """Begin a transaction. One that SQLAlchemy began automatically for a read is ended first."""
        if self.connection.in_transaction() and not self._callers_begin:
            self.connection.rollback()
        if not self.connection.in_transaction():
            self.connection.begin()

    def commit(self) -> None:
        """Commit. A ``begin()`` block of the caller's, with nothing in it, stays open for SQLAlchemy."""
        if self._callers_begin:
            self.execute("COMMIT")
        else:
            self.connection.commit()

    def rollback(self) -> None:
        """Roll back everything since `begin`. Does nothing if no transaction is open any more."""
        if self._callers_begin:
            if self.in_transaction:
                self.execute("ROLLBACK")
        else:
            self.connection.rollback()

    def savepoint(self, name: str) -> None:
        """Set a savepoint inside the transaction."""
        self.execute(f"SAVEPOINT {name}")

    def release(self, name: str) -> None:
        """Release the savepoint. Raises a database error if it no longer exists."""
        self.execute(f"RELEASE SAVEPOINT {name}")

    def rollback_to(self, name: str) -> None:
        """Roll back to the savepoint and release it. Raises a database error if it no longer exists."""
        self.execute(f"ROLLBACK TO SAVEPOINT {name}")
        self.release(name)

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Commit every statement separately. Only while no transaction is open."""
        yield
        if self.connection.in_transaction():
            self.commit()

    # The lock ------------------------------------------------------------------------------------------------------

    def try_lock(self, name: TableName) -> bool:
        """Try to acquire the migration lock of the version table *name*, without waiting. The default has no lock."""
        del name
        return True

    def unlock(self) -> None:
        """Release the lock. No transaction of ours is open."""

    def holder(self) -> str:
        """Return who holds the lock that `try_lock` did not acquire, as far as that is known."""
        return UNKNOWN_HOLDER

    def wait_for_lock(self, name: TableName, timeout: float) -> Iterator[Wait]:
        """Acquire the lock, polling with jitter; yields a report about once a second while it waits.

        The lock is polled and never waited for in SQL: on PostgreSQL a blocked session holds a snapshot, and CREATE
        INDEX CONCURRENTLY waits for it. Raises `Locked` after *timeout* seconds.
        """
        started, reported, pause = time.monotonic(), -REPORT_EVERY, FIRST_PAUSE
        while not self.try_lock(name):
            waited = time.monotonic() - started
            if waited >= timeout:
                raise Locked(
                    "another process is migrating this database", cause=f"{self.holder()} (waited {waited:.0f} s)"
                )
            if waited - reported >= REPORT_EVERY:
                reported = waited
                yield Wait(self.holder(), waited)
            time.sleep(min(pause * random.uniform(0.5, 1.5), max(timeout - waited, 0.0)))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    # Errors --------------------------------------------------------------------------------------------------------

    def in_own_words(self, message: str) -> str:
        """Return the text of the database's own error for what *message* says is missing; empty if it is the same."""
        del message
        return ""

    def after_error(self) -> None:
        """Called when a statement has failed, before `in_transaction` is read again."""

    hints: Mapping[str, str] = {}
    """The hints for errors, by the database's error code."""

    def message(self, error: BaseException) -> str:
        """Return the message of a driver's error, without codes and positions."""
        return str(error).strip().partition("\n")[0]

    def detail(self, error: BaseException) -> str | None:
        """Return what the database says about a driver's error beside its message, in one line."""
        del error
        return None

    def code(self, error: BaseException) -> str | None:
        """Return the database's code for a driver's error."""
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        return str(found) if found else None

    def hint(self, error: BaseException) -> str | None:
        """Return the hint of the database itself, or ours for its code."""
        return self.hints.get(self.code(error) or "")

    def named_in(self, error: BaseException) -> Named:
        """Return the names in a driver's error, by which `those_named` finds the operation."""
        del error
        return Named()

    def is_lock_error(self, error: BaseException) -> bool:
        """Whether the error means that the holder of the lock blocks readers."""
        del error
        return False

    def is_duplicate_table(self, error: BaseException) -> bool:
        """Whether the error means that a table of that name exists."""
        return "already exists" in str(error)

    # Statements ----------------------------------------------------------------------------------------------------

    @classmethod
    def commits(cls, sql: str) -> bool:
        """Whether *sql* commits the open transaction, as DDL does where it cannot be rolled back. The default assumes
        so for everything that is not known to keep the transaction open."""
        return not _KEEPS_TRANSACTION.match(sql)

    @classmethod
    def changes_schema(cls, sql: str) -> bool:
        """Whether *sql* may change the schema: anything that is not known to change only rows."""
        return not _ROWS.match(sql)

    @classmethod
    def may_break_references(cls, sql: str) -> bool:
        """Whether *sql* may break foreign keys. Not called where the database enforces them."""
        del sql
        return True

    # Foreign keys ------------------------------------------------------------------------------------------------

    @property
    def enforces_foreign_keys(self) -> bool:
        """Whether the database itself enforces foreign keys during the run."""
        return True

    def check(self, sql: str, live: LiveSchema) -> None:
        """Raise an error if a statement of ours must not be executed on this connection: see SQLite's."""

    def broken_references(self) -> list[tuple[str, Any, str]]:
        """Return the rows with a broken foreign key: table, an identifier of the row, and the referenced table."""
        return []


@contextmanager
def ending_reads(connection: sa.Connection) -> Iterator[sa.Connection]:
    """End a transaction that SQLAlchemy begins automatically inside the block: the caller has not begun any."""
    if connection.in_transaction():
        yield connection
        return
    try:
        yield connection
    finally:
        if connection.in_transaction() and not connection.invalidated:
            connection.rollback()
