"""What the rows that are there get in a column that is NOT NULL and has no server default.

Only an empty table takes such a column. Where the model has a Python default that is a plain value, the rows get it.
On the way back from a dropped column what they had is gone, and any value will do that the column's own constraints
take: a zero of its type, a number where values have to differ, the first row that a foreign key may point to. All of it
stands in the script, where it can be read and changed.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from schemashift.operations import AddColumn, AlterColumn, CreateTable, FillColumn, Operation
from schemashift.schema import Check, Column, Default, ForeignKey, PrimaryKey, Schema, Table, TableName, Unique
from schemashift.sqla.lift import is_domain

Accepts = Callable[[Check, Column, str], bool]
"""Whether a CHECK on one column holds for a value, which is SQL."""

_NAMED_ZEROS = {
    "INET": "'0.0.0.0'",
    "CIDR": "'0.0.0.0/0'",
    "MACADDR": "'00:00:00:00:00:00'",
    "MACADDR8": "'00:00:00:00:00:00:00:00'",
    "TSVECTOR": "''",
    "TSQUERY": "''",
    "HSTORE": "''",
    "MONEY": "0",
    "OID": "0",
    "INTERVAL": "'0'",
    # MySQL's TIMESTAMP begins one second after 1970, in whatever zone the session is.
    "TIMESTAMP": "'1970-01-02 00:00:00'",
    **dict.fromkeys(("INT4RANGE", "INT8RANGE", "NUMRANGE", "DATERANGE", "TSRANGE", "TSTZRANGE"), "'empty'"),
}
"""The zeros of types that one database has, by the name that SQLAlchemy visits them by."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Fills columns on the way to *target*. ``quote`` quotes a name, ``table`` a table's with its schema.

    ``counts`` says whether a column that is the primary key alone is given its numbers by the database.
    """

    target: Schema
    back: bool
    counts: Callable[[Column], bool]
    quote: Callable[[str], str]
    table: Callable[[TableName], str]
    accepts: Accepts

    def filled(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """*operations*, with values for the rows that would have none."""
        found = tuple(operations)
        empty = {operation.table.table_name for operation in found if isinstance(operation, CreateTable)}
        for operation in found:
            if isinstance(operation, AddColumn) and needs_value(operation.column):
                yield from self._added(operation, empty)
            elif isinstance(operation, AlterColumn) and becomes_required(operation):
                yield from self._required(operation)
            else:
                yield operation

    # A column that was nullable -----------------------------------------------------------------------------------

    def _required(self, operation: AlterColumn) -> Iterator[Operation]:
        """Rows without a value get the column's default."""
        after = operation.after if operation.before is not None else None
        value = None if after is None or after.identity is not None or after.computed is not None else _given(after)
        if value is None:
            yield operation
            return
        fill = FillColumn(table=operation.table, column=operation.name, value=value)
        fill = replace(fill, note=f"Rows of {operation.table} without {operation.name} get its default.")
        changes = dict(operation.set)
        if "type" in changes:
            # The value may be one of the new type alone.
            # ON CONFLICT belongs to NOT NULL.
            late = tuple(pair for pair in operation.set if pair[0] in ("nullable", "options"))
            first = replace(operation, set=tuple(pair for pair in operation.set if pair not in late))
            yield first
            yield fill
            yield replace(operation, set=late, before=first.after, options=())
        else:
            yield fill
            yield operation

    # A new column -------------------------------------------------------------------------------------------------

    def _added(self, operation: AddColumn, empty: set[TableName]) -> Iterator[Operation]:
        table, column = self.target.table(operation.table), operation.column
        if table is not None and self._counts(column, table):
            yield replace(operation, note=f"The rows that {operation.table} has are numbered.")
            return
        value, note = self._value(column, table, empty)
        gone = f"What {column.name} held is gone: the rows that {operation.table} has get "
        if value is None and note:
            # One for each row, which no default can be.
            yield replace(operation, column=replace(column, nullable=True), note=gone + note)
            given = self._parent(table, column)
            yield FillColumn(table=operation.table, column=column.name, value=given)
            before = replace(column, nullable=True)
            yield AlterColumn(table=operation.table, name=column.name, set=(("nullable", False),), before=before)
        elif value is None:
            yield operation
        else:
            text = f"{gone}{value}." if self.back else f"The rows that {operation.table} has get {value}, its default."
            column = replace(column, default=Default(sql=value, payload=sa.text(value)))
            yield replace(operation, column=column, note=text)
            yield AlterColumn(table=operation.table, name=column.name, set=(("default", None),), before=column)

    def _counts(self, column: Column, table: Table) -> bool:
        """Whether the database numbers the rows by itself."""
        key = table.primary_key
        alone = key is not None and key.columns == (column.name,)
        return alone and self.counts(column)

    def _value(self, column: Column, table: Table | None, empty: set[TableName]) -> tuple[str | None, str]:
        """A value for every row; or None, and what each gets instead."""
        declared = _declared(column)
        if declared is not None or not self.back:
            return declared, ""
        if table is not None and (parent := _points_to(table, column.name)) is not None and parent not in empty:
            return None, f"a row of {parent} to point to."
        if table is not None and _differ(table, column.name) and _is_countable(column.type.payload):
            return None, "a number each."
        checks = [each for each in table.constraints if isinstance(each, Check)] if table is not None else []
        checks = [each for each in checks if each.columns == (column.name,)]
        for candidate in _candidates(zero(column.type.payload), checks):
            if all(self.accepts(check, column, candidate) for check in checks):
                return candidate, ""
        return zero(column.type.payload), ""

    def _parent(self, table: Table | None, column: Column) -> Default | None:
        """The key of the first row that a foreign key may point to; None for a number."""
        key = _key_of(table, column.name) if table is not None else None
        if table is None or key is None:
            return None
        targets = dict(zip(key.columns, map(self.quote, key.target_columns), strict=True))
        target, name, here = targets.pop(column.name), self.table(key.target), self.table(table.table_name)
        if name == here and not targets:
            return Default(sql=target, payload=sa.text(target))
        # MySQL reads from the table that it updates only what stands in parentheses of its own.
        source = f"(SELECT * FROM {name})" if name == here else name
        # The other columns of the key say which row it is.
        pairs = [f"p.{theirs} = {here}.{self.quote(ours)}" for ours, theirs in targets.items()]
        where = f" WHERE {' AND '.join(pairs)}" if pairs else ""
        sql = f"(SELECT min(p.{target}) FROM {source} AS p{where})"
        return Default(sql=sql, payload=sa.text(sql))


