"""Run scripts against a recorder instead of a database, to find out their operations or why these cannot be known.

A script runs with `op` bound to the recorder and without a connection. ``op.get_bind().dialect``, ``op.get_context()``
and ``op.execute(text)`` work; whatever needs an answer from a database ends the recording of that script.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, NamedTuple, NoReturn

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from schemashift import op
from schemashift.dialects import Dialect, Statement
from schemashift.dialects.offline import OfflineDatabase
from schemashift.diff import by_kind
from schemashift.errors import SchemashiftError
from schemashift.objects import KINDS, AnyKind
from schemashift.op.buffer import Buffer, Environment, Group
from schemashift.op.running import origin
from schemashift.operations import (
    Backfill,
    BackfillNumbers,
    BulkInsert,
    Execute,
    Incomplete,
    InsertMissingRows,
    Operation,
)
from schemashift.schema import Doubt, Key, Reading, Schema, Table, TableName
from schemashift.scripts.load import Script, call
from schemashift.words import cut


class NeedsDatabase(Exception):
    """The script asked for something that only a database can answer."""


class Recording(NamedTuple):
    """The operations of a script, in the groups that are compiled together.

    ``reason`` tells why the recording is incomplete; it is None if it is complete. ``leaves_transaction`` is True if a
    part of the script runs outside any transaction (``op.autocommit_block()``).
    """

    groups: tuple[Group, ...]
    reason: str | None = None
    leaves_transaction: bool = False

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations, in order."""
        return tuple(operation for group in self.groups for operation in group.operations)

    def statements(self, dialect: Dialect, database: OfflineDatabase) -> Iterator[Statement]:
        """Yield the statements that a run of the script sends to a database like *database* (see `Dialect.offline`).

        Raises whatever compiling raises.
        """
        for group in self.groups:
            for statement in dialect.compile(group.operations, database.live):
                yield statement
                database.follow(statement)


def record(script: Script, direction: Literal["upgrade", "downgrade"], environment: Environment) -> Recording:
    """Run one script against a recorder. An error raised by the script becomes the reason of the recording.

    With the *environment* of a run, the operations are those of the run.
    """
    recorder = Recorder(environment, script)
    function = script.upgrade if direction == "upgrade" else script.downgrade
    try:
        with op.running(recorder.buffer):
            call(function)
    except NeedsDatabase:
        pass
    except (Exception, SystemExit) as error:  # noqa: BLE001  a script may raise anything
        recorder.stop(f"{type(error).__name__}: {error}".partition("\n")[0])
    return recorder.recording()


def replay(
    scripts: Iterable[Script], dialect: Dialect, environment: Environment, *, kinds: Sequence[AnyKind] = KINDS
) -> Reading:
    """Return the schema that the upgrades of *scripts*, in order, create on an empty database, as far as it is known.

    There is a doubt for each reason why a script may do more: its recording is incomplete, the object that an operation
    changes is not known, or it executes a statement that may change the schema. *kinds* are the kinds of objects other
    than tables.
    """
    reading = Reading(schema=Schema())
    for script in scripts:
        recording = record(script, "upgrade", environment)
        schema, reasons = _applied(recording.operations, reading.schema, dialect)
        reasons += [recording.reason] if recording.reason is not None else []
        doubts = (_doubt(script, reason) for reason in reasons)
        reading = Reading(schema=schema, doubts=(*reading.doubts, *doubts))
    return replace(reading, schema=_normal(reading.schema, dialect, kinds))


def _applied(operations: Iterable[Operation], schema: Schema, dialect: Dialect) -> tuple[Schema, list[str]]:
    """Return *schema* after *operations*, and the reasons why it may be different."""
    reasons = []
    for operation in operations:
        if isinstance(operation, _NO_SCHEMA_CHANGE):
            reasons += [f"it sends SQL of its own: {sql}" for sql in _ddl(operation, dialect)]
            continue
        try:
            schema = dialect.applied(schema, operation)
        except (Incomplete, SchemashiftError) as error:
            # The table was created outside the scripts, or by a part that could not be recorded.
            reasons.append(f"{operation.describe()}: {error}")
    return schema, reasons


def _ddl(operation: Operation, dialect: Dialect) -> Iterator[str]:
    """Yield the statement of an `Execute` if it may change the schema."""
    if isinstance(operation, Execute):
        is_dml = getattr(operation.statement, "is_dml", False)
        if not is_dml and dialect.session_class.changes_schema(_text(operation.statement)):
            yield _short(operation.statement)


_NO_SCHEMA_CHANGE = (Backfill, BackfillNumbers, BulkInsert, Execute, InsertMissingRows)
"""The operations that do not change the schema, except for the statement of an `Execute`."""


