"""The ``version`` table: which revisions are applied, since when, and which are in flight. No other code writes to it.

There is one row for each applied revision. A row whose status is not "applied" belongs to a migration that is running,
or that was left half applied by a database that commits DDL at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

import sqlalchemy as sa

from schemashift.dialects import class_for
from schemashift.dialects.session import user_at_host
from schemashift.errors import ForeignVersionTable
from schemashift.schema import TableName

Status = Literal["applied", "upgrading", "downgrading"]

_COLUMNS = ("revision", "status", "applied_at", "duration_ms", "checksum", "applied_by", "step", "steps", "error")
_LONGEST_ERROR = 2_000
_LONGEST_NAME = 255


class _Moment(sa.TypeDecorator[datetime]):
    """A time with microseconds, by which the rows are ordered."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """Return the type of *dialect*."""
        return dialect.type_descriptor(class_for(dialect).moment_type())


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One row. ``applied_at`` is in UTC; ``checksum`` is that of the script as it ran, None if it was stamped.

    For a migration in flight, ``step`` of ``steps`` statements were sent (``steps`` is None if they cannot be counted),
    and ``error`` is why it stopped.
    """

    revision: str
    status: Status = "applied"
    applied_at: datetime
    duration_ms: int | None = None
    checksum: str | None = None
    applied_by: str = ""
    step: int | None = None
    steps: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The contents of the table. ``exists`` is False if there is no table yet."""

    rows: tuple[Applied, ...] = ()
    exists: bool = False

    @property
    def applied(self) -> frozenset[str]:
        """The applied revisions. A downgrade that is in flight leaves its revision applied: it can be run again."""
        return frozenset(row.revision for row in self.rows if row.status != "upgrading")

    @property
    def in_flight(self) -> tuple[Applied, ...]:
        """The migrations that were begun and not finished."""
        return tuple(row for row in self.rows if row.status != "applied")

    def row(self, revision: str) -> Applied | None:
        """Return the row of a revision, in flight or not; None if it has none."""
        return next((row for row in self.rows if row.revision == revision), None)


class VersionTable:
    """The table called *name*. Its methods use the connection they are given and never commit."""

    def __init__(self, name: TableName | str = "version") -> None:
        self.name = name if isinstance(name, TableName) else TableName(name)
        self.table = _table(self.name)
        key = self.table.c.revision == sa.bindparam("key")
        # Created once, so that SQLAlchemy finds their compiled text by identity.
        self._insert = self.table.insert()
        self._delete = self.table.delete().where(key)
        self._finish = self.table.update().where(key)

    def read(self, connection: sa.Connection) -> State:
        """Return the revisions that are applied or in flight, oldest first. Nothing is created; without a table, the
        state is empty.

        Raises `ForeignVersionTable` if the table of that name was not created by schemashift.
        """
        if not connection.dialect.has_table(connection, self.name.name, schema=self.name.schema):
            return State()
        # Every column by whatever name: a statement that failed would end the transaction on PostgreSQL.
        quoted = connection.dialect.identifier_preparer.format_table(self.table)
        types = {column.name: column.type for column in self.table.columns}
        rows = connection.execute(sa.text(f"SELECT * FROM {quoted}").columns(**types))
        if not set(_COLUMNS).issubset(rows.keys()):
            rows.close()
            raise self._foreign()
        applied = sorted((_applied(row) for row in rows.mappings()), key=lambda row: (row.applied_at, row.revision))
        return State(rows=tuple(applied), exists=True)

    def _foreign(self) -> ForeignVersionTable:
        return ForeignVersionTable(
            f'the table "{self.name}" was not created by schemashift, which keeps its state under this name',
            cause=f"it lacks some of the columns {', '.join(_COLUMNS)}",
            state="nothing was written",
            hints=['version_table = "schemashift_version"    in the configuration chooses another name'],
        )

    def create(self, connection: sa.Connection) -> None:
        """Create the table. Raises a database error if it exists already."""
        self.table.create(connection, checkfirst=False)

    def record(
        self,
        connection: sa.Connection,
        revision: str,
        *,
        checksum: str | None = None,
        duration_ms: int | None = None,
        applied_at: datetime | None = None,
    ) -> None:
        """Record a revision as applied. Raises a database error if it has a row, written by another process."""
        _send(
            connection,
            self._insert,
            {
                "revision": revision,
                "status": "applied",
                "applied_at": _utc(applied_at),
                "duration_ms": duration_ms,
                "checksum": checksum,
                "applied_by": user_at_host()[:_LONGEST_NAME],
            },
        )

    def remove(self, connection: sa.Connection, revision: str) -> bool:
        """Delete the row of a revision, whatever its status. Return False if there was none."""
        return _send(connection, self._delete, {"key": revision}).rowcount != 0

    def stamp(
        self, connection: sa.Connection, revisions: Collection[str], *, checksums: dict[str, str] | None = None
    ) -> None:
        """Record exactly *revisions* as applied, and none as in flight. Creates the table if it does not exist."""
        state = self.read(connection)
        if not state.exists:
            self.create(connection)
        kept = {row.revision for row in state.rows if row.status == "applied"}
        for row in state.rows:
            if row.revision not in revisions or row.revision not in kept:
                self.remove(connection, row.revision)
        for revision in sorted(set(revisions) - kept):
            self.record(connection, revision, checksum=(checksums or {}).get(revision))

    # The journal, where DDL is not transactional ---------------------------------------------------------------------

    def begin(
        self,
        connection: sa.Connection,
        revision: str,
        status: Status,
        *,
        step: int,
        checksum: str | None,
        replace: bool,
    ) -> None:
        """Record a migration as in flight and about to send statement number *step*.

        *replace* is True if it has a row, either applied or left by a failed run.
        """
        values: dict[str, Any] = {"status": status, "step": step, "steps": None, "error": None}
        if replace:
            _send(connection, self._finish, {"key": revision, **values})
            return
        more = {"applied_at": _utc(None), "checksum": checksum, "applied_by": user_at_host()[:_LONGEST_NAME]}
        _send(connection, self._insert, {"revision": revision, **values, **more})

    def advance(self, connection: sa.Connection, revision: str, step: int) -> None:
        """Record that statement number *step* (from 1) is about to be sent."""
        _send(connection, self._finish, {"key": revision, "step": step})

    def fail(self, connection: sa.Connection, revision: str, *, step: int, steps: int | None, error: str) -> None:
        """Record that a migration stopped after *step* statements."""
        values = {"step": step, "steps": steps, "error": error[:_LONGEST_ERROR]}
        _send(connection, self._finish, {"key": revision, **values})

    def clear_in_flight(self, connection: sa.Connection, revision: str) -> None:
        """Clear the in-flight fields of an applied revision."""
        values = {"status": "applied", "step": None, "steps": None, "error": None}
        _send(connection, self._finish, {"key": revision, **values})

    def finish(self, connection: sa.Connection, revision: str, *, checksum: str | None, duration_ms: int) -> None:
        """Record the migration in flight as applied."""
        _send(
            connection,
            self._finish,
            {
                "key": revision,
                "status": "applied",
                "applied_at": _utc(None),
                "duration_ms": duration_ms,
                "checksum": checksum,
                "applied_by": user_at_host()[:_LONGEST_NAME],
                "step": None,
                "steps": None,
                "error": None,
            },
        )


def _send(connection: sa.Connection, statement: sa.UpdateBase, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
    """Execute a statement on the table where it is, even if a script sets a ``schema_translate_map`` for its
    connection."""
    return connection.execute(statement, values, execution_options={"schema_translate_map": None})


def _table(name: TableName) -> sa.Table:
    return sa.Table(
        name.name,
        sa.MetaData(),
        sa.Column("revision", sa.String(255), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("applied_at", _Moment, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("checksum", sa.String(64)),
        sa.Column("applied_by", sa.String(_LONGEST_NAME), nullable=False),
        sa.Column("step", sa.Integer),
        sa.Column("steps", sa.Integer),
        sa.Column("error", sa.Text),
        schema=name.schema,
    )


def _utc(moment: datetime | None) -> datetime:
    """Return *moment* (now, if None) in UTC without a time zone, which every database stores unchanged."""
    moment = moment or datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None)


def _applied(row: Mapping[Any, Any]) -> Applied:
    values = {name: row[name] for name in _COLUMNS}
    values["applied_at"] = cast("datetime", values["applied_at"]).replace(tzinfo=UTC)
    return Applied(**values)
