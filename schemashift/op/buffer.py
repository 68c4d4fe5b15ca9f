"""What is compiled together: operations wait in a `Buffer` until something else happens, and leave it as a `Group`.

Running a script, recording it and loading it differ in what becomes of a group: each is a `Sender`. What makes a group
is the same for all of them, so that the SQL of a recording is the SQL of the run:

- operations wait until the script does something that may see them done: it runs a statement of its own, asks for the
  connection or for a table, sends a statement over a connection it took earlier, enters or leaves an autocommit block,
  or ends;
- ``batch_alter_table`` is one group;
- where the script may catch an operation's error, the error must come out at that line: the operation does not wait,
  and is a group alone. So it is inside a ``try`` with handlers, inside ``contextlib.suppress``, and in another file.
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
    """Without models nothing is named."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Operations that are compiled together.

    ``alone`` says that the script may catch an error and go on: then nothing of the group may stay, where the database
    can take it back.
    """

    operations: tuple[Operation, ...]
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a script may know without asking the database; the same as in `Running`."""

    dialect: sa.Dialect
    normal: Callable[[Table], Table]
    version_table: TableName
    x: Mapping[str, str] = field(default_factory=dict)
    convention: Callable[[], Convention | None] = no_convention


class Sender(Protocol):
    """What becomes of the groups of a script: whoever runs, records or prints them."""

    @property
    def environment(self) -> Environment:
        """What the script may know."""

    def send(self, group: Group) -> None:
        """Take a group, before anything that comes after it."""

    def table(self, name: TableName) -> Table | None:
        """A table as it is now; None where there is none, or nobody knows."""

    def connection(self) -> sa.Connection:
        """What the script gets for the connection."""

    def outside_transaction(self) -> AbstractContextManager[None]:
        """What is sent inside runs outside of any transaction."""


class Buffer:
    """The operations of a script that wait. Implements `Running`.

    *path* is the script's file, and *guarded* are the lines of it where an error may be caught; without a path nothing
    waits.
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
        """The buffer for *script*."""
        return cls(sender, path=script.path, guarded=guarded_lines(script.module, script.path))

    # What the script may know --------------------------------------------------------------------------------------

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect."""
        return self._sender.environment.dialect

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
        """The table that holds what is applied."""
        return self._sender.environment.version_table

    def normal(self, table: Table) -> Table:
        """*table* in the database's normal form."""
        return self._sender.environment.normal(table)

    # What it asks for ----------------------------------------------------------------------------------------------

    def submit(self, operations: Sequence[Operation]) -> None:
        """Have *operations* wait; send them at once where somebody waits for their error."""
        if self._depth or not self._is_guarded():
            self._waiting.extend(operations)
        elif operations:
            self.flush()
            self._sender.send(Group(operations=tuple(operations), alone=True))

    def execute(self, operation: Operation) -> None:
        """Send everything before, then *operation*."""
        self.flush()
        self._sender.send(Group(operations=(operation,), alone=self._is_guarded()))

    def flush(self, *, alone: bool = False) -> None:
        """Send what waits: something is about to happen that may see it done."""
        if self._waiting:
            operations, self._waiting = tuple(self._waiting), []
            self._sender.send(Group(operations=operations, alone=alone))

    def table(self, name: TableName) -> Table | None:
        """A table as it is with everything done that was asked for."""
        self.flush()
        return self._sender.table(name)

    def bind(self) -> sa.Connection:
        """The connection, with everything done that was asked for."""
        self.flush()
        return self._sender.connection()

    @contextmanager
    def group(self) -> Iterator[None]:
        """One group, wherever it stands. An error in the block takes back what it asked for and was not sent."""
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
        """What came before is sent before the block, and what is in it inside."""
        self.flush()
        with self._sender.outside_transaction():
            yield
            self.flush()

    def _is_guarded(self) -> bool:
        """Whether somebody may catch the error of the operation that is being called: then it must come out here."""
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
