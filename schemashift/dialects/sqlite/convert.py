"""How a value gets from a column of one type into a column of another.

Inserting a value applies the new column's affinity, and that never loses anything: ``'42'`` becomes 42 in an INTEGER
column and ``'abc'`` stays text, 42 becomes ``'42'`` in a VARCHAR. A CAST does lose: it makes the number 2021 of
``'2021-01-01'`` in a DATE or DATETIME column, 0 of ``'abc'``, 1 of 1.5. So a value goes over as it is, except where
SQLAlchemy would not read it any more:

- to a DATETIME, a plain date gets midnight (``2021-01-01 00:00:00.000000``, as SQLAlchemy stores it);
- to a DATE, a date with a time loses the time;
- to a BOOLEAN, the words true and false become 1 and 0;
- between BLOB and text, the bytes are the text in the database's encoding.

Nothing is rounded and nothing is cut to a length: SQLite does not do that when it stores, either. NULL stays NULL: in a
column that is NOT NULL from now on it makes the migration fail, as on the other databases, also where the column has a
default: whoever wants the default in the old rows says so with an UPDATE.
"""

from __future__ import annotations

from schemashift.dialects.sqlite.types import affinity
from schemashift.schema import Type

_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_DATES = frozenset({"DATE"})
_DATETIMES = frozenset({"DATETIME", "TIMESTAMP"})


def conversion(quoted: str, before: Type, after: Type) -> str:
    """The expression that copies the column *quoted* (its name as SQL) from the type *before* to *after*."""
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
    """Declared as bytes; a column without a type holds anything, and is left alone."""
    return affinity(type_.sql) == "BLOB" and type_.sql != ""
