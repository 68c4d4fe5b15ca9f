"""Decide what is compiled together: operations wait in a `Buffer` until something else happens, then form a `Group`.

Running a script, recording it and loading it differ in what is done with a group: each is a `Sender`. How groups are
formed is the same for all of them, so that the SQL of a recording is the SQL of the run:

- operations wait until the script does something that may depend on them: it executes a statement, asks for the
  connection or for a table, sends a statement over a connection it obtained earlier, enters or leaves an autocommit
  block, or ends;
- ``batch_alter_table`` is one group;
- where the script may catch an operation's error, the error must be raised at that line: the operation does not wait,
  and is a group alone. This applies inside a ``try`` with handlers, inside ``contextlib.suppress``, and in other files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from schemashift.op.running import caller
from schemashift.operations import Operation
from schemashift.schema import Key, Table, TableName
from schemashift.scripts.handlers import guarded_lines
from schemashift.scripts.load import Script

Convention = Mapping[str, object]


def no_convention() -> Convention | None:
    """Return None: without models there is no naming convention."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Operations that are compiled together.

    ``alone`` means that the script may catch an error and continue: nothing of the group may be kept then, where the
    database can roll it back.
    """

    operations: tuple[Operation, ...]
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a script can find out without asking the database. See `Running` for the fields."""

    dialect: sa.Dialect
    transactional_ddl: bool
    normal: Callable[[Table], Table]
    version_table: TableName
    x: Mapping[str, str] = field(default_factory=dict)
    convention: Callable[[], Convention | None] = no_convention


class Sender(Protocol):
    """Receives the groups of a script, to run, record or print them."""

    @property
    def environment(self) -> Environment:
        """What the script can find out without asking the database."""

    def send(self, group: Group) -> None:
        """Carry out a group. Groups are sent in order."""

    def table(self, name: TableName) -> Table | None:
        """Return a table as it is now; None if it does not exist or is not known."""

    def connection(self) -> sa.Connection:
        """Return the connection for the script."""

    def outside_transaction(self) -> AbstractContextManager[None]:
        """Return a context manager: what is sent inside it runs outside any transaction."""


class Buffer:
    """The pending operations of a script. Implements `Running`.

    *path* is the script's file, and *guarded* are the lines in it where an error may be caught. Without a path, no
    operation waits.
    """

    def __init__(self, sender: Sender, *, path: str | None = None, guarded: frozenset[int] = frozenset()) -> None:
        self.created_types: set[Key] = set()
        self._sender = sender
        self._path = path
        self._guarded = guarded
        self._waiting: list[Operation] = []
        self._depth = 0

    @classmethod
    def of(cls, sender: Sender, script: Script) -> Buffer:
        """Return a buffer for *script*."""
        return cls(sender, path=script.path, guarded=guarded_lines(script.module, script.path))

    # What the script can find out ----------------------------------------------------------------------------------

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect."""
        return self._sender.environment.dialect

    @property
    def transactional_ddl(self) -> bool:
        """Whether DDL is rolled back with its transaction."""
        return self._sender.environment.transactional_ddl

    @property
    def x(self) -> Mapping[str, str]:
        """The ``-x`` arguments."""
        return self._sender.environment.x

    @property
    def convention(self) -> Convention | None:
        """The models' naming convention."""
        return self._sender.environment.convention()

    @property
    def version_table(self) -> TableName:
        """The table that holds the applied revisions."""
        return self._sender.environment.version_table

    def normal(self, table: Table) -> Table:
        """Return *table* in the database's normal form."""
        return self._sender.environment.normal(table)

    # What it asks for ----------------------------------------------------------------------------------------------

    def submit(self, operations: Sequence[Operation]) -> None:
        """Let *operations* wait, or send them at once where the script may catch their error."""
        if self._depth or not self._is_guarded():
            self._waiting.extend(operations)
        elif operations:
            self.flush()
            self._sender.send(Group(operations=tuple(operations), alone=True))

    def execute(self, operation: Operation) -> None:
        """Send all earlier operations, then *operation*."""
        self.flush()
        self._sender.send(Group(operations=(operation,), alone=self._is_guarded()))

    def flush(self, *, alone: bool = False) -> None:
        """Send the pending operations, before something that may depend on them."""
        if self._waiting:
            operations, self._waiting = tuple(self._waiting), []
            self._sender.send(Group(operations=operations, alone=alone))

    def table(self, name: TableName) -> Table | None:
        """Return a table as it is after all earlier operations; None if it does not exist or is not known."""
        self.flush()
        return self._sender.table(name)

    def bind(self) -> sa.Connection:
        """Return the connection, after sending all earlier operations."""
        self.flush()
        return self._sender.connection()

    @contextmanager
    def group(self) -> Iterator[None]:
        """Send the operations of the block as one group. An error in the block discards those that were not sent."""
        alone = not self._depth and self._is_guarded()
        if alone:
            self.flush()
        start = len(self._waiting)
        self._depth += 1
        try:
            yield
        except BaseException:
            del self._waiting[start:]
            raise
        finally:
            self._depth -= 1
        if alone:
            self.flush(alone=True)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Send earlier operations before the block, and those of the block inside it, outside any transaction."""
        self.flush()
        with self._sender.outside_transaction():
            yield
            self.flush()

    def _is_guarded(self) -> bool:
        """Whether the script or a helper may catch the error of the operation being called: it must be raised here."""
        frame = caller()
        if frame is None:
            return False
        if frame.f_code.co_filename != self._path:
            return True
        while self._guarded and frame is not None:
            if frame.f_code.co_filename == self._path and frame.f_lineno in self._guarded:
                return True
            frame = frame.f_back
        return False
