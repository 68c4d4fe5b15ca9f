"""Renames a column wherever SQLite does."""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.sqlite.text import Names, Quote, renamed_in
from schemashift.schema import SQL, Check, Column, Index, Table


def renamed_in_texts(table: Table, old: str, new: str, quote: Quote) -> Table:
    """Return *table* (in normal form) with a column renamed in its checks, expressions and predicates."""
    names = Names.of(table.name, (column.name for column in table.columns), quote)

    def text(sql: str) -> str:
        return renamed_in(sql, names, old, new)

    def column(found: Column) -> Column:
        computed = found.computed
        return found if computed is None else replace(found, computed=replace(computed, sql=text(computed.sql)))

    def index(found: Index) -> Index:
        parts = tuple(
            part if part.expression is None else replace(part, expression=text(part.expression)) for part in found.parts
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
