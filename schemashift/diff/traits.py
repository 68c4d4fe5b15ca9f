"""What the diff must know of a database, and nothing more: our dialects have these methods."""

from __future__ import annotations

from typing import Protocol

from schemashift.operations import Operation, default_name
from schemashift.schema import Column, Constraint, Schema, Table


class Traits(Protocol):
    """The database's part in a comparison."""

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """Whether a column under a foreign key, or at its other end, can be altered while the key stands."""

    def is_same_name(self, one: str, other: str) -> bool:
        """Whether the database considers two column names equal."""

    def replaces_column(self, before: Column, after: Column) -> bool:
        """Whether *after* can only be had by dropping *before* and adding it anew."""

    def keeps_generated(self, before: Column, after: Column) -> bool:
        """Whether a column that generated columns use can be altered while they stand."""

    def keeps_key_name(self, before: Table, after: Table) -> bool:
        """Whether the primary key of *before*, unnamed in *after*, still has its name there."""

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        """Whether an expression that uses a column stays what it is when the column is altered."""

    def keeps_readers(self, before: Column, after: Column) -> bool:
        """Whether objects that read a column (views) can stay when the column is altered."""

    def default_name(self, table: Table, constraint: Constraint) -> str | None:
        """The name the database itself would give to a constraint without one."""

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        """*schema* after *operation*, with the names and texts that the database gives by itself."""


class Standard:
    """A database that can do everything in place."""

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        return True

    def is_same_name(self, one: str, other: str) -> bool:
        return one == other

    def replaces_column(self, before: Column, after: Column) -> bool:
        return False

    def keeps_generated(self, before: Column, after: Column) -> bool:
        return True

    def keeps_key_name(self, before: Table, after: Table) -> bool:
        return True

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        return True

    def keeps_readers(self, before: Column, after: Column) -> bool:
        return True

    def default_name(self, table: Table, constraint: Constraint) -> str | None:
        return default_name(table.name, constraint)

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        return operation.apply(schema)


STANDARD = Standard()
