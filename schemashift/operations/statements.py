"""What is not a change of the schema that we understand: statements of the script's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemashift.operations.base import Description, Incomplete, Operation
from schemashift.operations.facts import Facts, FillsValues, InsertsRows
from schemashift.schema import Default, Schema, TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute(Operation):
    """A statement of the script's own: text, or a SQLAlchemy executable."""

    statement: object
    options: tuple[tuple[str, Any], ...] = ()

    def inverse(self) -> Operation:
        raise Incomplete("a statement of your own has no inverse that we know")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def describe(self) -> Description:
        first = str(self.statement).strip().partition("\n")[0]
        return Description("~", "execute", first if len(first) <= 60 else first[:57] + "...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill(Operation):
    """Give the rows that have none a value in a column."""

    table: TableName
    column: str
    value: Default

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    def inverse(self) -> Operation:
        raise Incomplete("which rows had no value is not known")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (FillsValues(table=self.table, column=self.column),)

    def describe(self) -> Description:
        return Description("~", "rows", f"{self.table}.{self.column}", f"NULL -> {self.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillNumbers(Operation):
    """Give every row a number of its own in a column."""

    table: TableName
    column: str

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    def inverse(self) -> Operation:
        raise Incomplete("what the rows had before they were numbered is not known")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (FillsValues(table=self.table, column=self.column),)

    def describe(self) -> Description:
        return Description("~", "rows", f"{self.table}.{self.column}", "NULL -> 1, 2, 3, ...")


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertMissingRows(Operation):
    """Insert the rows that rows of another table point to and that are not there.

    There is one for each value that ``children`` hold in the columns of ``keys``, which are pairs of this table's
    column and theirs. Without ``keys`` it is one row, where the table has none and ``children``, if given, has some.
    ``values`` is what the other columns get: SQL, or a number of their own where that is None.
    """

    table: TableName
    values: tuple[tuple[str, Default | None], ...] = ()
    children: TableName | None = None
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,) if self.children is None else (self.table, self.children)

    def inverse(self) -> Operation:
        raise Incomplete("rows that were made are not taken out again")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (InsertsRows(table=self.table),)

    def describe(self) -> Description:
        return Description("+", "rows", str(self.table), f"for {self.children}" if self.children else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkInsert(Operation):
    """Rows for a table: a SQLAlchemy table (or its name) and mappings of column names to values."""

    table: TableName
    target: object
    rows: tuple[Any, ...]
    multi: bool = True

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    def inverse(self) -> Operation:
        raise Incomplete("rows that were inserted are not taken out again")

    def apply(self, schema: Schema) -> Schema:
        return schema

    def effects(self) -> Facts:
        return (InsertsRows(table=self.table),)

    def describe(self) -> Description:
        return Description("+", "rows", str(self.table), f"{len(self.rows)} rows")
