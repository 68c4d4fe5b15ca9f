"""The part of a database that the diff uses, as a protocol; our dialects implement it."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from schemashift.operations import Operation, default_name
from schemashift.schema import Column, Constraint, Schema, Table


class Traits(Protocol):
    """What a database can change in place, and how it names things."""

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """Whether a column of a foreign key, or one that it references, can be altered while the key exists."""

    def is_same_name(self, one: str, other: str) -> bool:
        """Whether the database considers two names of columns, or of indexes, equal."""

    def is_same_table(self, one: str, other: str) -> bool:
        """Whether the database considers two names of tables equal."""

    def replaces_column(self, before: Column, after: Column) -> bool:
        """Whether the only way to *after* is to drop *before* and to add the column again."""

    def keeps_generated(self, before: Column, after: Column) -> bool:
        """Whether a column that generated columns use can be altered while they exist."""

    def keeps_key_name(self, before: Table, after: Table) -> bool:
        """Whether the primary key of *before*, unnamed in *after*, keeps its name."""

    def altered_in_place(self, before: Constraint, after: Constraint) -> Constraint | None:
        """Return what the database can make of *before*, without dropping it, where *after* is wanted: *after*, or what
        needs no change. None if it has to be dropped."""

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        """Whether an expression that uses a column stays valid and unchanged when the column is altered."""

    def keeps_readers(self, before: Column, after: Column) -> bool:
        """Whether objects that read a column (views) can exist while the column is altered."""

    def default_name(self, table: Table, constraint: Constraint) -> str | None:
        """Return the name that the database itself would give to an unnamed constraint."""

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        """Return *schema* after *operation*, with the names and texts that the database chooses itself."""


class Standard:
    """A database that can change everything in place."""

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        return True

    def is_same_name(self, one: str, other: str) -> bool:
        return one == other

    def is_same_table(self, one: str, other: str) -> bool:
        return one == other

    def replaces_column(self, before: Column, after: Column) -> bool:
        return False

    def keeps_generated(self, before: Column, after: Column) -> bool:
        return True

    def keeps_key_name(self, before: Table, after: Table) -> bool:
        return True

    def altered_in_place(self, before: Constraint, after: Constraint) -> Constraint | None:
        return after if replace(before, comment=after.comment) == after else None

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        return True

    def keeps_readers(self, before: Column, after: Column) -> bool:
        return True

    def default_name(self, table: Table, constraint: Constraint) -> str | None:
        return default_name(table.name, constraint)

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        return operation.apply(schema)


STANDARD = Standard()
