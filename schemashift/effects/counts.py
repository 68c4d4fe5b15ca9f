"""What a plan would delete: the values and rows that are there now, counted before anything runs.

A script that can drop something is run against a recorder, so one that asks the database something says no more than it
got to. One that cannot is not run: what else it does (print, call a service) must not happen twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.operations import Operation
from schemashift.operations.facts import DeletesRows, DeletesValues, Fact, NeedsValue
from schemashift.results import Loss
from schemashift.revisions import Plan
from schemashift.schema import Table, TableName
from schemashift.scripts.load import Script
from schemashift.scripts.survey import may_call
from schemashift.sources.replay import record

DELETING = frozenset({"drop_column", "drop_table"})
"""The functions of ``op`` that delete rows or values."""

MOST = 1_000_000
"""More are not counted: a question must not take longer than its answer is worth."""


def data_loss(
    connection: sa.Connection, plan: Plan, scripts: Mapping[str, Script], dialect: Dialect, x: Mapping[str, str]
) -> tuple[Loss, ...]:
    """Return a `Loss` for each step that drops what holds data. *scripts* by revision."""
    found = []
    counter = _Counter(connection, dialect)
    for step in plan.steps:
        if step.direction != "stamp":
            script = scripts[step.revision.id]
            function = script.upgrade if step.direction == "upgrade" else script.downgrade
            if not may_call(function, DELETING, stop="schemashift.op"):
                continue
            operations = record(script, step.direction, dialect, x=x).operations
            what = tuple(counter.deleted(_facts(operations)))
            found += [Loss(step.revision, what)] if what else []
    return tuple(found)


def warnings_for(connection: sa.Connection, operations: Iterable[Operation], dialect: Dialect) -> tuple[str, ...]:
    """Return what a new script would do to the rows that are there: delete values, or fail where they need some."""
    counter = _Counter(connection, dialect)
    facts = _facts(operations)
    deleted = [f"this deletes {each}, which a downgrade cannot bring back" for each in counter.deleted(facts)]
    return (*counter.lacking(facts), *deleted)


def _facts(operations: Iterable[Operation]) -> tuple[Fact, ...]:
    return tuple(fact for operation in operations for fact in operation.effects())


class _Counter:
    """Counts what is there, and nothing twice."""

    def __init__(self, connection: sa.Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self._tables: dict[TableName, Table | None] = {}
        self._counted: set[tuple[TableName, str]] = set()

    def deleted(self, facts: Iterable[Fact]) -> Iterator[str]:
        """``users.name (1,204 values)``, ``orders (51,880 rows)``."""
        for fact in facts:
            match fact:
                case DeletesValues():
                    yield from self._deleted(fact.table, fact.column)
                case DeletesRows():
                    yield from self._deleted(fact.table, "")

    def lacking(self, facts: Iterable[Fact]) -> Iterator[str]:
        """Columns that rows must have a value for, and nothing says which."""
        for fact in facts:
            if isinstance(fact, NeedsValue) and self._is_there(fact.table, ""):
                rows = self._count(fact.table, "")
                if rows:
                    yield (
                        f"{fact.table}.{fact.column} is NOT NULL without a server default, and {fact.table} has "
                        f"{_number(rows, 'row')}: give it one, or add it nullable and fill it first"
                    )

    def _deleted(self, table: TableName, column: str) -> Iterator[str]:
        if (table, column) in self._counted or not self._is_there(table, column):
            return
        self._counted.add((table, column))
        count = self._count(table, column)
        noun = "value" if column else "row"
        if count:
            yield f"{table}{'.' if column else ''}{column} ({_number(count, noun)})"

    def _is_there(self, name: TableName, column: str) -> bool:
        if name not in self._tables:
            self._tables[name] = self._dialect.read(self._connection, [name]).schema.table(name)
        table = self._tables[name]
        if table is None:
            return not column and self._can_be_read(name)
        return not column or any(self._dialect.is_same_name(each.name, column) for each in table.columns)

    def _can_be_read(self, name: TableName) -> bool:
        """Whether a table is there that the reader leaves out: a virtual one, or SQLite's in another case."""
        savepoint = self._connection.begin_nested()
        try:
            self._count(name, "")
        except sa.exc.DBAPIError:
            return False
        finally:
            savepoint.rollback()
        return True

    def _count(self, table: TableName, column: str) -> int:
        here: Any = sa.table(table.name, sa.column(column or "x"), schema=table.schema)
        rows = sa.select(sa.literal(1).label("one")).select_from(here).limit(MOST + 1)
        if column:
            rows = rows.where(here.c[column].is_not(None))
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one())


def _number(count: int, noun: str) -> str:
    number = f"more than {MOST:,}" if count > MOST else f"{count:,}"
    return f"{number} {noun}{'' if count == 1 else 's'}"
