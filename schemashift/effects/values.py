"""Find a value that a column accepts: the model's default, a zero of its type, a value that its CHECKs mention."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.schema import Check, Column, Default, Exclude, ForeignKey, PrimaryKey, Table, Unique
from schemashift.sqla.lift import lift_default
from schemashift.sqla.lift_types import is_domain
from schemashift.sqla.percent_signs import without_percent_doubling
from schemashift.sqla.private import implementation, wrapped_callable

Accepts = Callable[[Check, Column, str], bool]
"""Tells whether a CHECK on one column accepts a value, given as SQL."""

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
    # MySQL's TIMESTAMP begins one second after the start of 1970 in UTC, whatever the time zone of the session.
    "TIMESTAMP": "'1970-01-02 00:00:00'",
    **dict.fromkeys(("INT4RANGE", "INT8RANGE", "NUMRANGE", "DATERANGE", "TSRANGE", "TSTZRANGE"), "'empty'"),
}
"""The zeros of types of a single database, by SQLAlchemy's ``__visit_name__``."""
_ZEROS: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "false"),
    (sa.Integer, "0"),
    (sa.Numeric, "0"),
    (sa.Float, "0"),  # not a Numeric since SQLAlchemy 2.1
    (sa.DateTime, "'1970-01-01 00:00:00'"),
    (sa.Date, "'1970-01-01'"),
    (sa.Time, "'00:00:00'"),
    (sa.Interval, "'0'"),
    (sa.Uuid, "'00000000-0000-0000-0000-000000000000'"),
    (sa.JSON, "'{}'"),
    (sa.LargeBinary, "''"),
    (sa.String, "''"),
)


def foreign_key_of(table: Table, column: str) -> ForeignKey | None:
    """Return the foreign key of *table* that *column* is part of."""
    return next((key for key in table.foreign_keys if column in key.columns and key.target_columns), None)


def is_unique_alone(table: Table, column: str) -> bool:
    """Whether *column* is unique on its own."""
    return any(columns == (column,) for columns in _unique_columns(table))


def is_unique_member(table: Table, column: str) -> bool:
    """Whether *column* is unique, alone or together with others."""
    return any(column in columns for columns in _unique_columns(table))


def _unique_columns(table: Table) -> list[tuple[str, ...]]:
    keys = [key.columns for key in table.constraints if isinstance(key, PrimaryKey | Unique | Exclude)]
    return keys + [index.columns for index in table.indexes if index.unique]


def is_countable(type_: Any) -> bool:
    """Whether columns of a type can hold numbers."""
    if is_domain(type_):
        return is_countable(type_.data_type)
    return isinstance(type_, sa.Integer | sa.Numeric | sa.Float | sa.String) and not isinstance(type_, sa.Enum)


def checks_of(column: Column, table: Table) -> list[Check]:
    """Return the CHECKs on *column* alone."""
    return [check for check in table.constraints if isinstance(check, Check) and check.columns == (column.name,)]


def acceptable_value(column: Column, table: Table | None, accepts: Accepts, *, first: str | None = None) -> str | None:
    """Return a value that all rows may have: *first* or else the zero of the type, unless a CHECK requires another."""
    first = first or zero(column.type.payload)
    checks = checks_of(column, table) if table is not None else []
    for candidate in _candidates(first, checks):
        if all(accepts(check, column, candidate) for check in checks):
            return candidate
    return first


def unit_value(type_: Any) -> str | None:
    """Return the number one of a type that can hold numbers, as SQL; None for other types. A UUID may be text."""
    if not is_countable(type_):
        return None
    if isinstance(type_, sa.CHAR) and type_.length in (32, 36):
        digits = f"{1:032x}"
        return f"'{digits}'" if type_.length == 32 else f"'{uuid.UUID(digits)}'"
    return "1"


def as_default(sql: str) -> Default:
    """Return *sql* as a `Default`."""
    return Default(sql=sql)


