"""What a plan would delete: the values and rows that are there now, counted before anything runs.

A script that can drop something is run against a recorder, so one that asks the database something says no more than it
got to. One that cannot is not run: what else it does (print, call a service) must not happen twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.operations import AddColumn, DropColumn, DropTable, Operation
from schemashift.results import Loss
from schemashift.revisions import Plan
from schemashift.schema import Column, TableName
from schemashift.scripts.load import Script
from schemashift.sources.replay import record

_DROPS = {"drop_column", "drop_table"}

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
            script = scripts[step.revision.id]
            if not may_drop(script.upgrade if step.direction == "upgrade" else script.downgrade):
                continue
            operations = record(script, step.direction, dialect, x=x).operations
            what = tuple(counter.losses(operations))
            found += [Loss(step.revision, what)] if what else []
    return tuple(found)


def warnings_for(connection: sa.Connection, operations: Iterable[Operation]) -> tuple[str, ...]:
    """What a new script would do to the rows that are there: delete values, or fail on a column they have none for."""
    counter = _Counter(connection)
    found = tuple(operations)
    lost = [f"this deletes {each}, which a downgrade cannot bring back" for each in counter.losses(found)]
    return (*counter.lacking(found), *lost)


def may_drop(function: Callable[..., object]) -> bool:
    """Whether a function, or one of those it names, names a directive that drops a column or a table.

    Read from the compiled code. A directive that is looked up by a text (``getattr(op, ...)``) is not seen, and then
    nothing is asked.
    """
    seen: set[CodeType] = set()
    functions: list[object] = [function]
    while functions:
        here = functions.pop()
        if isinstance(here, FunctionType) and here.__code__ not in seen:
            names = _names(here.__code__, seen)
            if names & _DROPS:
                return True
            if not here.__module__.startswith("schemashift.op"):
                functions += _functions(here.__globals__, names)
    return False


def _names(code: CodeType, seen: set[CodeType]) -> set[str]:
    """Every global and attribute that *code* names, with what is defined inside it."""
    seen.add(code)
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*(_names(each, seen) for each in inner))


def _functions(names_there: Mapping[str, Any], names: Iterable[str]) -> Iterator[object]:
    """The functions that *names* mean in a module: its own, imported ones, and those of imported modules."""
    for name in names:
        found = names_there.get(name)
        if isinstance(found, ModuleType) and not found.__name__.startswith(("schemashift", "sqlalchemy")):
            yield from (vars(found).get(each) for each in names)
        else:
            yield found


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

    def lacking(self, operations: Iterable[Operation]) -> Iterator[str]:
        """Columns that rows must have a value for, and nothing says which."""
        for each in operations:
            if isinstance(each, AddColumn) and _needs_value(each.column) and self._is_there(each.table, ""):
                rows = self._count(each.table, "")
                if rows:
                    yield (
                        f"{each.table}.{each.column.name} is NOT NULL without a server default, and {each.table} has "
                        f"{_number(rows, 'row')}: give it one, or add it nullable and fill it first"
                    )

    def _loss(self, table: TableName, column: str) -> Iterator[str]:
        if (table, column) in self._gone or not self._is_there(table, column):
            return
        self._gone.add((table, column))
        count = self._count(table, column)
        noun = "value" if column else "row"
        if count:
            yield f"{table}{'.' if column else ''}{column} ({_number(count, noun)})"

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


def _number(count: int, noun: str) -> str:
    number = f"more than {MOST:,}" if count > MOST else f"{count:,}"
    return f"{number} {noun}{'' if count == 1 else 's'}"


def _needs_value(column: Column) -> bool:
    given = column.default is not None or column.computed is not None or column.identity is not None
    return not (column.nullable or given or column.autoincrement)
