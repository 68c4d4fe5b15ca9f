"""A new name, everywhere the servers put it: in texts, and in names that they made of a table's name."""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.mysql.names import is_numbered
from schemashift.dialects.mysql.text import renamed_in
from schemashift.schema import Check, Column, Constraint, ForeignKey, Table


def renamed_in_texts(table: Table, old: str, new: str) -> Table:
    """*table* with a renamed column followed in the texts that the server keeps."""
    return replace(
        table,
        columns=tuple(renamed_in_column(column, old, new) for column in table.columns),
        constraints=tuple(
            replace(c, sql=renamed_in(c.sql, old, new)) if isinstance(c, Check) else c for c in table.constraints
        ),
        indexes=tuple(
            replace(
                index,
                parts=tuple(
                    replace(part, expression=renamed_in(part.expression, old, new)) if part.expression else part
                    for part in index.parts
                ),
            )
            for index in table.indexes
        ),
    )


def renamed_in_column(column: Column, old: str, new: str) -> Column:
    """*column* with a renamed column followed in its expression and its default."""
    computed, default = column.computed, column.default
    return replace(
        column,
        computed=replace(computed, sql=renamed_in(computed.sql, old, new)) if computed else None,
        default=replace(default, sql=renamed_in(default.sql, old, new)) if default else None,
    )


def renamed_with_table(constraint: Constraint, old: str, new: str) -> Constraint:
    """InnoDB renames what it named after the table, and whatever looks like it."""
    if constraint.name is None:
        return constraint
    if isinstance(constraint, ForeignKey) and constraint.name.startswith(f"{old}_ibfk_"):
        return replace(constraint, name=new + constraint.name[len(old) :])
    if isinstance(constraint, Check) and is_numbered(constraint.name, f"{old}_chk_"):
        return replace(constraint, name=new + constraint.name[len(old) :])
    return constraint
