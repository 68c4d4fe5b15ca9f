"""Where PostgreSQL keeps two spellings of one value: what was read, spelled like what is declared."""

from __future__ import annotations

import re
from dataclasses import replace

from schemashift.schema import INTEGER_LIMITS, Column, Table


def spelled_like(read: Table, declared: Table) -> Table:
    """*read* with the defaults spelled as *declared* has them where both are the same number: ``'0'`` and ``0``.

    PostgreSQL keeps the two apart, so not even the scratch table shows that they are one.
    """
    return replace(read, columns=tuple(_same_number(column, declared.column(column.name)) for column in read.columns))


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _same_number(read: Column, declared: Column | None) -> Column:
    if declared is None or read.default is None or declared.default is None:
        return read
    mine, wanted = (default.sql.strip("'()") for default in (read.default, declared.default))
    same = mine == wanted and _NUMBER.fullmatch(mine) and read.type == declared.type and _is_number(read.type.sql)
    return replace(read, default=replace(read.default, sql=declared.default.sql)) if same else read


def _is_number(sql: str) -> bool:
    return sql in INTEGER_LIMITS or sql.startswith(("NUMERIC", "REAL", "DOUBLE PRECISION"))