def _key_of(table: Table, column: str) -> ForeignKey | None:
    return next((key for key in table.foreign_keys if column in key.columns and key.target_columns), None)


def _points_to(table: Table, column: str) -> TableName | None:
    key = _key_of(table, column)
    return None if key is None else key.target


def _differ(table: Table, column: str) -> bool:
    """Whether no two rows may have the same value in *column*, or in what it is a part of."""
    keys = [each.columns for each in table.constraints if isinstance(each, PrimaryKey | Unique)]
    keys += [index.columns for index in table.indexes if index.unique]
    return any(column in columns for columns in keys)


def _is_countable(type_: Any) -> bool:
    if is_domain(type_):
        return _is_countable(type_.data_type)
    return isinstance(type_, sa.Integer | sa.Numeric | sa.Float | sa.String) and not isinstance(type_, sa.Enum)


def _candidates(first: str | None, checks: list[Check]) -> Iterator[str]:
    """Values to try: the zero of the type, and what the CHECKs speak of."""
    if first is None or not checks:
        return
    yield first
    for check in checks:
        yield from re.findall(r"'(?:[^']|'')*'", check.sql)
        for number in map(int, re.findall(r"(?<![\w.'])\d+(?![\w.'])", check.sql)):
            yield from map(str, (number, number + 1, number - 1))


def becomes_required(operation: AlterColumn) -> bool:
    """Whether it takes a column that may be NULL and says NOT NULL."""
    changes = dict(operation.set)
    nullable = operation.before is None or operation.before.nullable
    return nullable and changes.get("nullable") is False and changes.get("identity") is None


def needs_value(column: Column) -> bool:
    """Whether rows that are there would have nothing to put into a new column."""
    given = (column.default, column.computed, column.identity)
    return not column.nullable and not column.autoincrement and all(each is None for each in given)


def _given(column: Column) -> Default | None:
    """The default that rows get: the server's, or the model's where that is a plain value."""
    if column.default is not None:
        return column.default
    declared = _declared(column)
    return None if declared is None else Default(sql=declared, payload=sa.text(declared))


def _declared(column: Column) -> str | None:
    """The model's Python default, where it is a plain value, as SQL."""
    declared = getattr(column.payload, "default", None)
    if declared is not None and getattr(declared, "is_scalar", False):
        return _literal(declared.arg, column.type.payload)
    return None


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
    name = str(getattr(type_, "__visit_name__", ""))
    if isinstance(type_, sa.types.TypeDecorator) and not isinstance(type_, sa.Interval):
        return zero(type_.impl_instance)
    if is_domain(type_):
        return zero(type_.data_type)
    if isinstance(type_, sa.Enum):
        return "'" + type_.enums[0].replace("'", "''") + "'" if type_.enums else None
    if isinstance(type_, sa.ARRAY) or name.endswith("MULTIRANGE"):
        return "'{}'"
    if name == "BIT" and hasattr(type_, "varying"):
        return "''" if type_.varying else f"'{'0' * (type_.length or 1)}'"
    if name in _NAMED_ZEROS:
        return _NAMED_ZEROS[name]
    return next((text for class_, text in _ZEROS if isinstance(type_, class_)), None)
