"""Directives for what is not a table: sequences and schemas.

On a database that has no such objects they do nothing, so that a script runs everywhere.
"""

from __future__ import annotations

import sqlalchemy as sa

from schemashift.objects.schemas import CreateSchema, DropSchema
from schemashift.objects.sequences import AlterSequence, CreateSequence, DropSequence, NumberSequence, lift_sequence
from schemashift.op.running import Running, current, full_name, origin

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
    migration.submit([CreateSequence(sequence=sequence, if_not_exists=if_not_exists, origin=origin())])


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
    migration.submit([AlterSequence(after=sequence, origin=origin())])


def drop_sequence(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop a sequence (PostgreSQL, MariaDB)."""
    migration = current()
    migration.submit([DropSequence(name=full_name(migration, name, schema), if_exists=if_exists, origin=origin())])


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
    current().submit([CreateSchema(name=name, if_not_exists=if_not_exists, origin=origin())])


def drop_schema(name: str, *, if_exists: bool = False) -> None:
    """Drop an empty schema (PostgreSQL)."""
    current().submit([DropSchema(name=name, if_exists=if_exists, origin=origin())])
