"""Applies a rename wherever the servers do: in expressions, and in names that they derived from a table's name."""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.mysql.names import is_numbered
from schemashift.dialects.mysql.text import renamed_in
from schemashift.schema import Check, Column, Constraint, ForeignKey, Table


def renamed_in_texts(table: Table, old: str, new: str) -> Table:
    """Return *table* with a column renamed in the expressions that the server keeps."""
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
                    replace(part, expression=renamed_in(part.expression, old, new), written=None)
                    if part.expression
                    else part
                    for part in index.parts
                ),
            )
            for index in table.indexes
        ),
    )


def renamed_in_column(column: Column, old: str, new: str) -> Column:
    """Return *column* with a column renamed in its expression and its default."""
    computed, default = column.computed, column.default
    return replace(
        column,
        computed=replace(computed, sql=renamed_in(computed.sql, old, new)) if computed else None,
        default=replace(default, sql=renamed_in(default.sql, old, new)) if default else None,
    )


def renamed_with_table(constraint: Constraint, old: str, new: str) -> Constraint:
    """Return *constraint* as InnoDB renames it with its table: where its name is, or looks like, one InnoDB chose."""
    if constraint.name is None:
        return constraint
    if isinstance(constraint, ForeignKey) and constraint.name.startswith(f"{old}_ibfk_"):
        return replace(constraint, name=new + constraint.name[len(old) :])
    if isinstance(constraint, Check) and is_numbered(constraint.name, f"{old}_chk_"):
        return replace(constraint, name=new + constraint.name[len(old) :])
    return constraint
