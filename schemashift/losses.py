"""What a plan would delete: the values and rows that are there now, counted before anything runs.

The scripts are run against a recorder, so a script that asks the database something says no more than it got to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.operations import DropColumn, DropTable, Operation
from schemashift.replay import record
from schemashift.results import Loss
from schemashift.revisions import Plan
from schemashift.schema import TableName
from schemashift.scripts import Script

MOST = 1_000_000
"""More are not counted: a question must not take longer than its answer is worth."""


def losses(
    connection: sa.Connection, plan: Plan, scripts: Mapping[str, Script], dialect: Dialect, x: Mapping[str, str]
) -> tuple[Loss, ...]:
    """A `Loss` for each step that drops what holds data. *scripts* by revision."""
    found = []
    counter = _Counter(connection)
    for step in plan.steps:
        if step.direction != "stamp":
            operations = record(scripts[step.revision.id], step.direction, dialect, x=x).operations
            what = tuple(counter.losses(operations))
            found += [Loss(step.revision, what)] if what else []
    return tuple(found)


class _Counter:
    """Counts what is there, and nothing twice."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._inspector = sa.inspect(connection)
        self._gone: set[tuple[TableName, str]] = set()

    def losses(self, operations: Iterable[Operation]) -> Iterator[str]:
        """``users.name (1,204 values)``, ``orders (51,880 rows)``."""
        for operation in operations:
            match operation:
                case DropColumn():
                    yield from self._loss(operation.table, operation.name)
                case DropTable():
                    yield from self._loss(operation.name, "")

    def _loss(self, table: TableName, column: str) -> Iterator[str]:
        if (table, column) in self._gone or not self._is_there(table, column):
            return
        self._gone.add((table, column))
        count = self._count(table, column)
        noun = "value" if column else "row"
        if count:
            number = f"more than {MOST:,}" if count > MOST else f"{count:,}"
            yield f"{table}{'.' if column else ''}{column} ({number} {noun}{'' if count == 1 else 's'})"

    def _is_there(self, table: TableName, column: str) -> bool:
        if not self._inspector.has_table(table.name, schema=table.schema):
            return False
        columns = self._inspector.get_columns(table.name, schema=table.schema)
        return not column or any(each["name"] == column for each in columns)

    def _count(self, table: TableName, column: str) -> int:
        here: Any = sa.table(table.name, sa.column(column or "x"), schema=table.schema)
        rows = sa.select(sa.literal(1).label("one")).select_from(here).limit(MOST + 1)
        if column:
            rows = rows.where(here.c[column].is_not(None))
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one())
