"""Directives for what is not a table: enums, sequences, schemas, and types that are nothing but text.

On a database that has no such objects they do nothing, so that a script runs everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from schemashift.objects.enums import AlterEnum, CreateEnum, DropEnum, Enum, RenameEnum, lift_enum
from schemashift.objects.schemas import CreateSchema, DropSchema
from schemashift.objects.sequences import AlterSequence, CreateSequence, DropSequence, NumberSequence, lift_sequence
from schemashift.operations import Operation
from schemashift.sqla.lift import native_enum
from schemashift.sqla.types import SQLType

from .running import Running, current, full_name, origin


def sql_type(sql: str) -> SQLType:
    """A column type given as SQL text, for what SQLAlchemy has no name for: ``op.sql_type("ltree")``."""
    return SQLType(sql)


# Enums -------------------------------------------------------------------------------------------------------------


def create_enum(name: str, labels: Sequence[str], *, schema: str | None = None, if_not_exists: bool = False) -> None:
    """Create an enum type (PostgreSQL)."""
    migration = current()
    full = full_name(migration, name, schema)
    enum = Enum(name=full.name, schema=full.schema, labels=tuple(labels))
    migration.do([CreateEnum(enum=enum, if_not_exists=if_not_exists, origin=origin())])


def drop_enum(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop an enum type (PostgreSQL)."""
    migration = current()
    migration.do([DropEnum(name=full_name(migration, name, schema), if_exists=if_exists, origin=origin())])


def alter_enum(
    name: str,
    labels: Sequence[str],
    *,
    existing: Sequence[str],
    renames: Mapping[str, str] | None = None,
    schema: str | None = None,
) -> None:
    """Give an enum type other labels (PostgreSQL).

    *existing* are the labels it has, *renames* says which of them go on under another name. New labels are added in
    place. Where labels go or change places the type is made anew and its columns are moved over; rows that have a
    label that goes are an error, and nothing is lost.
    """
    migration = current()
    migration.do(
        [
            AlterEnum(
                name=full_name(migration, name, schema),
                labels=tuple(labels),
                before=tuple(existing),
                renames=tuple((renames or {}).items()),
                origin=origin(),
            )
        ]
    )


def rename_enum(old_name: str, new_name: str, *, schema: str | None = None) -> None:
    """Give an enum type another name (PostgreSQL). Its columns follow."""
    migration = current()
    migration.do([RenameEnum(old=full_name(migration, old_name, schema), new=str(new_name), origin=origin())])


def missing_enums(migration: Running, types: Iterable[Any]) -> list[Operation]:
    """The enums that columns of *types* need, made where they are not there.

    SQLAlchemy makes an enum with the first table that uses it, and scripts rely on it.
    """
    found = {}
    for type_ in types:
        enum = native_enum(type_() if isinstance(type_, type) else type_, migration.dialect)
        if enum is not None and getattr(enum, "create_type", True):
            value = lift_enum(enum, migration.dialect)
            found[value.key] = value
    return [CreateEnum(enum=value, if_not_exists=True, origin=origin()) for value in found.values()]


# Sequences ---------------------------------------------------------------------------------------------------------


def create_sequence(
    name: str,
    *,
    start: int | None = None,
    increment: int | None = None,
    minvalue: int | None = None,
    maxvalue: int | None = None,
    cycle: bool | None = None,
    cache: int | None = None,
    data_type: str | None = None,
    schema: str | None = None,
    if_not_exists: bool = False,
) -> None:
    """Create a sequence (PostgreSQL, MariaDB)."""
    migration = current()
    sequence = _sequence(migration, name, start, increment, minvalue, maxvalue, cycle, cache, data_type, schema)
    migration.do([CreateSequence(sequence=sequence, if_not_exists=if_not_exists, origin=origin())])


def alter_sequence(
    name: str,
    *,
    start: int | None = None,
    increment: int | None = None,
    minvalue: int | None = None,
    maxvalue: int | None = None,
    cycle: bool | None = None,
    cache: int | None = None,
    data_type: str | None = None,
    schema: str | None = None,
) -> None:
    """Give a sequence other options; what is not said is what goes without saying. It goes on counting."""
    migration = current()
    sequence = _sequence(migration, name, start, increment, minvalue, maxvalue, cycle, cache, data_type, schema)
    migration.do([AlterSequence(after=sequence, origin=origin())])


def drop_sequence(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop a sequence (PostgreSQL, MariaDB)."""
    migration = current()
    migration.do([DropSequence(name=full_name(migration, name, schema), if_exists=if_exists, origin=origin())])


def _sequence(
    migration: Running,
    name: str,
    start: int | None,
    increment: int | None,
    minvalue: int | None,
    maxvalue: int | None,
    cycle: bool | None,  # noqa: FBT001
    cache: int | None,
    data_type: str | None,
    schema: str | None,
) -> NumberSequence:
    types = {"SMALLINT": sa.SmallInteger(), "INTEGER": sa.Integer(), "BIGINT": sa.BigInteger()}
    sequence = sa.Sequence(
        name,
        start=start,
        increment=increment,
        minvalue=minvalue,
        maxvalue=maxvalue,
        cycle=cycle,
        cache=cache,
        schema=schema,
        data_type=types[data_type.upper()] if data_type else None,
    )
    return lift_sequence(sequence, migration.dialect)


# Schemas -----------------------------------------------------------------------------------------------------------


def create_schema(name: str, *, if_not_exists: bool = False) -> None:
    """Create a schema (PostgreSQL)."""
    current().do([CreateSchema(name=name, if_not_exists=if_not_exists, origin=origin())])


def drop_schema(name: str, *, if_exists: bool = False) -> None:
    """Drop an empty schema (PostgreSQL)."""
    current().do([DropSchema(name=name, if_exists=if_exists, origin=origin())])
