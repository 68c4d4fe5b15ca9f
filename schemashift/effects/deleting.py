"""Find out whether SQL that a script sends may delete rows or values, from its words.

Errs on the safe side: a word in a string literal counts, as the literal may be executed
(``DO $$ ... EXECUTE 'DROP TABLE t' $$``).
"""

from __future__ import annotations

import re

import sqlalchemy as sa

_COMMENT = re.compile(r"--[^\n]*|/\*(?!!).*?\*/", re.DOTALL)

_KEEPS_VALUES = "CONSTRAINT|PRIMARY|FOREIGN|INDEX|KEY|CHECK|DEFAULT|NOT|IDENTITY|EXPRESSION"
"""What ``ALTER TABLE t DROP`` may name besides a column or a partition."""

_DELETES = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|SCHEMA|DATABASE|PARTITION|OWNED)\b"
    # Columns that use a dropped type are dropped with it.
    r"|\bDROP\s+(?:TYPE|DOMAIN|EXTENSION)\b[^;]*\bCASCADE\b"
    r"|\bDELETE\s+(?!ON\b|OR\b|SET\b|CASCADE\b|RESTRICT\b|NO\b)[^;]*?\bFROM\b"
    # TRUNCATE() is a function of MySQL.
    r"|\bTRUNCATE\b(?!\s*\()"
    r"|\bCREATE\s+OR\s+REPLACE\s+TABLE\b"
    rf"|\bALTER\s+TABLE\b[^;]*?\bDROP\s+(?!(?:{_KEEPS_VALUES})\b)",
    re.IGNORECASE,
)

_DEFINES_ROUTINE = re.compile(
    r"\s*CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:(?:TEMP|TEMPORARY|CONSTRAINT|AGGREGATE|DEFINER\s*=\s*\S+)\s+)*"
    r"(?:FUNCTION|PROCEDURE|TRIGGER|RULE|EVENT|VIEW|POLICY)\b",
    re.IGNORECASE,
)
"""Defines something whose body may delete rows later, but does not run it."""

MAY_RENAME = re.compile(
    r"\bRENAME\b|\bALTER\s+TABLE\b[^;]*\b(?:CHANGE|SET\s+SCHEMA)\b|^new_column_name$", re.IGNORECASE
)

MAY_DELETE = re.compile(rf"{_DELETES.pattern}|\bDROP\s*$|\bdrop_(?:table|column)\b", re.IGNORECASE)
"""Matches a string of a script that is, or may be a part of, SQL that deletes, or the name of a function that does."""


def is_deleting(statement: object, dialect: sa.Dialect) -> bool:
    """Return True if *statement*, text or a SQLAlchemy executable, may delete rows or values."""
    sql = _COMMENT.sub(" ", sql_of(statement, dialect))
    return _DELETES.search(sql) is not None and _DEFINES_ROUTINE.match(sql) is None


def is_renaming(statement: object, dialect: sa.Dialect) -> bool:
    """Return True if *statement*, text or a SQLAlchemy executable, may rename a table or a column."""
    return MAY_RENAME.search(_COMMENT.sub(" ", sql_of(statement, dialect))) is not None


def sql_of(statement: object, dialect: sa.Dialect) -> str:
    """Return the SQL of *statement*; the name of its class if it cannot be compiled."""
    if isinstance(statement, sa.TextClause):
        return statement.text
    try:
        return str(statement)
    except Exception:  # noqa: BLE001  some DDL of SQLAlchemy's dialects cannot be compiled without the dialect
        pass
    try:
        return str(statement.compile(dialect=dialect)) if isinstance(statement, sa.ClauseElement) else ""
    except Exception:  # noqa: BLE001  a construct of the script may raise anything
        return type(statement).__name__
