"""Adds to an operation of the diff what a script must contain on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.postgresql.ddl import PostgreSQLDDL
from schemashift.operations import AlterColumn, Operation
from schemashift.schema import options


def for_script(operation: Operation, ddl: PostgreSQLDDL) -> Operation:
    """Return *operation* with a USING where PostgreSQL would not convert automatically."""
    if not isinstance(operation, AlterColumn) or operation.before is None or operation.options:
        return operation
    expression = ddl.conversion(ddl.quote(operation.name), operation.before.type, operation.after.type)
    return operation if expression is None else replace(operation, options=options([("postgresql_using", expression)]))
