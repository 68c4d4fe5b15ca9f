"""Copying values from a column of one type into a column of another.

Inserting a value applies the new column's affinity, which never loses anything: ``'42'`` becomes 42 in an INTEGER
column and ``'abc'`` stays text, 42 becomes ``'42'`` in a VARCHAR. A CAST does lose: for a DATE or DATETIME column it
converts ``'2021-01-01'`` to the number 2021, and ``'abc'`` to 0, 1.5 to 1. So a value is copied unchanged, except where
SQLAlchemy could not read it any more:

- to a DATETIME, a plain date gets midnight (``2021-01-01 00:00:00.000000``, as SQLAlchemy stores it);
- to a DATE, a date with a time loses the time;
- to a BOOLEAN, the words true and false become 1 and 0;
- between BLOB and text, the bytes are the text in the database's encoding.

Nothing is rounded or truncated: SQLite does not do that when it stores values, either. NULL stays NULL: in a column
that becomes NOT NULL it makes the migration fail, as on the other databases, even if the column has a default. To put
the default into the existing rows, a script needs an UPDATE.
"""

from __future__ import annotations

from schemashift.dialects.sqlite.types import affinity
from schemashift.schema import Type

_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_DATES = frozenset({"DATE"})
_DATETIMES = frozenset({"DATETIME", "TIMESTAMP"})


def conversion(quoted: str, before: Type, after: Type) -> str:
    """Return the expression that copies the column *quoted* (its name as SQL) from the type *before* to *after*."""
    if before.sql == after.sql:
        return quoted
    if after.sql in _DATETIMES and before.sql not in _DATETIMES:
        return f"CASE WHEN {quoted} GLOB '{_DAY}' THEN {quoted} || ' 00:00:00.000000' ELSE {quoted} END"
    if after.sql in _DATES:
        return f"CASE WHEN {quoted} GLOB '{_DAY}[ T]*' THEN substr({quoted}, 1, 10) ELSE {quoted} END"
    if after.sql == "BOOLEAN" and affinity(before.sql) == "TEXT":
        return f"CASE lower({quoted}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE {quoted} END"
    if _is_blob(before) and affinity(after.sql) == "TEXT":
        return f"CASE typeof({quoted}) WHEN 'blob' THEN CAST({quoted} AS TEXT) ELSE {quoted} END"
    if _is_blob(after) and affinity(before.sql) == "TEXT":
        return f"CASE typeof({quoted}) WHEN 'text' THEN CAST({quoted} AS BLOB) ELSE {quoted} END"
    return quoted


def _is_blob(type_: Type) -> bool:
    """Whether a type is declared as bytes. A column without a type may contain anything, and is not converted."""
    return affinity(type_.sql) == "BLOB" and type_.sql != ""
