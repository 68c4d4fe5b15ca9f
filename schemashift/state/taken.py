"""The error for an application's object that has the name of the version table."""

from __future__ import annotations

from collections.abc import Iterable

from schemashift.errors import ForeignVersionTable, Location
from schemashift.schema import Key, TableName


def same_name(one: TableName, other: TableName, *, folds: bool = False, default_schema: str | None = None) -> bool:
    """Return True if both are one table. *folds*: the database takes ``Version`` and ``version`` for the same name."""
    names = [each.name.lower() if folds else each.name for each in (one, other)]
    schemas = [None if each.schema == default_schema else each.schema for each in (one, other)]
    return names[0] == names[1] and schemas[0] == schemas[1]


def keys_taken(
    keys: Iterable[Key], name: TableName, *, folds: bool = False, default_schema: str | None = None
) -> list[Key]:
    """Return those of *keys* that are in the way of the version table *name*.

    Tables, sequences and types share their names on PostgreSQL (a table is also a type), tables and sequences on
    MariaDB.
    """
    named = (key for key in keys if key.kind != "schema" and not key.part)
    return [key for key in named if same_name(key.table_name, name, folds=folds, default_schema=default_schema)]


def taken(
    message: str, name: TableName, *, exists: bool, where: Iterable[Location] = (), state: str | None = None
) -> ForeignVersionTable:
    """Return the error. If the version table *exists*, it has to be renamed, so that the state is not lost."""
    setting = 'version_table = "schemashift_version"    in the configuration'
    move = f"ALTER TABLE {name} RENAME TO schemashift_version    moves the state; then set"
    return ForeignVersionTable(
        message,
        where=where,
        cause=f'schemashift keeps its state in the table "{name}"',
        state=state,
        hints=[move, setting] if exists else [f"{setting} chooses another name for the state"],
    )
