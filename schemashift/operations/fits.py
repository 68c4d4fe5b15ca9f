"""Changes of type that accept every existing value, on any database."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemashift.schema import Type

_INTEGERS = ("TINYINT", "SMALLINT", "MEDIUMINT", "INTEGER", "BIGINT")
_TEXTS = ("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT")
_BLOBS = ("TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB")
_RANKS = (_INTEGERS, _TEXTS, _BLOBS, ("REAL", "DOUBLE PRECISION"), ("FLOAT", "DOUBLE"))
"""Types in an order in which each accepts all values of the previous ones."""
_CHARACTERS = ("CHAR", "VARCHAR")
_GROWING = ("CHAR", "VARCHAR", "VARBINARY", "BIT VARYING")
_TIMES = ("DATE", "DATETIME", "TIME", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE")
_NUMBERS = (*_INTEGERS, "NUMERIC", "DECIMAL", "REAL", "FLOAT", "DOUBLE", "DOUBLE PRECISION")
_WRITTEN_AS_TEXT = frozenset({*_CHARACTERS, *_TIMES, *_NUMBERS, "BOOLEAN", "UUID"})
"""Types whose values as text fit into every TEXT; TINYTEXT may be too short."""


class _Spelling(NamedTuple):
    base: str
    args: tuple[str, ...]


def always_fits(before: Type, after: Type) -> bool:
    """Return True if every value of the type *before* is valid for *after*; False if that is not known."""
    if before.sql == after.sql:
        return True
    old, new = _spelling(before), _spelling(after)
    if any(_comes_before(old.base, new.base, ranks) for ranks in _RANKS):
        return True
    if new.base in _TEXTS[1:] and old.base in _WRITTEN_AS_TEXT:
        return True
    if (old.base, new.base) == ("CHAR", "VARCHAR") or (old.base == new.base and old.base in _GROWING):
        return _is_no_shorter(old.args, new.args)
    if old.base == new.base and old.base in ("NUMERIC", "DECIMAL"):
        return _has_no_fewer_digits(old.args, new.args)
    return old.base == new.base and old.base in ("ENUM", "SET") and set(old.args) <= set(new.args)


def _spelling(type_: Type) -> _Spelling:
    match = re.fullmatch(r"([A-Za-z ]+?) *(?:\((.*)\))?", type_.sql)
    if match is None:
        return _Spelling(type_.sql, ())
    base = match[1].upper()
    args = tuple(re.findall(r"'(?:[^']|'')*'|\d+", match[2] or ""))
    return _Spelling("INTEGER" if base == "INT" else base, args or (("1",) if base == "CHAR" else ()))


def _comes_before(old: str, new: str, ranks: tuple[str, ...]) -> bool:
    return old in ranks and new in ranks and ranks.index(old) < ranks.index(new)


def _is_no_shorter(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Return True if the new length is not less than the old one. Without a length there is no limit."""
    return not new or (bool(old) and int(old[0]) <= int(new[0]))


def _has_no_fewer_digits(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Return True if there are no fewer digits on either side of the point. Without precision there is no limit
    (PostgreSQL)."""
    if not old or not new:
        return not new
    old_scale, new_scale = (int(args[1]) if len(args) > 1 else 0 for args in (old, new))
    return old_scale <= new_scale and int(old[0]) - old_scale <= int(new[0]) - new_scale
