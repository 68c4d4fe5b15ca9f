"""Renames a column wherever SQLite does."""

from __future__ import annotations

from schemashift.dialects.sqlite.text import Names, Quote, renamed_in
from schemashift.schema import Table, with_texts


def renamed_in_texts(table: Table, old: str, new: str, quote: Quote) -> Table:
    """Return *table* (in normal form) with a column renamed in its checks, expressions and predicates."""
    names = Names.of(table.name, (column.name for column in table.columns), quote)

    def text(sql: str) -> str:
        return renamed_in(sql, names, old, new)

    return with_texts(table, text)