def _candidates(first: str | None, checks: list[Check]) -> Iterator[str]:
    """Yield values to try: *first*, and those that the CHECKs mention."""
    if first is None or not checks:
        return
    yield first
    for check in checks:
        yield from re.findall(r"'(?:[^']|'')*'", check.sql)
        for number in map(int, re.findall(r"(?<![\w.'])\d+(?![\w.'])", check.sql)):
            yield from map(str, (number, number + 1, number - 1))


def is_null_by_default(column: Column) -> bool:
    """Whether a column is NULL in rows that are given no value."""
    return column.nullable and all(value is None for value in (column.default, column.computed, column.identity))


def row_default(column: Column, dialect: Dialect) -> Default | None:
    """Return the default that rows get: the server's, or else the model's if SQL can say it."""
    own = dialect.row_value(column.default) if column.default is not None else None
    return own or declared_default(column, dialect.sa)


def declared_default(column: Column, dialect: sa.Dialect) -> Default | None:
    """Return the model's Python default as SQL: a value, a new container such as that of ``default=dict``, or an SQL
    expression such as ``func.now()``. None for what only Python can say."""
    declared = getattr(column.payload, "default", None)
    if isinstance(declared, sa.ColumnDefault) and declared.is_clause_element:
        with contextlib.suppress(sa.exc.CompileError):
            return lift_default(declared.arg, dialect)
    value = declared_value(column, dialect)
    return None if value is None else as_default(value)


def declared_value(column: Column, dialect: sa.Dialect) -> str | None:
    """Return the model's Python default as a literal, if it is a value that SQL can say."""
    declared = getattr(column.payload, "default", None)
    if not isinstance(declared, sa.ColumnDefault):
        return None
    if declared.is_scalar:
        return _literal(declared.arg, column.type.payload, dialect)
    if declared.is_callable and (type_ := wrapped_callable(declared.arg)) in _EMPTY:
        return _literal(type_(), column.type.payload, dialect)
    return None


_EMPTY = (dict, list, set, tuple, str, bytes, int, float, bool, decimal.Decimal)
"""Types that are called as a default for an empty value."""


def made_in_python(column: Column) -> str | None:
    """Return the name of the function that is the model's Python default; None for other defaults."""
    declared = getattr(column.payload, "default", None)
    if not isinstance(declared, sa.ColumnDefault) or not declared.is_callable:
        return None
    return str(getattr(wrapped_callable(declared.arg), "__name__", "its default"))


def _literal(value: Any, type_: Any, dialect: sa.Dialect) -> str | None:
    """Return a Python value as SQL, for every database if possible; None if SQL cannot say it."""
    if isinstance(type_, sa.JSON):
        return _json(value)
    if isinstance(type_, sa.Enum | sa.types.TypeDecorator | sa.types.UserDefinedType):
        return _processed(value, type_, dialect)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(value)
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return f"'{value}'"
    if isinstance(value, str):
        return _string(value)
    return _processed(value, type_, dialect)


def _string(value: str) -> str | None:
    """Return a string literal; None with a backslash, which is an escape for MySQL alone."""
    return None if "\\" in value else "'" + value.replace("'", "''") + "'"


def _json(value: Any) -> str | None:
    try:
        return _string(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError):
        return None


def _processed(value: Any, type_: Any, dialect: sa.Dialect) -> str | None:
    """Return a value as its type writes it for *dialect*."""
    plain = without_percent_doubling(dialect)
    try:
        if isinstance(type_, sa.types.TypeDecorator):
            impl = type_.load_dialect_impl(plain)
            return _literal(type_.process_bind_param(value, plain), impl, dialect)
        processor = type_.dialect_impl(plain).literal_processor(plain)
        text = None if processor is None else str(processor(value))
    except Exception:  # noqa: BLE001
        # The type is the application's: its process_bind_param() may need what is not there yet.
        return None
    return None if text is None or "\\" in text else text


def zero(type_: Any) -> str | None:
    """Return the zero of a type as SQL; None if there is none that every database accepts."""
    name = str(getattr(type_, "__visit_name__", ""))
    if isinstance(type_, sa.types.TypeDecorator) and not isinstance(type_, sa.Interval):
        return zero(implementation(type_))
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
