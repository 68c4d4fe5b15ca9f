"""PostgreSQL's normal form of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from schemashift.dialects.postgresql.parse import Element, normal_opclass, parse_element
from schemashift.dialects.postgresql.types import normal_type, type_text
from schemashift.schema import (
    INTEGER_LIMITS,
    SQL,
    Check,
    Column,
    Constraint,
    Default,
    Exclude,
    Identity,
    Index,
    IndexPart,
    Options,
    PrimaryKey,
    Table,
    Type,
    Unique,
    implied_start,
    mentioned,
    option,
    options,
)
from schemashift.sqla.private import creation_order

_LITERAL_CAST = re.compile(r"^('(?:[^']|'')*')::([\w .\"()\[\],]+)$")
_NUMBERS = re.compile(r"\([\d, ]+\)")
_NULL = re.compile(r"^NULL(::[\w .\"()\[\],]+)?$", re.IGNORECASE)
_QUOTED = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')""")
_SPACE = re.compile(r"\s*,\s*|(?<=[(,])\s+|\(\s+|\s+\)|\s+")
_SPELLINGS = {
    "CURRENT_TIMESTAMP": "CURRENT_TIMESTAMP",
    "CURRENT_DATE": "CURRENT_DATE",
    "CURRENT_TIME": "CURRENT_TIME",
    "LOCALTIMESTAMP": "LOCALTIMESTAMP",
    "NOW()": "now()",
    "TRUE": "true",
    "FALSE": "false",
    "NULL": "NULL",
}


def normal_table(table: Table) -> Table:
    """Return *table* with types, defaults and options as PostgreSQL keeps them. Idempotent."""
    return replace(
        table,
        columns=tuple(_column(column) for column in table.columns),
        constraints=_merged(_constraint(constraint) for constraint in table.constraints),
        indexes=tuple(_index(index, [column.name for column in table.columns]) for index in table.indexes),
        comment=table.comment or None,
        options=options((name, _table_option(name, value)) for name, value in _own(table.options, keep=("prefixes",))),
    )