def _doubt(script: Script, reason: str) -> Doubt:
    return Doubt(about=Key("revision", None, script.revision.id), what="replayed", reason=reason)


def _normal(schema: Schema, dialect: Dialect, kinds: Sequence[AnyKind]) -> Schema:
    """Return *schema* in the dialect's normal form, as for the models and the database."""
    by_name = by_kind(kinds)
    return Schema(
        dialect.normal(thing) if isinstance(thing, Table) else by_name[thing.key.kind].normal(thing, dialect)
        for thing in schema.values()
    )


class Recorder:
    """Records the operations of a script: a `Sender` without a database. Without a *script*, no operation waits."""

    def __init__(self, environment: Environment, script: Script | None = None) -> None:
        self.environment = environment
        self.buffer = Buffer(self) if script is None else Buffer.of(self, script)
        self._groups: list[Group] = []
        self._reason: str | None = None
        self._leaves_transaction = False

    def recording(self) -> Recording:
        """Return the recording so far."""
        self.buffer.flush()
        return Recording(tuple(self._groups), self._reason, self._leaves_transaction)

    def send(self, group: Group) -> None:
        """Record a group, unless the recording has ended."""
        if self._reason is None:
            self._groups.append(group)

    def record_statement(self, statement: object) -> None:
        """Record a statement that the script sends over its connection, after the pending operations."""
        self.buffer.flush()
        self.send(Group(operations=(Execute(statement=statement, origin=origin()),)))

    def table(self, name: TableName) -> Table | None:
        """Return None: the table is not known without a database."""
        del name
        return None

    def connection(self) -> sa.Connection:
        """Return a connection that records statements and returns no results."""
        return RecordingConnection(self)

    @contextmanager
    def outside_transaction(self) -> Iterator[None]:
        """Record that a part of the script runs outside any transaction."""
        self._leaves_transaction = True
        yield

    def stop(self, reason: str) -> None:
        """End the recording: what follows depends on an unknown answer. The first reason is kept."""
        self.buffer.flush()
        if self._reason is None:
            self._reason = reason

    def refuse(self, what: str) -> NoReturn:
        """End the recording and raise `NeedsDatabase`. If the script catches that, the recording has ended anyway."""
        self.stop(f"it asks the database: {what}")
        raise NeedsDatabase(what)


class RecordingConnection(sa.Connection):
    """A connection to no database: it has a dialect, records statements, and returns no results."""

    def __init__(self, recorder: Recorder) -> None:
        def connect() -> NoReturn:
            recorder.refuse("a connection")

        dialect = recorder.environment.dialect
        self.dialect = dialect
        self.engine = sa.Engine(NullPool(connect), dialect, sa.URL.create(dialect.name))
        self._recorder = recorder
        self._execution_options = self.engine.get_execution_options()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name not in _SUPPORTED:
            self._recorder.refuse(f"connection.{name}")
        return super().__getattribute__(name)

    def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        """Record a statement. One that returns rows ends the recording."""
        del parameters, execution_options
        if getattr(statement, "is_select", False) or getattr(statement, "_returning", ()):
            self._recorder.refuse(_short(statement))
        self._recorder.record_statement(statement)
        return _NoResult(self._recorder, _short(statement))

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """Record SQL text."""
        return self.execute(sa.text(statement.replace(":", r"\:")), parameters, execution_options=execution_options)

    def scalar(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> NoReturn:
        """End the recording: there is no database to answer."""
        del parameters, execution_options
        self._recorder.refuse(_short(statement))

    def scalars(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> NoReturn:
        """End the recording: there is no database to answer."""
        del parameters, execution_options
        self._recorder.refuse(_short(statement))

    def __repr__(self) -> str:
        return f"<no connection, {self.dialect.name}>"


_SUPPORTED = frozenset({"dialect", "engine", "execute", "exec_driver_sql", "scalar", "scalars"})


class _NoResult:
    """The result of a recorded statement. Using it ends the recording."""

    def __init__(self, recorder: Recorder, statement: str) -> None:
        self.__recorder = recorder
        self.__statement = statement

    def __getattr__(self, name: str) -> NoReturn:
        self.__recorder.refuse(self.__statement)

    def __iter__(self) -> NoReturn:
        self.__recorder.refuse(self.__statement)

    def __enter__(self) -> NoReturn:
        self.__recorder.refuse(self.__statement)

    def __exit__(self, *error: object) -> None:
        """Present because a ``with`` statement requires it."""


def _text(statement: object) -> str:
    try:
        return str(statement)
    except Exception:  # noqa: BLE001  some DDL of SQLAlchemy's dialects cannot be compiled without the dialect
        return type(statement).__name__


def _short(statement: object) -> str:
    return cut(" ".join(_text(statement).split()))
