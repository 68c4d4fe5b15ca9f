"""SQLite's column types: their normal form, their affinity, and a SQLAlchemy type for each of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.sqlite.text import collation_name
from schemashift.schema import Type
from schemashift.sqla.types import SQLType

_PARTS = re.compile(r"(?P<name>[^(]*?)\s*(?:\(\s*(?P<arguments>[^)]*?)\s*\))?\s*\Z")
_QUOTED = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*'|`[^`]*`|\[[^\]]*\])""")


def normal_type(type_: Type) -> Type:
    """Return *type_* in normal form. BINARY is the default collation."""
    name = collation_name(type_.collation.strip('"')) if type_.collation else None
    return replace(type_, sql=type_text(type_.sql), collation=None if name == "BINARY" else name)


def type_text(sql: str) -> str:
    """Return a type in upper case, with one space between words, and ``(10, 2)`` as SQLAlchemy writes it."""
    if sql.isalpha() and sql.isupper():
        # Nearly always: SQLAlchemy wrote it.
        return sql
    pieces = _QUOTED.split(sql.strip())
    text = " ".join("".join(piece if place % 2 else piece.upper() for place, piece in enumerate(pieces)).split())
    match = _PARTS.match(text)
    if match is None or match["arguments"] is None:
        return text
    return f"{match['name']}({', '.join(part.strip() for part in match['arguments'].split(','))})"


def affinity(sql: str) -> str:
    """Return a type's affinity by SQLite's five rules
    (https://www.sqlite.org/datatype3.html#determination_of_column_affinity)."""
    upper = sql.upper()
    if "INT" in upper:
        return "INTEGER"
    if any(word in upper for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in upper or not upper:
        return "BLOB"
    return "REAL" if any(word in upper for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


_SIMPLE: dict[str, Any] = {
    "BIGINT": sa.BigInteger,
    "BLOB": sa.LargeBinary,
    "BOOLEAN": sa.Boolean,
    "DATE": sa.Date,
    "DATETIME": sa.DateTime,
    "DECIMAL": sa.DECIMAL,
    "DOUBLE": sa.Double,
    "DOUBLE PRECISION": sa.DOUBLE_PRECISION,
    "FLOAT": sa.Float,
    "INTEGER": sa.Integer,
    "JSON": sa.JSON,
    "NUMERIC": sa.Numeric,
    "REAL": sa.REAL,
    "SMALLINT": sa.SmallInteger,
    "TIME": sa.Time,
    "TIMESTAMP": sa.TIMESTAMP,
}
_TEXTS: dict[str, Any] = {
    "CHAR": sa.CHAR,
    "CLOB": sa.CLOB,
    "NCHAR": sa.NCHAR,
    "NVARCHAR": sa.NVARCHAR,
    "TEXT": sa.Text,
    "VARCHAR": sa.String,
}
_SIZED: dict[str, tuple[Any, int]] = {
    "BINARY": (sa.BINARY, 1),
    "VARBINARY": (sa.VARBINARY, 1),
    "NUMERIC": (sa.Numeric, 2),
    "DECIMAL": (sa.DECIMAL, 2),
}


def type_engine(sql: str, collation: str | None = None) -> Any:
    """Return a type that SQLAlchemy writes as *sql*, which is in normal form; a generic one if possible.

    Where SQLAlchemy has no such type (no type at all, ``INT UNSIGNED``, ``VARCHAR(10, 2)``) it is a `SQLType`, the text
    itself, so that a script can reproduce it exactly.
    """
    match = _PARTS.match(sql)
    name, arguments = (match["name"], match["arguments"]) if match else (sql, None)
    numbers = [int(part) for part in arguments.split(",")] if arguments and _NUMBERS.match(arguments) else []
    if arguments is not None and (not numbers or 0 in numbers[:1]):
        # SQLAlchemy takes a length of 0 for none.
        return _as_text(sql, collation)
    if name in _TEXTS and len(numbers) <= 1 and not (collation and name == "CLOB"):
        return _TEXTS[name](*numbers, **({"collation": collation} if collation else {}))
    if collation is not None:
        return _as_text(sql, collation)
    if not numbers and name in _SIMPLE:
        return _SIMPLE[name]()
    if name in _SIZED and 1 <= len(numbers) <= _SIZED[name][1]:
        return _SIZED[name][0](*numbers)
    return SQLType(sql)


_NUMBERS = re.compile(r"\d+(?:, \d+)*\Z")


def _as_text(sql: str, collation: str | None) -> SQLType:
    return SQLType(f"{sql} COLLATE {collation}" if collation else sql)
