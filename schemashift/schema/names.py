"""How things are named: a table, and anything that can be created, dropped or depended upon."""

from __future__ import annotations

from typing import NamedTuple


class TableName(NamedTuple):
    """A table's name. ``schema`` is None for the connection's default schema."""

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


class Key(NamedTuple):
    """What operations create, drop and depend on: a table, or a part of one.

    ``kind`` is "table", "column", "constraint", "index", or the name of another kind of object; ``part`` is
    the column's, constraint's or index's own name.
    """

    kind: str
    schema: str | None
    name: str
    part: str = ""

    @classmethod
    def of_table(cls, table: TableName) -> Key:
        """The table itself."""
        return cls("table", table.schema, table.name)

    @classmethod
    def of_column(cls, table: TableName, column: str) -> Key:
        """One column of a table."""
        return cls("column", table.schema, table.name, column)

    @classmethod
    def of_constraint(cls, table: TableName, constraint: str) -> Key:
        """A constraint, by its name. MySQL keeps some of these names per schema, so the table is not part of it."""
        return cls("constraint", table.schema, "", constraint)

    @classmethod
    def of_index(cls, table: TableName, index: str) -> Key:
        """An index. Databases keep index names per schema (MySQL per table), so the table is not part of it."""
        return cls("index", table.schema, "", index)

    @classmethod
    def of_schema(cls, schema: str) -> Key:
        """A schema itself."""
        return cls("schema", None, schema)

    @classmethod
    def of_sequence(cls, name: TableName) -> Key:
        """A sequence that stands for itself."""
        return cls("sequence", name.schema, name.name)

    @property
    def table_name(self) -> TableName:
        """The table this key is, or is a part of."""
        return TableName(self.name, self.schema)
