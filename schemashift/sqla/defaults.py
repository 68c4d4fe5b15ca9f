"""Defaults of columns that SQLAlchemy executes by itself, and that are no part of a table in the database."""

from __future__ import annotations

import sqlalchemy as sa

from schemashift.schema import Column, Key, TableName


def sequence_of(column: Column) -> Key | None:
    """Return the sequence that is the default of *column* in the models: ``Column(Integer, Sequence("numbers"))``."""
    default = getattr(column.payload, "default", None)
    if not isinstance(default, sa.Sequence):
        return None
    return Key.of_sequence(TableName(str(default.name), default.schema))
