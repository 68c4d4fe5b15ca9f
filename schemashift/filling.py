"""What the rows that are there get in a column that is NOT NULL and has no server default.

Only an empty table takes such a column. Where the model has a Python default that is a plain value, the rows get it; on
the way back from a dropped column they get a zero of its type, for what they had is gone. Both are done by a server
default that is taken off again, in the script, where it can be read and changed.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from schemashift.operations import AddColumn, AlterColumn, Operation
from schemashift.schema import Column, Default
from schemashift.sqla.lift import is_domain

_ZEROS: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "false"),
    (sa.Integer, "0"),
    (sa.Numeric, "0"),
    (sa.Float, "0"),  # no Numeric any more in SQLAlchemy 2.1
    (sa.DateTime, "'1970-01-01 00:00:00'"),
    (sa.Date, "'1970-01-01'"),
    (sa.Time, "'00:00:00'"),
    (sa.Interval, "'0'"),
    (sa.Uuid, "'00000000-0000-0000-0000-000000000000'"),
    (sa.JSON, "'{}'"),
    (sa.LargeBinary, "''"),
    (sa.String, "''"),
)


def filled(operations: Iterable[Operation], *, back: bool) -> Iterator[Operation]:
    """*operations*, each column that rows could not have added with a default that is then taken off.

    *back* is the way back: what a dropped column held is gone, and any value will do.
    """
    for operation in operations:
        value = _value(operation.column, back=back) if isinstance(operation, AddColumn) else None
        if value is None or not isinstance(operation, AddColumn):
            yield operation
            continue
        column = replace(operation.column, default=Default(sql=value, payload=sa.text(value)))
        rows = f"the rows that {operation.table} has get {value}"
        note = f"What {column.name} held is gone: {rows}." if back else f"{rows.capitalize()}, the model's default."
        yield replace(operation, column=column, note=note)
        yield AlterColumn(table=operation.table, name=column.name, set=(("default", None),), before=column)


def needs_value(column: Column) -> bool:
    """Whether rows that are there would have nothing to put into a new column."""
    given = (column.default, column.computed, column.identity)
    return not column.nullable and not column.autoincrement and all(each is None for each in given)


def _value(column: Column, *, back: bool) -> str | None:
    if not needs_value(column):
        return None
    declared = getattr(column.payload, "default", None)
    if declared is not None and getattr(declared, "is_scalar", False):
        return _literal(declared.arg, column.type.payload)
    return zero(column.type.payload) if back else None


def _literal(value: Any, type_: Any) -> str | None:
    """A plain Python value as SQL; None for one that only its type could say."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(value)
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return f"'{value}'"
    if isinstance(type_, sa.Enum) and not isinstance(value, str):
        value = getattr(value, "name", None)
    if isinstance(value, str) and "\\" not in value:
        return "'" + value.replace("'", "''") + "'"
    return None


def zero(type_: Any) -> str | None:
    """The zero of a type, as SQL; None where there is none that every database takes."""
    if isinstance(type_, sa.types.TypeDecorator) and not isinstance(type_, sa.Interval):
        return zero(type_.impl_instance)
    if is_domain(type_):
        return zero(type_.data_type)
    if isinstance(type_, sa.Enum):
        return "'" + type_.enums[0].replace("'", "''") + "'" if type_.enums else None
    if isinstance(type_, sa.ARRAY):
        return "'{}'"
    return next((text for class_, text in _ZEROS if isinstance(type_, class_)), None)
