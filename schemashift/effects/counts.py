"""Count the values and rows that a plan would delete, before anything runs.

A script that may drop something is run against a recorder; if it asks the database something, only the operations
before that are known. A script that cannot drop anything is not run: its side effects (printing, calling a service)
must not happen twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.op.buffer import Environment
from schemashift.operations import Operation
from schemashift.operations.facts import DeletesRows, DeletesValues, Fact, NeedsValue
from schemashift.results import Loss
from schemashift.revisions import Plan
from schemashift.schema import Table, TableName
from schemashift.scripts.load import Script
from schemashift.scripts.survey import may_call
from schemashift.sources.replay import record
from schemashift.words import plural

DELETING = frozenset({"drop_column", "drop_table"})
"""The functions of ``op`` that delete rows or values."""

MAX_COUNT = 1_000_000
"""Counting stops here, so that the question does not take too long."""


def data_loss(
    connection: sa.Connection, plan: Plan, scripts: Mapping[str, Script], dialect: Dialect, environment: Environment
) -> tuple[Loss, ...]:
    """Return a `Loss` for each step that drops something that holds data. *scripts* maps revisions to scripts."""
    losses = []
    counter = _Counter(connection, dialect)
    for step in plan.steps:
        if step.direction != "stamp":
            script = scripts[step.revision.id]
            function = script.upgrade if step.direction == "upgrade" else script.downgrade
            if not may_call(function, DELETING, stop="schemashift.op"):
                continue
            operations = record(script, step.direction, environment).operations
            what = tuple(counter.deleted(_facts(operations)))
            losses += [Loss(step.revision, what)] if what else []
    return tuple(losses)


def warnings_for(connection: sa.Connection, operations: Iterable[Operation], dialect: Dialect) -> tuple[str, ...]:
    """Return warnings about the effect of a new script on existing rows: values it deletes, or needs and lacks."""
    counter = _Counter(connection, dialect)
    facts = _facts(operations)
    deleted = [f"this deletes {what}, which a downgrade cannot bring back" for what in counter.deleted(facts)]
    return (*counter.lacking(facts), *deleted)


def _facts(operations: Iterable[Operation]) -> tuple[Fact, ...]:
    return tuple(fact for operation in operations for fact in operation.effects())


class _Counter:
    """Counts existing rows and values, none of them twice."""

    def __init__(self, connection: sa.Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self._tables: dict[TableName, Table | None] = {}
        self._counted: set[tuple[TableName, str]] = set()

    def deleted(self, facts: Iterable[Fact]) -> Iterator[str]:
        """Yield what is deleted: ``users.name (1,204 values)``, ``orders (51,880 rows)``."""
        for fact in facts:
            match fact:
                case DeletesValues():
                    yield from self._deleted(fact.table, fact.column)
                case DeletesRows():
                    yield from self._deleted(fact.table, "")

    def lacking(self, facts: Iterable[Fact]) -> Iterator[str]:
        """Yield a warning for each column that needs a value for existing rows and has none to give them."""
        for fact in facts:
            if isinstance(fact, NeedsValue) and self._exists(fact.table, ""):
                rows = self._count(fact.table, "")
                if rows:
                    yield (
                        f"{fact.table}.{fact.column} is NOT NULL without a server default, and {fact.table} has "
                        f"{_number(rows, 'row')}: give it one, or add it nullable and fill it first"
                    )

    def _deleted(self, table: TableName, column: str) -> Iterator[str]:
        if (table, column) in self._counted or not self._exists(table, column):
            return
        self._counted.add((table, column))
        count = self._count(table, column)
        noun = "value" if column else "row"
        if count:
            yield f"{table}{'.' if column else ''}{column} ({_number(count, noun)})"

    def _exists(self, name: TableName, column: str) -> bool:
        if name not in self._tables:
            self._tables[name] = self._dialect.read(self._connection, [name]).schema.table(name)
        table = self._tables[name]
        if table is None:
            return not column and self._can_be_read(name)
        return not column or any(self._dialect.is_same_name(other.name, column) for other in table.columns)

    def _can_be_read(self, name: TableName) -> bool:
        """Whether a table exists that the reader leaves out: a virtual table, or on SQLite a name in another case."""
        savepoint = self._connection.begin_nested()
        try:
            self._count(name, "")
        except sa.exc.DBAPIError:
            return False
        finally:
            savepoint.rollback()
        return True

    def _count(self, table: TableName, column: str) -> int:
        source: Any = sa.table(table.name, sa.column(column or "x"), schema=table.schema)
        rows = sa.select(sa.literal(1).label("one")).select_from(source).limit(MAX_COUNT + 1)
        if column:
            rows = rows.where(source.c[column].is_not(None))
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one())


def _number(count: int, noun: str) -> str:
    return f"more than {plural(MAX_COUNT, noun)}" if count > MAX_COUNT else plural(count, noun)
