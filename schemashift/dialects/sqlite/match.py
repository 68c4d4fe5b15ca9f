"""Respells a table that was read like the declared one, where two spellings mean the same to SQLite.

For example, people write ``INT`` and ``DEFAULT 0``, and models ``INTEGER`` and ``'0'``. SQLite keeps the text that it
was given, but a comparison with the models must not report a change. A column of the primary key accepts NULL unless it
is declared NOT NULL (because of a bug in early versions, https://sqlite.org/lang_createtable.html). Models declare it
and people do not, so it is not compared.
"""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.sqlite.types import affinity
from schemashift.schema import Column, Default, Table, Type

_SYNONYMS = {
    "INT": "INTEGER",
    "BOOL": "BOOLEAN",
    "INT8": "BIGINT",
    "INT2": "SMALLINT",
    "DEC": "NUMERIC",
    "DECIMAL": "NUMERIC",
    "DOUBLE PRECISION": "DOUBLE",
    "CHARACTER": "CHAR",
    "CHARACTER VARYING": "VARCHAR",
    "VARYING CHARACTER": "VARCHAR",
    "NATIVE CHARACTER": "NCHAR",
}
"""Synonyms of type names: both have the same affinity, which is all that SQLite considers."""


def spelled_like(read: Table, declared: Table) -> Table:
    """Return *read* with its columns spelled as in *declared* where both mean the same to SQLite."""
    key = read.primary_key
    keys = key.columns if key is not None else ()
    alone = keys[0] if len(keys) == 1 else None
    both = {name for name in keys if declared.primary_key is not None and name in declared.primary_key.columns}
    columns = []
    for column in read.columns:
        wanted = declared.column(column.name)
        spelled = column if wanted is None else _column(column, wanted, alone=column.name == alone)
        if wanted is not None and column.name in both:
            spelled = replace(spelled, nullable=wanted.nullable)
        columns.append(spelled)
    return replace(read, columns=tuple(columns))


def _column(column: Column, declared: Column, *, alone: bool) -> Column:
    # As the only column of the primary key, INTEGER is the rowid and INT is not.
    if not (alone and "INT" in (column.type.sql, declared.type.sql)) and _same_type(column.type, declared.type):
        column = replace(column, type=declared.type)
    if column.default and declared.default and column.type == declared.type:
        kind = affinity(column.type.sql)
        if _value(column.default, kind) == _value(declared.default, kind):
            column = replace(column, default=declared.default)
    return column


def _same_type(one: Type, other: Type) -> bool:
    return _without_synonym(one.sql) == _without_synonym(other.sql) and one.collation == other.collation


def _without_synonym(sql: str) -> str:
    name, parenthesis, rest = sql.partition("(")
    return _SYNONYMS.get(name, name) + parenthesis + rest


def _value(default: Default, kind: str) -> str:
    """Return the value that a default has in a column of that affinity."""
    text = {"TRUE": "1", "FALSE": "0"}.get(default.sql, default.sql)
    text = text[1:] if text[:1] == "+" and _is_number(text[1:]) else text
    if kind in ("INTEGER", "NUMERIC", "REAL") and text[:1] == "'" and _is_number(text[1:-1]):
        return text[1:-1]
    return text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and text.isascii()