def _merged(constraints: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Return *constraints* without each UNIQUE that duplicates the primary key or another UNIQUE.

    CREATE TABLE creates one index for them (``transformIndexConstraints`` in PostgreSQL's parse_utilcmd.c), named after
    the first of them that has a name. The primary key comes before all others.
    """
    # SQLAlchemy writes constraints in the order of their creation, which is in the payload.
    found = sorted(constraints, key=lambda c: (not isinstance(c, PrimaryKey), creation_order(c.payload)))
    kept: list[Constraint] = []
    for constraint in found:
        same = [place for place, each in enumerate(kept) if _is_one_index(each, constraint)]
        if same:
            kept[same[0]] = replace(kept[same[0]], name=kept[same[0]].name or constraint.name)
        else:
            kept.append(constraint)
    return tuple(kept)


def _is_one_index(one: Constraint, other: Constraint) -> bool:
    if not isinstance(one, PrimaryKey | Unique) or not isinstance(other, Unique):
        return False
    of_one, of_other = ((each.columns, each.options, each.deferrable, each.initially) for each in (one, other))
    return of_one == of_other


def _table_option(name: str, value: object) -> object:
    """Return the value of an option; None for a default. Storage parameters are text, and their names lower case."""
    if name == "postgresql_with" and isinstance(value, tuple):
        return tuple(sorted((str(key).lower(), _setting(each)) for key, each in value))
    if name == "postgresql_partition_by":
        return _partition_key(str(value))
    if name == "postgresql_inherits":
        return (value,) if isinstance(value, str) else value
    return None if (name, str(value).lower()) in _DEFAULT_OPTIONS else value


def _partition_key(text: str) -> str:
    """Return ``RANGE (a, lower(b))`` for ``range(a,lower(b))``, as ``pg_get_partkeydef`` does; names in quotes and
    strings stay as they are."""
    parts = _QUOTED.split(text.strip())
    for place in range(0, len(parts), 2):
        parts[place] = _SPACE.sub(lambda m: {",": ", ", "(": "(", ")": ")"}.get(m[0].strip(), " "), parts[place])
    method, parenthesis, key = "".join(parts).partition("(")
    return f"{method.strip().upper()} {parenthesis}{key.strip()}"


class WithoutToast:
    """The payload of a table that was read, and has no room for long values: it keeps no ``toast.`` parameters."""


_DEFAULT_OPTIONS = {("postgresql_using", "heap"), ("postgresql_tablespace", "pg_default")}


def _setting(value: object) -> str:
    """Return the value of a storage parameter: PostgreSQL keeps ``False``, ``off`` and ``false`` as they are typed."""
    text = str(value).strip("'").lower()
    return {"on": "true", "yes": "true", "off": "false", "no": "false"}.get(text, text)


def _own(found: Options, keep: tuple[str, ...] = ()) -> Options:
    """Return PostgreSQL's own options, without those that are the default."""
    return tuple(
        (name, SQL(value) if name == "postgresql_where" and isinstance(value, str) else value)
        for name, value in found
        if name in keep or (name.startswith("postgresql_") and value not in (None, False, (), ""))
        if name != "postgresql_concurrently"
    )


def _column(column: Column) -> Column:
    type_ = normal_type(column.type)
    default = normal_default(column.default, type_)
    if default is not None and _NULL.match(default.sql):
        default = None
    return replace(
        column,
        type=type_,
        default=default,
        nullable=column.nullable and column.identity is None,
        # Without the type (op.alter_column) the maximum is unknown.
        identity=normal_identity(column.identity, type_.sql)
        if column.identity is not None and type_.sql in INTEGER_LIMITS
        else column.identity,
        options=_own(column.options),
    )


def normal_default(default: Default | None, type_: Type) -> Default | None:
    """Return *default*, of a column of *type_* in normal form, with the spellings unified that certainly mean the same:
    casts of literals to the type of the column, keyword case.

    No more than that: the result is also what is sent, and PostgreSQL keeps ``'0'`` and ``0`` apart.
    """
    if default is None:
        return None
    text = default.sql.strip()
    while text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1].strip()
    if (match := _LITERAL_CAST.match(text)) is not None and _is_type_of(match[2], type_):
        text = match[1]
    return replace(default, sql=_SPELLINGS.get(text.upper(), text))


def _is_type_of(cast: str, type_: Type) -> bool:
    """Return True if a literal without *cast* is the same value in a column of *type_*.

    PostgreSQL prints the cast that it adds itself, without a length. Another one may change the value: the time zone in
    ``'2020-01-01 00:00+02'::timestamptz`` is ignored in a TIMESTAMP.
    """
    text = type_text(cast)
    # A cast to a domain is kept, and follows one to the type of the domain.
    own = () if any(need.kind == "domain" for need in type_.needs) else (type_.sql, _NUMBERS.sub("", type_.sql))
    return text in ("TEXT", "VARCHAR", *own)


def normal_identity(identity: Identity, type_: str) -> Identity:
    """Return *identity* with the numbers that PostgreSQL chooses by default written out."""
    increment = identity.increment if identity.increment is not None else 1
    limit = INTEGER_LIMITS.get(type_, INTEGER_LIMITS["BIGINT"])
    minimum = identity.minimum if identity.minimum is not None else (1 if increment > 0 else -limit - 1)
    maximum = identity.maximum if identity.maximum is not None else (limit if increment > 0 else -1)
    start = identity.start if identity.start is not None else implied_start(increment, minimum, maximum)
    return replace(
        identity, increment=increment, minimum=minimum, maximum=maximum, start=start, cache=identity.cache or 1
    )


def retyped_identity(identity: Identity, before: str, after: str) -> Identity:
    """Return *identity* after a change of the column's type: PostgreSQL moves a limit that is that of the old type."""
    found = normal_identity(identity, before)
    old, new = (INTEGER_LIMITS.get(each, INTEGER_LIMITS["BIGINT"]) for each in (before, after))
    minimum = -new - 1 if found.minimum == -old - 1 else found.minimum
    return replace(found, minimum=minimum, maximum=new if found.maximum == old else found.maximum)


def _constraint(constraint: Constraint) -> Constraint:
    changes: dict[str, Any] = {"options": _own(constraint.options), "comment": constraint.comment or None}
    if not isinstance(constraint, Check):
        # NOT DEFERRABLE and INITIALLY IMMEDIATE are the defaults; DEFERRED implies DEFERRABLE.
        changes["initially"] = constraint.initially if constraint.initially == "DEFERRED" else None
        changes["deferrable"] = True if constraint.deferrable or changes["initially"] else None
    if isinstance(constraint, Exclude):
        changes["parts"] = tuple(_part(part, {}) for part in constraint.parts)
        changes["using"] = constraint.using.lower()
    if isinstance(constraint, Check):
        changes["sql"] = constraint.sql.strip()
    if getattr(constraint, "match", None) == "SIMPLE":
        changes["match"] = None
    return replace(constraint, **changes)


def _index(index: Index, names: list[str]) -> Index:
    opclasses: dict[str, str] = dict(option(index.options, "postgresql_ops") or ())
    where = option(index.options, "postgresql_where")
    own = [(name, _index_option(name, value)) for name, value in _own(index.options) if name != "postgresql_ops"]
    include = tuple(option(index.options, "postgresql_include") or ())
    texts = [part.expression for part in index.parts if part.expression] + [str(getattr(where, "text", where or ""))]
    uses = (*index.uses, *include, *(name for text in texts for name in mentioned(text, names)))
    return replace(
        index,
        parts=tuple(_part(part, opclasses) for part in index.parts),
        options=options((name, value) for name, value in own if value is not None),
        uses=tuple(dict.fromkeys(uses)),
    )


def _index_option(name: str, value: object) -> object:
    if name == "postgresql_using":
        return None if str(value).lower() == "btree" else str(value).lower()
    if name == "postgresql_with" and isinstance(value, tuple):
        return tuple(sorted((str(key), str(each)) for key, each in value))
    return value


def _part(part: IndexPart, opclasses: dict[str, str]) -> IndexPart:
    label = part.column or str(getattr(part.payload, "key", ""))
    part = _in_parts(part)
    opclass = part.opclass or opclasses.get(label)
    default = "first" if part.descending else "last"
    return replace(
        part,
        nulls=None if part.nulls == default else part.nulls,
        opclass=normal_opclass(opclass) if opclass else None,
    )


def _in_parts(part: IndexPart) -> IndexPart:
    """Return an element that is one text, ``lower(name) text_pattern_ops DESC``, with its parts separated."""
    element = parse_element(part.expression) if part.expression is not None else None
    if element is None:
        return part
    is_whole = element == Element(text=element.text)
    return replace(
        part,
        column=element.column,
        expression=None if element.column is not None else element.text,
        descending=part.descending or element.descending,
        nulls=part.nulls or element.nulls,
        opclass=part.opclass or element.opclass,
        collation=part.collation or element.collation,
        # The payload is the whole text.
        payload=part.payload if is_whole else None,
        written=part.written if is_whole or element.column is not None else element.text,
    )
