"""What a script must say on SQLite for an operation that the diff made.

A script has less room than an operation: it drops a constraint by its name alone, and an option of a column stands
beside a change of the column, where None is nothing at all.
"""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.sqlite.normal import ON_CONFLICT_NOT_NULL, alias_of, conflict_of, written_name
from schemashift.operations import CHANGEABLE, AlterColumn, CreateTable, DropConstraint, Operation
from schemashift.schema import Table, options


def for_script(operation: Operation) -> Operation:
    """*operation* as a script can say it."""
    match operation:
        case CreateTable():
            return replace(operation, table=_with_names(operation.table))
        case DropConstraint():
            return _by_alias(operation)
        case AlterColumn() if "options" in operation.changes:
            return _with_conflict(operation)
    return operation


def _with_names(table: Table) -> Table:
    """*table* with the default names that somebody wrote down: a script says no others."""
    return replace(table, constraints=tuple(replace(c, name=written_name(c)) for c in table.constraints))


def _by_alias(operation: DropConstraint) -> DropConstraint:
    """A constraint is dropped by its alias where another one has its name too."""
    alias = alias_of(operation.constraint) if operation.constraint is not None else None
    return operation if alias is None else replace(operation, name=alias)


def _with_conflict(operation: AlterColumn) -> AlterColumn:
    """A change of ON CONFLICT beside the NOT NULL that it belongs to, with ABORT for none."""
    after = operation.after
    if after.nullable:
        return operation
    conflict = conflict_of(after.options, ON_CONFLICT_NOT_NULL) or "ABORT"
    fields = {**dict(operation.set), "nullable": False, "options": options([(ON_CONFLICT_NOT_NULL, conflict)])}
    return replace(operation, set=tuple((name, fields[name]) for name in CHANGEABLE if name in fields))
