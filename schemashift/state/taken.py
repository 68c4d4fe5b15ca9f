"""The error for an application's object that has the name of the version table."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable

from schemashift.errors import ForeignVersionTable, Location
from schemashift.schema import Key, TableName

IsSame = Callable[[str, str], bool]
"""Tells whether two names are one, such as ``Version`` and ``version`` on SQLite: `Dialect.is_same_table`."""


def same_name(
    one: TableName, other: TableName, *, is_same: IsSame = operator.eq, default_schema: str | None = None
) -> bool:
    """Return True if both are one table."""
    schemas = [None if each.schema == default_schema else each.schema for each in (one, other)]
    return is_same(one.name, other.name) and schemas[0] == schemas[1]


def keys_taken(
    keys: Iterable[Key], name: TableName, *, is_same: IsSame = operator.eq, default_schema: str | None = None
) -> list[Key]:
    """Return those of *keys* that are in the way of the version table *name*.

    Tables, sequences and types share their names on PostgreSQL (a table is also a type), tables and sequences on
    MariaDB.
    """
    named = (key for key in keys if key.kind != "schema" and not key.part)
    return [key for key in named if same_name(key.table_name, name, is_same=is_same, default_schema=default_schema)]


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
