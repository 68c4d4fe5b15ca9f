"""The names of tables, and the keys of anything that can be created, dropped or depended upon."""

from __future__ import annotations

from typing import NamedTuple


class TableName(NamedTuple):
    """The name of a table. ``schema`` is None for the connection's default schema."""

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


class Key(NamedTuple):
    """The key of something that operations create, drop and depend on: a table, a part of one, or another object.

    ``kind`` is "table", "column", "constraint", "index", or the name of another kind of object; ``part`` is the name of
    the column, constraint or index.
    """

    kind: str
    schema: str | None
    name: str
    part: str = ""

    @classmethod
    def of_table(cls, table: TableName) -> Key:
        """Return the key of a table."""
        return cls("table", table.schema, table.name)

    @classmethod
    def of_column(cls, table: TableName, column: str) -> Key:
        """Return the key of a column."""
        return cls("column", table.schema, table.name, column)

    @classmethod
    def of_constraint(cls, table: TableName, constraint: str) -> Key:
        """Return the key of a constraint. It has no table, since some of these names are unique per schema on MySQL."""
        return cls("constraint", table.schema, "", constraint)

    @classmethod
    def of_index(cls, table: TableName, index: str) -> Key:
        """Return the key of an index. It has no table, since index names are unique per schema (on MySQL per table)."""
        return cls("index", table.schema, "", index)

    @classmethod
    def of_schema(cls, schema: str) -> Key:
        """Return the key of a schema."""
        return cls("schema", None, schema)

    @classmethod
    def of_sequence(cls, name: TableName) -> Key:
        """Return the key of an independent sequence."""
        return cls("sequence", name.schema, name.name)

    @property
    def table_name(self) -> TableName:
        """The name of the table that the key denotes, or whose part it denotes."""
        return TableName(self.name, self.schema)
