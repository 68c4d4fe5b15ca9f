"""A column's new name, everywhere SQLite puts it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sqlalchemy as sa

from schemashift.dialects.sqlite.text import Names, renamed_in
from schemashift.operations import RenameColumn
from schemashift.schema import SQL, Check, Column, Index, Schema, Table


class Normalising(Protocol):
    """What a compilation needs of the dialect."""

    sa: sa.Dialect

    @property
    def ddl(self) -> Any:
        """The texts."""

    def normal(self, table: Table) -> Table:
        """A table in normal form."""

    def default_name(self, table: Table, constraint: Any) -> str | None:
        """The name of a constraint that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameInTexts(RenameColumn):
    """A column's new name in the table's SQL texts too, where SQLite puts it."""

    dialect: Normalising = field(compare=False, repr=False)

    @classmethod
    def of(cls, operation: RenameColumn, dialect: Normalising) -> RenameInTexts:
        """The same renaming."""
        return cls(table=operation.table, old=operation.old, new=operation.new, dialect=dialect)

    def apply(self, schema: Schema) -> Schema:
        table = schema.table(self.table)
        if table is None:
            # Another table's collected changes: only its foreign keys can follow.
            return schema.put(*(self._repoint(each) for each in schema.tables))
        table = self.dialect.normal(table)
        names = Names.of(table.name, (column.name for column in table.columns), self.dialect.ddl.quote)
        return RenameColumn.apply(self, schema.put(self.texts(table, names)))

    def texts(self, table: Table, names: Names) -> Table:
        """*table* with the new name in its checks, expressions and predicates."""

        def text(sql: str) -> str:
            return renamed_in(sql, names, self.old, self.new)

        def column(found: Column) -> Column:
            computed = found.computed
            return found if computed is None else replace(found, computed=replace(computed, sql=text(computed.sql)))

        def index(found: Index) -> Index:
            parts = tuple(
                part if part.expression is None else replace(part, expression=text(part.expression))
                for part in found.parts
            )
            options = tuple(
                (name, replace(value, text=text(value.text)) if isinstance(value, SQL) else value)
                for name, value in found.options
            )
            return replace(found, parts=parts, options=options)

        return replace(
            table,
            columns=tuple(map(column, table.columns)),
            constraints=tuple(replace(c, sql=text(c.sql)) if isinstance(c, Check) else c for c in table.constraints),
            indexes=tuple(map(index, table.indexes)),
        )
