"""Directives for sequences and schemas.

On a database that has no such objects they do nothing, so that the same script runs on every database.
"""

from __future__ import annotations

from dataclasses import replace

from schemashift.objects.schemas import CreateSchema, DropSchema
from schemashift.objects.sequences import AlterSequence, CreateSequence, DropSequence, declared
from schemashift.op.running import current, full_name, origin
from schemashift.operations import Operation


def submit(operation: Operation | None) -> None:
    """Submit *operation* to the migration, if there is one, and record which types the script has created."""
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
    """Create a sequence (PostgreSQL, MariaDB); does nothing on other databases.

    Options that are not given have the database's defaults. *data_type* is ``"SMALLINT"``, ``"INTEGER"`` or
    ``"BIGINT"``; MariaDB ignores it. With *if_not_exists*, an existing sequence is left as it is.
    """
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
    """Change the options of a sequence (PostgreSQL, MariaDB); does nothing on other databases.

    The options given are all that it has afterwards: those left out are set to the database's defaults. The sequence
    continues from its current value.
    """
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
    """Drop a sequence (PostgreSQL, MariaDB); does nothing on other databases.

    With *if_exists*, a missing sequence is no error.
    """
    submit(DropSequence(name=full_name(current(), name, schema), if_exists=if_exists))


# Schemas -----------------------------------------------------------------------------------------------------------


def create_schema(name: str, *, if_not_exists: bool = False) -> None:
    """Create a schema (PostgreSQL); does nothing on other databases.

    With *if_not_exists*, an existing schema is left as it is.
    """
    submit(CreateSchema(name=name, if_not_exists=if_not_exists))


def drop_schema(name: str, *, if_exists: bool = False) -> None:
    """Drop an empty schema (PostgreSQL); does nothing on other databases.

    The database's own error is raised if the schema still holds objects. With *if_exists*, a missing schema is no
    error.
    """
    submit(DropSchema(name=name, if_exists=if_exists))
