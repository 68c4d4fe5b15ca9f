"""Respells a table that was read like the declared one: see `spelled_like`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from schemashift.dialects.postgresql.normal import WithoutToast
from schemashift.dialects.postgresql.read import OwnedSequence
from schemashift.dialects.postgresql.tokens import spelling
from schemashift.schema import (
    INTEGER_LIMITS,
    SQL,
    Check,
    Column,
    Constraint,
    Index,
    IndexPart,
    Key,
    Options,
    Table,
    TableName,
    Type,
    option,
    options,
)
from schemashift.sqla.defaults import sequence_of

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NEXTVAL = re.compile(r"(nextval\('(?:[^']|'')*')::regclass\)")

_ONLY_NEXTVAL = re.compile(r"nextval\s*\(\s*'(?:[^']|'')*'(?:::regclass)?\s*\)", re.IGNORECASE)


def spelled_like(read: Table, declared: Table) -> Table:
    """Return *read* with the defaults spelled as in *declared* where both mean the same.

    These are numbers, ``'0'`` and ``0``: PostgreSQL keeps both spellings, so not even the scratch table shows that they
    are equal. And ``nextval`` of a sequence, which models write without the cast that PostgreSQL adds; texts that
    differ in white space or parentheses, which matters where there can be no scratch table; and an operator class that
    models write with its schema, which PostgreSQL leaves out where it would find it.
    """
    columns = tuple(_with_default_like(column, declared.column(column.name)) for column in read.columns)
    if isinstance(read.payload, WithoutToast):
        read = replace(read, options=_with_toast_like(read.options, declared.options))
    return replace(
        read,
        columns=columns,
        constraints=tuple(_check_like(constraint, declared) for constraint in read.constraints),
        indexes=tuple(_index_like(index, declared.index(index.name)) for index in read.indexes),
    )


def _check_like(read: Constraint, declared: Table) -> Constraint:
    """Return a CHECK with the text of a declared one of the same name, or with the same text and no name."""
    if not isinstance(read, Check):
        return read
    candidates = (c for c in declared.constraints if isinstance(c, Check) and c.name in (None, read.name))
    same = next((each for each in candidates if spelling(each.sql) == spelling(read.sql)), None)
    return read if same is None else replace(read, sql=same.sql)


def _index_like(read: Index, declared: Index | None) -> Index:
    if declared is None or len(read.parts) != len(declared.parts):
        return read
    wanted = dict(declared.options)
    pairs = zip(read.parts, declared.parts, strict=True)
    return replace(
        read,
        parts=tuple(_part_like(part, other) for part, other in pairs),
        options=tuple((name, _condition_like(value, wanted.get(name))) for name, value in read.options),
    )


def _part_like(read: IndexPart, declared: IndexPart) -> IndexPart:
    if read.expression and declared.expression and spelling(read.expression) == spelling(declared.expression):
        read = replace(read, expression=declared.expression)
    mine, wanted = read.opclass or "", declared.opclass or ""
    has_schema = mine and wanted.endswith(f".{mine}")
    return replace(read, opclass=wanted) if has_schema else read


def _condition_like(read: object, declared: object) -> object:
    same = isinstance(read, SQL) and isinstance(declared, SQL) and spelling(read.text) == spelling(declared.text)
    return declared if same else read


def _with_toast_like(read: Options, declared: Options) -> Options:
    """Return *read* with the ``toast.`` parameters that are declared, and that PostgreSQL does not keep."""
    with_: Any = option(declared, "postgresql_with") or ()
    kept = [pair for pair in with_ if pair[0].startswith("toast.")]
    own: Any = option(read, "postgresql_with") or ()
    return options({**dict(read), "postgresql_with": tuple(sorted([*own, *kept])) or None}.items())


def declared_like(read: Table, declared: Table) -> Table:
    """Return *declared* with SERIAL for columns that spell it out and are one in *read*.

    Models that are generated from a database have ``nextval`` of the sequence that the column owns as a default, others
    name that sequence: ``Column(Integer, Sequence("t_id_seq"), primary_key=True)``.
    """
    return replace(
        declared, columns=tuple(_serial_like(read.column(column.name), column) for column in declared.columns)
    )


def _serial_like(read: Column | None, declared: Column) -> Column:
    owned = read.payload if read is not None and read.autoincrement else None
    if not isinstance(owned, OwnedSequence) or declared.autoincrement or declared.identity is not None:
        return declared
    own = [Key.of_sequence(TableName(owned.name, schema)) for schema in (None, owned.schema)]
    if declared.default is None:
        return replace(declared, autoincrement=True) if sequence_of(declared) in own else declared
    spelled = _ONLY_NEXTVAL.fullmatch(declared.default.sql) and any(key in own for key in declared.default.needs)
    return replace(declared, default=None, autoincrement=True) if spelled else declared


def altered_in_place(before: Constraint, after: Constraint) -> Constraint | None:
    """Return what can be made of a constraint without dropping it: another comment, and a check of the existing rows
    for one that is NOT VALID.

    NOT VALID in the models says how the constraint is added: PostgreSQL ignores it in CREATE TABLE, and one that was
    checked later needs no change.
    """
    if replace(before, comment=after.comment, options=_settled(before)) != replace(after, options=_settled(after)):
        return None
    return after if is_not_valid(before) else replace(after, options=before.options)


def is_not_valid(constraint: Constraint) -> bool:
    """Whether the existing rows are not, or will not be, checked."""
    return bool(option(constraint.options, _NOT_VALID))


def _settled(constraint: Constraint) -> Options:
    return options((name, value) for name, value in constraint.options if name != _NOT_VALID)


_NOT_VALID = "postgresql_not_valid"


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
