"""Run scripts against a recorder instead of a database: their operations, or why they cannot be known.

A script runs with `op` bound to the recorder and no connection. ``op.get_bind().dialect``, ``op.get_context()`` and
``op.execute(text)`` work; whatever would need an answer from a database ends the recording of that script.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from schemashift.objects import KINDS
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
from schemashift.scripts.load import Script


class NeedsDatabase(Exception):
    """The script asked for something that only a database can answer."""


class Recording(NamedTuple):
    """What a script does, in the groups that it is compiled in. ``reason`` is why that is not all of it, None where it
    is.

    ``leaves_transaction`` says that a part of it runs outside of any transaction (``op.autocommit_block()``).
    """

    groups: tuple[Group, ...]
    reason: str | None = None
    leaves_transaction: bool = False

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations, in order."""
        return tuple(operation for group in self.groups for operation in group.operations)

    def statements(self, dialect: Dialect, database: OfflineDatabase) -> Iterator[Statement]:
        """What a run of the script sends to a database like *database* (`Dialect.offline`). Raises what compiling
        raises."""
        for group in self.groups:
            for statement in dialect.compile(group.operations, database.known):
                yield statement
                database.follow(statement)


def record(
    script: Script,
    direction: Literal["upgrade", "downgrade"],
    dialect: Dialect,
    *,
    x: Mapping[str, str] | None = None,
) -> Recording:
    """Run one script against a recorder. Never raises for what the script does: that is the recording's reason."""
    recorder = Recorder(dialect, x or {}, script)
    function = script.upgrade if direction == "upgrade" else script.downgrade
    try:
        with op.running(recorder.buffer):
            function()
    except NeedsDatabase:
        pass
    except (Exception, SystemExit) as error:  # noqa: BLE001  a script may raise anything
        recorder.stop(f"{type(error).__name__}: {error}".partition("\n")[0])
    return recorder.recording()


def replay(scripts: Iterable[Script], dialect: Dialect, *, x: Mapping[str, str] | None = None) -> Reading:
    """The schema that the upgrades of *scripts*, in order, leave on an empty database, as far as it can be known.

    There is a doubt about each script that does more than is known: where its recording ends before its end, where an
    operation lacks what it changes, and where it sends DDL of its own.
    """
    reading = Reading(schema=Schema())
    for script in scripts:
        recording = record(script, "upgrade", dialect, x=x)
        schema, reasons = _applied(recording.operations, reading.schema, dialect)
        reasons += [recording.reason] if recording.reason is not None else []
        doubts = (_doubt(script, reason) for reason in reasons)
        reading = Reading(schema=schema, doubts=(*reading.doubts, *doubts))
    return replace(reading, schema=_normal(reading.schema, dialect))


def _applied(operations: Iterable[Operation], schema: Schema, dialect: Dialect) -> tuple[Schema, list[str]]:
    """*schema* after *operations*, and why it may be something else."""
    reasons = []
    for operation in operations:
        if isinstance(operation, _ABOUT_ROWS):
            reasons += [f"it sends SQL of its own: {sent}" for sent in _ddl(operation)]
            continue
        try:
            schema = dialect.applied(schema, operation)
        except (Incomplete, SchemashiftError) as error:
            # The table came from elsewhere, or from a part that could not be recorded.
            reasons.append(f"{operation.describe()}: {error}")
    return schema, reasons


def _ddl(operation: Operation) -> Iterator[str]:
    """The statement of an `Execute` that may change the schema."""
    if isinstance(operation, Execute):
        text = _short(operation.statement)
        is_ddl = isinstance(operation.statement, sa.schema.ExecutableDDLElement)
        if is_ddl or text.partition(" ")[0].upper() in _DDL:
            yield text


_ABOUT_ROWS = (Backfill, BackfillNumbers, BulkInsert, Execute, InsertMissingRows)
"""The operations that leave the schema as it is, but for what an `Execute` may send."""

_DDL = frozenset({"ALTER", "COMMENT", "CREATE", "DO", "DROP", "RENAME"})
"""The words that begin a statement which may change the schema."""


def _doubt(script: Script, reason: str) -> Doubt:
    return Doubt(about=Key("revision", None, script.revision.id), what="replayed", reason=reason)


