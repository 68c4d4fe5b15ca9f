"""Keep scripts away from the version table: it is refused before anything is written, where that can be known."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterable

from schemashift import op
from schemashift.dialects import Dialect
from schemashift.diff import Tables
from schemashift.errors import ForeignVersionTable, Location
from schemashift.operations import Operation
from schemashift.revisions import Revision
from schemashift.schema import TableName
from schemashift.scripts.files import read_script, text_of
from schemashift.scripts.survey import calls
from schemashift.state.taken import IsSame, same_name, taken


def refuse_script(revision: Revision, name: TableName, *, exists: bool, is_same: IsSame = operator.eq) -> None:
    """Raise `ForeignVersionTable` if the script of *revision* creates a table with the *name* of the version table.

    The script is read, not executed: names that it computes are found by `operation_on_state`. For *exists* and
    *is_same*, see `taken` and `same_name`.
    """
    source = text_of(read_script(revision.path))
    if name.name.lower() not in source.lower():
        return
    for call in calls(source, {each: inspect.signature(getattr(op, each)) for each in Tables.name_parameters}):
        table = call.text(Tables.name_parameters[call.function])
        if table is not None and same_name(TableName(table, call.text("schema")), name, is_same=is_same):
            line = source.split("\n")[call.line - 1].strip()
            raise taken(
                f'{revision.title} creates a table "{table}"',
                name,
                exists=exists,
                where=(Location(revision.path, call.line, source=line),),
                state="nothing was done",
            )


def operation_on_state(operations: Iterable[Operation], name: TableName, dialect: Dialect) -> Operation | None:
    """Return the first of *operations* that changes the version table *name*; None if none does."""
    schema = dialect.sa.default_schema_name
    for operation in operations:
        for table in operation.touches:
            if same_name(table, name, is_same=dialect.is_same_table, default_schema=schema):
                return operation
    return None


def changes_state(operation: Operation, name: TableName) -> ForeignVersionTable:
    """Return the error for an operation that `operation_on_state` found, while its script runs."""
    created = any(key.kind == "table" for key in operation.creates)
    what = "creates a table of this name" if created else "changes it"
    return taken(f'"{name}" is the table of schemashift itself, and the script {what}', name, exists=not created)
