"""Count the values and rows that a plan would delete, before anything runs.

A script that may delete something is run against a recorder. If it asks the database something, only the operations
before that are known, and if it sends SQL that deletes, that is not counted: the loss says so. A script that cannot
delete anything is not run: its side effects (printing, calling a service) must not happen twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from schemashift import op
from schemashift.dialects import Dialect
from schemashift.effects.deleting import MAY_DELETE, MAY_RENAME, is_deleting, is_renaming, sql_of
from schemashift.op.buffer import Environment
from schemashift.operations import Execute, Operation
from schemashift.operations.facts import DeletesRows, DeletesValues, NeedsValue
from schemashift.results import Loss
from schemashift.revisions import Plan
from schemashift.schema import Table, TableName
from schemashift.scripts.load import Script
from schemashift.scripts.survey import may_call
from schemashift.sources.replay import record
from schemashift.words import cut, plural

DELETING = frozenset({"drop_column", "drop_table"})
"""The functions of ``op`` that delete rows or values."""

_DELETING = DELETING | {"delete", "drop", "drop_all", "DropSchema", "DropTable"}
"""These, and the functions of SQLAlchemy that do."""

_EXECUTING = frozenset({"execute", "exec_driver_sql"})
_READING = frozenset({"open", "read_bytes", "read_text"})
"""A script that refers to both kinds of functions may execute SQL from a file."""

_RENAMING = frozenset(name for name in dir(op) if name.startswith("rename_"))

MAX_COUNT = 1_000_000
"""Counting stops here, so that the question does not take too long."""


def data_loss(
    connection: sa.Connection, plan: Plan, scripts: Mapping[str, Script], dialect: Dialect, environment: Environment
) -> tuple[Loss, ...]:
    """Return a `Loss` for each step that deletes data, or may do so. *scripts* maps revisions to scripts."""
    losses = []
    counter = _Counter(connection, dialect)
    renaming: list[tuple[Script, Literal["upgrade", "downgrade"]]] = []
    for step in plan.steps:
        if step.direction == "stamp":
            continue
        script = scripts[step.revision.id]
        function = script.upgrade if step.direction == "upgrade" else script.downgrade
        names_deletion = _may_call(function, _DELETING, text=MAY_DELETE)
        if not (names_deletion or (_may_call(function, _EXECUTING) and _may_call(function, _READING))):
            if _may_call(function, _RENAMING, text=MAY_RENAME):
                renaming.append((script, step.direction))
            continue
        for earlier, direction in renaming:
            counter.follow(record(earlier, direction, environment).operations)
        renaming.clear()
        recording = record(script, step.direction, environment)
        effects = counter.follow(recording.operations)
        uncounted = effects.uncounted
        if names_deletion and recording.reason is not None:
            uncounted += (f"may delete what cannot be counted: {recording.reason}",)
        if effects.deleted or uncounted:
            losses.append(Loss(step.revision, effects.deleted, uncounted))
    return tuple(losses)


def warnings_for(connection: sa.Connection, operations: Iterable[Operation], dialect: Dialect) -> tuple[str, ...]:
    """Return warnings about the effect of a new script on existing rows: values it deletes, or needs and lacks."""
    effects = _Counter(connection, dialect).follow(operations)
    deleted = [f"this deletes {what}, which a downgrade cannot bring back" for what in effects.deleted]
    return (*effects.lacking, *deleted)


def _may_call(function: Callable[..., object], names: Collection[str], *, text: re.Pattern[str] | None = None) -> bool:
    return may_call(function, names, stop=("schemashift.op", "sqlalchemy."), text=text)


class _Effects(NamedTuple):
    """The effects of operations on existing rows.

    ``deleted`` is counted: ``users.name (1,204 values)``, ``orders (51,880 rows)``. ``uncounted`` describes deletions
    that are not. ``lacking`` has a warning for each column that needs a value for existing rows and has none for them.
    """

    deleted: tuple[str, ...]
    uncounted: tuple[str, ...]
    lacking: tuple[str, ...]


class _Counter:
    """Counts existing rows and values, none of them twice, under the names that they have before the plan runs."""

    def __init__(self, connection: sa.Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self._tables: dict[TableName, Table | None] = {}
        self._counted: set[tuple[TableName, str]] = set()
        self._old_tables: dict[TableName, TableName | None] = {}
        self._old_columns: dict[tuple[TableName, str], str | None] = {}
        self._created: set[tuple[TableName, str]] = set()
        self._is_renamed_by_sql = False

    def follow(self, operations: Iterable[Operation]) -> _Effects:
        """Return the effects of *operations*, which run after those of earlier calls."""
        deleted: list[str] = []
        uncounted: list[str] = []
        lacking: list[str] = []
        for operation in operations:
            for fact in self._dialect.effects(operation):
                match fact:
                    case DeletesValues():
                        self._delete(fact.table, fact.column, deleted, uncounted)
                    case DeletesRows():
                        self._delete(fact.table, "", deleted, uncounted)
                    case NeedsValue():
                        lacking += self._lacking(fact)
            if isinstance(operation, Execute):
                uncounted += self._executed(operation.statement)
            self._note_names(operation)
        return _Effects(tuple(deleted), tuple(dict.fromkeys(uncounted)), tuple(lacking))

    def _executed(self, statement: object) -> Iterator[str]:
        """Yield a description of a statement of the script that may delete something."""
        self._is_renamed_by_sql |= is_renaming(statement, self._dialect.sa)
        if is_deleting(statement, self._dialect.sa):
            text = " ".join(sql_of(statement, self._dialect.sa).split())
            yield f"executes SQL that deletes: {cut(text)}"

    # Names ------------------------------------------------------------------------------------------------------------

    def _note_names(self, operation: Operation) -> None:
        """Note the old names of what *operation* renames."""
        for key in operation.creates:
            if key.kind == "table":
                self._created.add((TableName(key.name, key.schema), ""))
        if operation.column_change[0] is None and (column := operation.column_change[1]) is not None:
            self._created.add((operation.touches[0], column.name))
        if operation.table_rename is not None:
            old, new = operation.table_rename
            self._old_tables[new], self._old_tables[old] = self._old_table(old), None
        elif operation.column_rename is not None:
            table = self._old_table(operation.touches[0])
            if table is not None:
                before, after = operation.column_rename
                old_name = self._old_column(table, before)
                self._old_columns[table, before] = None
                self._old_columns[table, after] = old_name

    def _old_table(self, name: TableName) -> TableName | None:
        """Return the name that a table has before the plan runs; None if it is created by the plan."""
        return self._old_tables.get(name, name)

    def _old_column(self, table: TableName, name: str) -> str | None:
        """Return the name that a column has before the plan runs. *table* is the old name of its table."""
        for (other_table, other), old in self._old_columns.items():
            if other_table == table and self._dialect.is_same_name(other, name):
                return old
        return name

    # Counts -----------------------------------------------------------------------------------------------------------

    def _delete(self, table: TableName, column: str, deleted: list[str], uncounted: list[str]) -> None:
        """Count the rows of *table*, or the values of its *column*, and add them to *deleted*."""
        old_table = self._old_table(table)
        old_column = column if old_table is None else self._old_column(old_table, column) if column else ""
        if old_table is None or old_column is None or (old_table, old_column) in self._counted:
            return
        name = f"{old_table}{'.' if old_column else ''}{old_column}"
        if not self._exists(old_table, old_column):
            if self._is_renamed_by_sql and (table, column) not in self._created:
                uncounted.append(f"drops {name}, which cannot be counted")
            return
        self._counted.add((old_table, old_column))
        count = self._count(old_table, old_column)
        if count:
            deleted.append(f"{name} ({_number(count, 'value' if column else 'row')})")

    def _lacking(self, fact: NeedsValue) -> Iterator[str]:
        """Yield a warning if there are rows that need the value."""
        table = self._old_table(fact.table)
        rows = self._count(table, "") if table is not None and self._exists(table, "") else 0
        if rows:
            yield (
                f"{fact.table}.{fact.column} is NOT NULL without a server default, and {fact.table} has "
                f"{_number(rows, 'row')}: give it one, or add it nullable and fill it first"
            )

    def _exists(self, name: TableName, column: str) -> bool:
        if name not in self._tables:
            self._tables[name] = self._dialect.read(self._connection, [name]).schema.table(name)
        table = self._tables[name]
        if table is None:
            # The reader leaves out virtual tables and, on SQLite, a table whose name is spelled in another case.
            return not column and sa.inspect(self._connection).has_table(name.name, name.schema)
        return not column or any(self._dialect.is_same_name(other.name, column) for other in table.columns)

    def _count(self, table: TableName, column: str) -> int:
        source: Any = sa.table(table.name, sa.column(column or "x"), schema=table.schema)
        rows = sa.select(sa.literal(1).label("one")).select_from(source).limit(MAX_COUNT + 1)
        if column:
            rows = rows.where(source.c[column].is_not(None))
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one())


def _number(count: int, noun: str) -> str:
    return f"more than {plural(MAX_COUNT, noun)}" if count > MAX_COUNT else plural(count, noun)
