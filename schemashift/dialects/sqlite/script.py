"""Adapts an operation of the diff to what a script can express on SQLite.

A script can express less than an operation: it drops a constraint by its name alone, and an option of a column is an
argument next to a change of the column, where None means no change.
"""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.sqlite.normal import ON_CONFLICT_NOT_NULL, alias_of, conflict_of, written_name
from schemashift.operations import CHANGEABLE, AlterColumn, CreateTable, DropConstraint, Operation
from schemashift.schema import Table, options


def for_script(operation: Operation) -> Operation:
    """Return *operation* as a script can express it."""
    match operation:
        case CreateTable():
            return replace(operation, table=_with_names(operation.table))
        case DropConstraint():
            return _by_alias(operation)
        case AlterColumn() if "options" in operation.changes:
            return _with_conflict(operation)
    return operation


def _with_names(table: Table) -> Table:
    """Return *table* with the default names that its statement declares, as scripts contain no others."""
    return replace(table, constraints=tuple(replace(c, name=written_name(c)) for c in table.constraints))


def _by_alias(operation: DropConstraint) -> DropConstraint:
    """Return the drop of a constraint by its alias, if it shares its name with another one."""
    alias = alias_of(operation.constraint) if operation.constraint is not None else None
    return operation if alias is None else replace(operation, name=alias)


def _with_conflict(operation: AlterColumn) -> AlterColumn:
    """Return a change of ON CONFLICT together with the NOT NULL that it belongs to, with ABORT for none."""
    after = operation.after
    if after.nullable:
        return operation
    conflict = conflict_of(after.options, ON_CONFLICT_NOT_NULL) or "ABORT"
    fields = {**dict(operation.set), "nullable": False, "options": options([(ON_CONFLICT_NOT_NULL, conflict)])}
    return replace(operation, set=tuple((name, fields[name]) for name in CHANGEABLE if name in fields))
