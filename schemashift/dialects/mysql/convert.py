"""Intermediate types for conversions that one MODIFY cannot do.

- MariaDB has no conversion between UUID, INET4, INET6 or a geometry and a number or a date or time, nor from one of
  these kinds to another: error 4078, even on an empty table. Each of them can be converted to a text and back (every
  pair was tried on 10.11). So the column becomes a text first; the server reports a value that the new type does not
  accept.
- Renamed labels of an ENUM or a SET: MODIFY matches values by label, and rows with an old label are an error (1265).
  The intermediate type has both labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from schemashift.dialects.mysql.text import quoted
from schemashift.dialects.mysql.tokens import tokenize
from schemashift.dialects.mysql.types import Flavour, ParsedType, parse_type
from schemashift.objects.enums import renamed_labels
from schemashift.schema import Column, Type


class IntermediateType(NamedTuple):
    """The column with its intermediate type, and the labels that its rows change then, as literals."""

    column: Column
    renames: tuple[tuple[str, str], ...] = ()


def intermediate_type(before: Type, after: Column, flavour: Flavour) -> IntermediateType | None:
    """Return the step between a column of the type *before* and *after*; None where one MODIFY suffices."""
    old, new = (parse_type(each.sql, None, flavour) for each in (before, after.type))
    if flavour.mariadb and _lacks_conversion(old, new):
        return IntermediateType(_with_type(after, Type(sql=_ANY_TEXT)))
    renames = renamed_labels(old.args, new.args) if old.base == new.base and old.base in _LABELLED else ()
    labels = tuple(_with_both_labels(old.args, dict(renames)))
    if not renames or (new.base == "set" and len(labels) > _SET_LIMIT):
        return None
    # Binary, so that the old and the new label differ even where only their case does.
    return IntermediateType(
        _with_type(after, Type(sql=new._replace(args=labels).sql, collation="utf8mb4_bin")), renames
    )


def relabelling(label: tuple[str, str], column: str, base: str) -> tuple[str, str]:
    """Return the value that replaces a renamed *label* (old and new, as literals), and the condition for its rows.

    *column* is quoted; *base* is "enum" or "set".
    """
    old, new = label
    if base == "enum":
        return new, f"{column} = {old}"
    member, renamed = (quoted(f",{next(tokenize(each)).value},") for each in label)
    return (
        f"TRIM(BOTH ',' FROM REPLACE(CONCAT(',', {column}, ','), {member}, {renamed}))",
        f"FIND_IN_SET({old}, {column})",
    )


_LABELLED = ("enum", "set")
_SET_LIMIT = 64
_ANY_TEXT = "varchar(39)"
"""The longest value of MariaDB's own types is an IPv6 address. Short, because the column may be in a key."""

_GEOMETRIES = frozenset(
    {"geometry", "point", "linestring", "polygon"}
    | {"multipoint", "multilinestring", "multipolygon", "geometrycollection"}
)
_OWN = frozenset({"uuid", "inet4", "inet6", "geometry"})
_BINARIES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "json"})


def _kind(type_: ParsedType) -> str:
    """Return the kind of a type for conversions: texts and binaries, geometries, or other types."""
    if type_.is_text or type_.base in _BINARIES:
        return "text"
    if type_.base in _GEOMETRIES:
        return "geometry"
    return type_.base if type_.base in _OWN else "other"


def _lacks_conversion(old: ParsedType, new: ParsedType) -> bool:
    """Whether MariaDB cannot convert *old* to *new*."""
    kinds = {_kind(old), _kind(new)}
    return len(kinds) == 2 and "text" not in kinds and not kinds.isdisjoint(_OWN)


def _with_type(after: Column, type_: Type) -> Column:
    """Return *after* with the type *type_*, and without what depends on its own type."""
    return replace(after, type=type_, default=None, autoincrement=False, options=())


def _with_both_labels(labels: tuple[str, ...], renames: dict[str, str]) -> Iterator[str]:
    """Yield *labels*, each new one after its old one."""
    for label in labels:
        yield label
        if label in renames:
            yield renames[label]
