"""Respells a table that was read like the declared one: see `spelled_like`."""

from __future__ import annotations

import re
from dataclasses import replace

from schemashift.schema import INTEGER_LIMITS, Column, Table, Type

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NEXTVAL = re.compile(r"(nextval\('(?:[^']|'')*')::regclass\)")


def spelled_like(read: Table, declared: Table) -> Table:
    """Return *read* with the defaults spelled as in *declared* where both mean the same.

    These are numbers, ``'0'`` and ``0``: PostgreSQL keeps both spellings, so not even the scratch table shows that they
    are equal. And ``nextval`` of a sequence, which models write without the cast that PostgreSQL adds.
    """
    columns = tuple(_with_default_like(column, declared.column(column.name)) for column in read.columns)
    return replace(read, columns=columns)


def _with_default_like(read: Column, declared: Column | None) -> Column:
    if declared is None or read.default is None or declared.default is None or read.type != declared.type:
        return read
    mine, wanted = read.default.sql, declared.default.sql
    same = _is_same_number(mine, wanted, read.type) or _NEXTVAL.sub(r"\1)", mine) == _NEXTVAL.sub(r"\1)", wanted)
    return replace(read, default=replace(read.default, sql=wanted)) if same else read


def _is_same_number(one: str, other: str, type_: Type) -> bool:
    number = one.strip("'()")
    return number == other.strip("'()") and bool(_NUMBER.fullmatch(number)) and _is_number(type_.sql)


def _is_number(sql: str) -> bool:
    return sql in INTEGER_LIMITS or sql.startswith(("NUMERIC", "REAL", "DOUBLE PRECISION"))
