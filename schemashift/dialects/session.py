"""The run's connection: its transactions, its savepoints and the migration lock, the way one database does them.

A `Session` belongs to one connection for the length of one run. What it changes on it (isolation level, pragmas) it
puts back; it never listens on an engine and never opens a second connection. Statements go through SQLAlchemy's
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

FIRST_PAUSE = 0.025
LONGEST_PAUSE = 1.0
REPORT_EVERY = 1.0

RAW: dict[str, Any] = {"no_parameters": True}
"""Execution options for text of our own: without them psycopg and PyMySQL format it (``'100%'`` fails)."""

UNKNOWN_HOLDER = "another process"

_KEEPS_TRANSACTION = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|SET|EXPLAIN|SAVEPOINT|ROLLBACK|RELEASE)\b|\s*\(",
    re.IGNORECASE,
)
_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
"""Statements that change nothing of the schema."""


class Wait(NamedTuple):
    """One report while the lock is waited for: who holds it, and how many seconds we have waited."""

    holder: str
    seconds: float


@cache
def user_at_host() -> str:
    """The person and the machine, ``deploy@web-2``: what the version table and the lock's holder are called by."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user id that no passwd file knows
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


NO_VALUE = (
    "a row has no value where it must have one: give the column a server_default, or fill it before (op.backfill)"
)


class Session:
    """Transactions and the lock of one connection. The default is for a database that nobody wrote a file for."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.product: str = connection.dialect.name
        """What errors call the database."""
        self.borrowed = self.is_borrowed()
        """The connection came inside a transaction of its caller's: never commit it, never roll all of it back."""
        self._callers_begin = connection.in_transaction()

    # The connection ------------------------------------------------------------------------------------------------

    @contextmanager
    def run(self) -> Iterator[None]:
        """Prepare the connection for a run, and put it back as it was in the end, whatever happened."""
        try:
            yield
        finally:
            self.leave()

    def leave(self) -> None:
        """End what SQLAlchemy began automatically for a read, so that the caller finds the connection as it came."""
        if not self.borrowed and not self._callers_begin and self.connection.in_transaction():
            self.connection.rollback()

    def execute(self, sql: str) -> sa.CursorResult[Any]:
        """Send text as it is: no ``%`` and no ``:name`` in it means anything."""
        return self.connection.exec_driver_sql(sql, execution_options=RAW)

    def best_effort(self, *actions: Callable[[], object]) -> None:
        """Put things back. A connection that is gone has nothing to put back, and an error here would hide another."""
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
        """Whether the connection came to us inside a transaction that holds work of its caller's."""
        return self.in_transaction

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, as the driver says. The default has nobody to ask but SQLAlchemy."""
        return self.connection.in_transaction()

    def begin(self) -> None:
        """Begin a transaction. Where SQLAlchemy began one automatically for a read, that one is ended first."""
        if self.connection.in_transaction() and not self._callers_begin:
            self.connection.rollback()
        if not self.connection.in_transaction():
            self.connection.begin()

    def commit(self) -> None:
        """Commit. A ``begin()`` block of the caller's round an empty transaction stays open for SQLAlchemy."""
        if self._callers_begin:
            self.execute("COMMIT")
        else:
            self.connection.commit()

    def rollback(self) -> None:
        """Roll back everything since `begin`; nothing happens where no transaction is open any more."""
        if self._callers_begin:
            if self.in_transaction:
                self.execute("ROLLBACK")
        else:
            self.connection.rollback()

    def savepoint(self, name: str) -> None:
        """Set a savepoint inside the transaction."""
        self.execute(f"SAVEPOINT {name}")

    def release(self, name: str) -> None:
        """Keep what happened since the savepoint. A database error where it is gone."""
        self.execute(f"RELEASE SAVEPOINT {name}")

    def rollback_to(self, name: str) -> None:
        """Undo what happened since the savepoint, and take it away. A database error where it is gone."""
        self.execute(f"ROLLBACK TO SAVEPOINT {name}")
        self.release(name)

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """No transaction at all: every statement is on its own. Only while none is open."""
        yield
        if self.connection.in_transaction():
            self.commit()

    # The lock ------------------------------------------------------------------------------------------------------

    def try_lock(self, name: TableName) -> bool:
        """Try to take the migration lock of the version table *name*, without waiting. The default knows none."""
        del name
        return True

    def unlock(self) -> None:
        """Give the lock back. No transaction of ours is open."""

    def holder(self) -> str:
        """Who holds the lock that `try_lock` did not get, as well as can be said."""
        return UNKNOWN_HOLDER

    def wait_for_lock(self, name: TableName, timeout: float) -> Iterator[Wait]:
        """Take the lock, polling with jitter; yields while it waits, about once a second.

        Polled, and never waited for inside SQL: on PostgreSQL a blocked waiter holds a snapshot, and CREATE INDEX
        CONCURRENTLY waits for it. Raises `Locked` after *timeout* seconds.
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

    # What went wrong -----------------------------------------------------------------------------------------------

    def after_error(self) -> None:
        """Called when a statement failed, before anybody asks `in_transaction` again."""

    hints: Mapping[str, str] = {}
    """What to do about errors of these codes."""

    def message(self, error: BaseException) -> str:
        """What a driver's error says, without codes and positions."""
        return str(error).strip().partition("\n")[0]

    def code(self, error: BaseException) -> str | None:
        """The database's own code for a driver's error."""
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        return str(found) if found else None

    def hint(self, error: BaseException) -> str | None:
        """A hint that the database itself gave, or that its code calls for."""
        return self.hints.get(self.code(error) or "")

    def named_in(self, error: BaseException) -> Named:
        """What a driver's error names, for `those_named` to find the operation by."""
        del error
        return Named()

    def is_lock_error(self, error: BaseException) -> bool:
        """Whether the error says that the holder of the lock lets nobody read."""
        del error
        return False

    def is_duplicate_table(self, error: BaseException) -> bool:
        """Whether the error says that a table of that name exists."""
        return "already exists" in str(error)

    # What a statement does -----------------------------------------------------------------------------------------

    def commits(self, sql: str) -> bool:
        """Whether *sql* commits what is open, as DDL does where it cannot be rolled back. The default believes that of
        everything but what is known to keep the transaction."""
        return not _KEEPS_TRANSACTION.match(sql)

    def changes_schema(self, sql: str) -> bool:
        """Whether the schema may be another after *sql*: anything but what is known to touch rows alone."""
        return not _ROWS.match(sql)

    def may_break_references(self, sql: str) -> bool:
        """Whether rows may point nowhere after *sql*. Nobody asks where the database itself refuses that."""
        del sql
        return True

    # Foreign keys ------------------------------------------------------------------------------------------------

    @property
    def enforces_foreign_keys(self) -> bool:
        """The database itself refuses rows that point nowhere, during the run too."""
        return True

    def check(self, sql: str, known: LiveSchema) -> None:
        """Raise for a statement of ours that must not be sent on this connection: see SQLite's."""

    def broken_references(self) -> list[tuple[str, Any, str]]:
        """Rows that point nowhere: their table, something that tells them apart in it, the table they point to."""
        return []
