"""A SQLAlchemy dialect whose SQL can be sent as it is."""

from __future__ import annotations

import copy

import sqlalchemy as sa


def without_percent_doubling(dialect: sa.Dialect) -> sa.Dialect:
    """Return a copy of *dialect* that does not double ``%``.

    SQLAlchemy doubles percent signs for drivers with ``%s`` parameters. Our own statements are sent with the
    execution option ``no_parameters``, where a percent sign is just a character on every driver.
    """
    if dialect.paramstyle == "named":
        return dialect
    clone = copy.copy(dialect)
    # Types cache their literal processors, which double percent signs, per dialect.
    clone.__dict__.pop("_type_memos", None)
    clone.paramstyle = "named"
    clone.identifier_preparer = type(dialect.identifier_preparer)(clone)
    clone.type_compiler_instance = type(dialect.type_compiler_instance)(clone)
    return clone
