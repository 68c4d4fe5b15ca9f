"""Directives for what is not a table: sequences and schemas.

On a database that has no such objects they do nothing, so that a script runs everywhere.
"""

from __future__ import annotations

from dataclasses import replace

from schemashift.objects.schemas import CreateSchema, DropSchema
from schemashift.objects.sequences import AlterSequence, CreateSequence, DropSequence, declared
from schemashift.op.running import current, full_name, origin
from schemashift.operations import Operation


def submit(operation: Operation | None) -> None:
    """Have the migration do *operation*, if there is one, and remember which types the script has created."""
    if operation is not None:
        migration = current()
        migration.created_types.difference_update(operation.drops)
        migration.created_types.update(operation.creates)
        migration.submit([replace(operation, origin=origin())])


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
    sequence = declared(
        name,
        current().dialect,
        start=start,
        increment=increment,
        minvalue=minvalue,
        maxvalue=maxvalue,
        cycle=cycle,
        cache=cache,
        data_type=data_type,
        schema=schema,
    )
    submit(CreateSequence(sequence=sequence, if_not_exists=if_not_exists))


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
    sequence = declared(
        name,
        current().dialect,
        start=start,
        increment=increment,
        minvalue=minvalue,
        maxvalue=maxvalue,
        cycle=cycle,
        cache=cache,
        data_type=data_type,
        schema=schema,
    )
    submit(AlterSequence(after=sequence))


def drop_sequence(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop a sequence (PostgreSQL, MariaDB)."""
    submit(DropSequence(name=full_name(current(), name, schema), if_exists=if_exists))


# Schemas -----------------------------------------------------------------------------------------------------------


def create_schema(name: str, *, if_not_exists: bool = False) -> None:
    """Create a schema (PostgreSQL)."""
    submit(CreateSchema(name=name, if_not_exists=if_not_exists))


def drop_schema(name: str, *, if_exists: bool = False) -> None:
    """Drop an empty schema (PostgreSQL)."""
    submit(DropSchema(name=name, if_exists=if_exists))
