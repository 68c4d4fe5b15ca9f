"""Statements of the script that do not change the schema, as far as we know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemashift.operations.base import Description, Incomplete, Operation
from schemashift.operations.facts import Facts, FillsValues, InsertsRows
from schemashift.schema import Default, Schema, TableName
from schemashift.words import cut, plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute(Operation):
    """Execute a statement of the script: text, or a SQLAlchemy executable."""

    statement: object
    options: tuple[tuple[str, Any], ...] = ()

    def inverse(self) -> Operation:
        raise Incomplete("the inverse of an executed statement is not known")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def describe(self) -> Description:
        first = str(self.statement).strip().partition("\n")[0]
        return Description("~", "execute", cut(first))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill(Operation):
    """Set a value in a column for the rows that have none."""

    table: TableName
    column: str
    value: Default

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    def inverse(self) -> Operation:
        raise Incomplete("it is not known which rows had no value")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (FillsValues(table=self.table, column=self.column),)

    def describe(self) -> Description:
        return Description("~", "rows", f"{self.table}.{self.column}", f"NULL -> {self.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillNumbers(Operation):
    """Set a different number in a column for every row."""

    table: TableName
    column: str

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    def inverse(self) -> Operation:
        raise Incomplete("it is not known which values the rows had before they were numbered")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (FillsValues(table=self.table, column=self.column),)

    def describe(self) -> Description:
        return Description("~", "rows", f"{self.table}.{self.column}", "NULL -> 1, 2, 3, ...")


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertMissingRows(Operation):
    """Insert the missing rows that rows of another table reference.

    There is one for each value that ``children`` has in the columns of ``keys``, which are pairs of a column of this
    table and one of theirs. Without ``keys`` it is one row, inserted if the table is empty and ``children``, if given,
    is not. ``values`` has the values of other columns: SQL, or None for a different number in each row.
    """

    table: TableName
    values: tuple[tuple[str, Default | None], ...] = ()
    children: TableName | None = None
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,) if self.children is None else (self.table, self.children)

    def inverse(self) -> Operation:
        raise Incomplete("it is not known which rows were inserted")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (InsertsRows(table=self.table),)

    def describe(self) -> Description:
        return Description("+", "rows", str(self.table), f"for {self.children}" if self.children else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkInsert(Operation):
    """Insert rows into a table: a SQLAlchemy table (or its name), and mappings of column names to values."""

    table: TableName
    target: object
    rows: tuple[Any, ...]
    multi: bool = True

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    def inverse(self) -> Operation:
        raise Incomplete("inserted rows are not deleted again")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (InsertsRows(table=self.table),)

    def describe(self) -> Description:
        return Description("+", "rows", str(self.table), plural(len(self.rows), "row"))