def _normal(schema: Schema, dialect: Dialect) -> Schema:
    """*schema* in the dialect's normal form, as the models and the database are."""
    kinds = by_kind(KINDS)
    return Schema(
        dialect.normal(thing) if isinstance(thing, Table) else kinds[thing.key.kind].normal(thing, dialect)
        for thing in schema.values()
    )


class Recorder:
    """Takes down what a script asks for. A `Sender` without a database; without a *script* nothing waits."""

    def __init__(self, dialect: Dialect, x: Mapping[str, str], script: Script | None = None) -> None:
        self.environment = Environment(
            dialect=dialect.sa, normal=dialect.normal, version_table=TableName("version"), x=x
        )
        self.buffer = Buffer(self) if script is None else Buffer.of(self, script)
        self._groups: list[Group] = []
        self._reason: str | None = None
        self._leaves_transaction = False

    def recording(self) -> Recording:
        """What was taken down so far."""
        self.buffer.flush()
        return Recording(tuple(self._groups), self._reason, self._leaves_transaction)

    def send(self, group: Group) -> None:
        """Take a group down; nothing counts any more behind an unknown answer."""
        if self._reason is None:
            self._groups.append(group)

    def take_down(self, statement: object) -> None:
        """A statement that the script sends over its connection: what waits comes before it."""
        self.buffer.flush()
        self.send(Group(operations=(Execute(statement=statement, origin=origin()),)))

    def table(self, name: TableName) -> Table | None:
        """What a table is now is not known here."""
        del name
        return None

    def connection(self) -> sa.Connection:
        """A connection to nothing."""
        return Silent(self)

    @contextmanager
    def outside_transaction(self) -> Iterator[None]:
        """Remember that there was a part outside."""
        self._leaves_transaction = True
        yield

    def stop(self, reason: str) -> None:
        """What comes from now on depends on an unknown answer. The first reason stays."""
        self.buffer.flush()
        if self._reason is None:
            self._reason = reason

    def refuse(self, what: str) -> NoReturn:
        """Stop, and get out of the script. Where the script catches that, its recording has ended all the same."""
        self.stop(f"it asks the database: {what}")
        raise NeedsDatabase(what)


class Silent(sa.Connection):
    """A connection to nothing: it knows its dialect, takes statements down, and has no answer."""

    def __init__(self, recorder: Recorder) -> None:
        def connect() -> NoReturn:
            recorder.refuse("a connection")

        dialect = recorder.environment.dialect
        self.dialect = dialect
        self.engine = sa.Engine(NullPool(connect), dialect, sa.URL.create(dialect.name))
        self._recorder = recorder
        self._execution_options = self.engine.get_execution_options()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name not in _KNOWN:
            self._recorder.refuse(f"connection.{name}")
        return super().__getattribute__(name)

    def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        """Take a statement down; one that returns rows has no answer."""
        del parameters, execution_options
        if getattr(statement, "is_select", False) or getattr(statement, "_returning", ()):
            self._recorder.refuse(_short(statement))
        self._recorder.take_down(statement)
        return _NoResult(self._recorder, _short(statement))

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """The same for text."""
        return self.execute(sa.text(statement.replace(":", r"\:")), parameters, execution_options=execution_options)

    def scalar(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> NoReturn:
        """There is no database to answer."""
        del parameters, execution_options
        self._recorder.refuse(_short(statement))

    def scalars(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> NoReturn:
        """There is no database to answer."""
        del parameters, execution_options
        self._recorder.refuse(_short(statement))

    def __repr__(self) -> str:
        return f"<no connection, {self.dialect.name}>"


_KNOWN = frozenset({"dialect", "engine", "execute", "exec_driver_sql", "scalar", "scalars"})


class _NoResult:
    """What a statement returned that was only taken down."""

    def __init__(self, recorder: Recorder, statement: str) -> None:
        self.__recorder = recorder
        self.__statement = statement

    def __getattr__(self, name: str) -> NoReturn:
        self.__recorder.refuse(self.__statement)

    def __iter__(self) -> NoReturn:
        self.__recorder.refuse(self.__statement)


def _short(statement: object) -> str:
    try:
        first = " ".join(str(statement).split())
    except Exception:  # noqa: BLE001  some DDL of SQLAlchemy's dialects has no text without them
        first = type(statement).__name__
    return first if len(first) <= 60 else first[:57] + "..."
