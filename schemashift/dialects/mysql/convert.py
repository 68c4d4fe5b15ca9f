"""Intermediate types for conversions that one MODIFY cannot do.

- MariaDB has no conversion between UUID, INET4, INET6 or a geometry and a number or a moment, nor from one of these
  kinds to another: error 4078, even on an empty table. From each of them to a text there is one, and back (every pair
  was tried on 10.11). So the way is over a text; a value that does not make sense at its end is the server's error.
- Labels of an ENUM or a SET that are renamed: MODIFY goes by the label, and rows that have the old one are an error
  (1265). In between the column has both.
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
    """The column as it is in between, and the labels that its rows change there, as literals."""

    column: Column
    renames: tuple[tuple[str, str], ...] = ()


def intermediate_type(before: Type, after: Column, flavour: Flavour) -> IntermediateType | None:
    """The step between a column of the type *before* and *after*; None where one MODIFY does."""
    old, new = (parse_type(each.sql, None, flavour) for each in (before, after.type))
    if flavour.mariadb and _is_foreign(old, new):
        return IntermediateType(_between(after, Type(sql=_ANY_TEXT)))
    renames = renamed_labels(old.args, new.args) if old.base == new.base and old.base in _LABELLED else ()
    labels = tuple(_beside(old.args, dict(renames)))
    if not renames or (new.base == "set" and len(labels) > _SET_LIMIT):
        return None
    # Binary, so that a label and its renamed self are two, even where they differ in case alone.
    return IntermediateType(_between(after, Type(sql=new._replace(args=labels).sql, collation="utf8mb4_bin")), renames)


def relabelling(label: tuple[str, str], column: str, base: str) -> tuple[str, str]:
    """What the rows get in place of a renamed *label* (old and new, as literals), and which rows have it.

    *column* is quoted, *base* "enum" or "set".
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
"""The longest value that MariaDB's own types have is an IPv6 address; short, because it may be in a key."""

_GEOMETRIES = frozenset(
    {"geometry", "point", "linestring", "polygon"}
    | {"multipoint", "multilinestring", "multipolygon", "geometrycollection"}
)
_OWN = frozenset({"uuid", "inet4", "inet6", "geometry"})
_BINARIES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "json"})


def _kind(type_: ParsedType) -> str:
    """What conversion goes by: all texts and binaries are one kind, so are geometries, so is the rest."""
    if type_.is_text or type_.base in _BINARIES:
        return "text"
    if type_.base in _GEOMETRIES:
        return "geometry"
    return type_.base if type_.base in _OWN else "other"


def _is_foreign(old: ParsedType, new: ParsedType) -> bool:
    """Whether MariaDB has no conversion from *old* to *new*."""
    kinds = {_kind(old), _kind(new)}
    return len(kinds) == 2 and "text" not in kinds and not kinds.isdisjoint(_OWN)


def _between(after: Column, type_: Type) -> Column:
    """*after* with another type, and without what only its own type can have."""
    return replace(after, type=type_, default=None, autoincrement=False, options=())


def _beside(labels: tuple[str, ...], renames: dict[str, str]) -> Iterator[str]:
    """*labels*, each new one beside its old one."""
    for label in labels:
        yield label
        if label in renames:
            yield renames[label]
