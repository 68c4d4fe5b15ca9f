"""Respells a table that was read like the declared one: see `spelled_like`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from schemashift.dialects.postgresql.normal import WithoutToast
from schemashift.schema import INTEGER_LIMITS, Column, Options, Table, Type, option, options

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NEXTVAL = re.compile(r"(nextval\('(?:[^']|'')*')::regclass\)")


def spelled_like(read: Table, declared: Table) -> Table:
    """Return *read* with the defaults spelled as in *declared* where both mean the same.

    These are numbers, ``'0'`` and ``0``: PostgreSQL keeps both spellings, so not even the scratch table shows that they
    are equal. And ``nextval`` of a sequence, which models write without the cast that PostgreSQL adds.
    """
    columns = tuple(_with_default_like(column, declared.column(column.name)) for column in read.columns)
    if isinstance(read.payload, WithoutToast):
        read = replace(read, options=_with_toast_like(read.options, declared.options))
    return replace(read, columns=columns)


def _with_toast_like(read: Options, declared: Options) -> Options:
    """Return *read* with the ``toast.`` parameters that are declared, and that PostgreSQL does not keep."""
    with_: Any = option(declared, "postgresql_with") or ()
    kept = [pair for pair in with_ if pair[0].startswith("toast.")]
    own: Any = option(read, "postgresql_with") or ()
    return options({**dict(read), "postgresql_with": tuple(sorted([*own, *kept])) or None}.items())


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
